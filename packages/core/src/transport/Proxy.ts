/**
 * Reads proxies from the environment variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY. Variables with
 * names in lowercase letters take precedence.
 */
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { isLoopback } from "../Loopback.ts"

/**
 * A proxy from a variable. `address` may contain a password. `host` contains no secret; it is absent if
 * the address is not a URL.
 */
export interface Proxy {
  readonly variable: string
  readonly address: Redacted.Redacted
  readonly host: string | undefined
}

/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The proxy of an environment, and a function that finds the proxy of an address. */
export interface Proxies {
  readonly proxy: Proxy | undefined
  /** Returns the proxy for an address; `undefined` if the address does not use one. */
  readonly of: (url: URL) => Proxy | undefined
}

/**
 * Reads the proxies of an environment, by default of the process. Only HTTPS requests use a proxy:
 * HTTPS_PROXY, or else HTTP_PROXY. Requests to loopback addresses do not, because they may be
 * unencrypted.
 */
export const proxies = (env: Environment = variables()): Proxies => {
  const proxy = named(env, "HTTPS_PROXY") ?? named(env, "HTTP_PROXY")
  const isExcepted = exceptions(env["no_proxy"] || env["NO_PROXY"] || "")
  const isDirect = (url: URL) => url.protocol !== "https:" || isLoopback(url.hostname) || isExcepted(url)
  return { proxy, of: (url) => (proxy === undefined || isDirect(url) ? undefined : proxy) }
}

/**
 * Returns a note that a proxy is set but may not be used. Returns `undefined` on Deno and Bun, which
 * use the proxy without an option.
 */
export const unusedProxy = (url: URL, advice: string): string | undefined => {
  // On Deno, reading the environment would need a permission.
  const proxy = "Deno" in globalThis || "Bun" in globalThis ? undefined : proxies().of(url)
  return proxy === undefined ? undefined : `${proxy.variable} is set: ${advice}`
}

/** Tells whether Node's `fetch` uses the proxies of the environment. */
export const isUsedByFetch = (): boolean => {
  const env = variables()
  return env["NODE_USE_ENV_PROXY"] === "1" || env["NODE_OPTIONS"]?.includes("--use-env-proxy") === true
}

const names = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"]

/** Reads the variables of the process, if there is one. */
const variables = (): Environment => {
  const platform: object = globalThis
  if (!Predicate.hasProperty(platform, "process")) return {}
  const { process } = platform
  if (!Predicate.hasProperty(process, "env") || !Predicate.isReadonlyObject(process.env)) return {}
  const { env } = process
  return Object.fromEntries(
    [...names, "NODE_USE_ENV_PROXY", "NODE_OPTIONS"].map((name) => {
      const value = env[name]
      return [name, typeof value === "string" ? value : undefined]
    })
  )
}

const named = (env: Environment, variable: string): Proxy | undefined => {
  const name = [variable.toLowerCase(), variable].find((one) => env[one] !== undefined && env[one] !== "")
  if (name === undefined) return undefined
  const text = env[name]?.trim() ?? ""
  const address = text.includes("://") ? text : `http://${text}`
  return { variable: name, address: Redacted.make(address), host: hostOf(address) }
}

const hostOf = (address: string): string | undefined => {
  const url = URL.parse(address)
  return url === null || url.hostname === "" ? undefined : url.host
}

const exceptions = (list: string): ((url: URL) => boolean) => {
  const entries = list
    .toLowerCase()
    .split(/[,\s]+/)
    .filter((entry) => entry !== "")
    .map((entry) => /^(?:\*?\.)?(?<host>\[.+\]|[^:]+|.*:.*:.*)(?::(?<port>\d+))?$/.exec(entry)?.groups)
  return ({ hostname, port }) => {
    const host = hostname.replace(/\.$/, "")
    return entries.some(
      (entry) =>
        entry !== undefined &&
        (entry["port"] === undefined || entry["port"] === (port || "443")) &&
        (entry["host"] === "*" || host === entry["host"] || host.endsWith(`.${entry["host"]}`))
    )
  }
}
