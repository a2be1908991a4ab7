/** The proxies that an environment names: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, each also in small letters, which come first. */
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { isLoopback } from "../Loopback.ts"

/** A proxy as a variable names it. Its address may hold a password; `host` may be shown, and there is none where the address is no URL. */
export interface Proxy {
  readonly variable: string
  readonly address: Redacted.Redacted
  readonly host: string | undefined
}

/** Variables by name, as `process.env` holds them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The proxy of an environment, and the addresses that go through it. */
export interface Proxies {
  readonly proxy: Proxy | undefined
  /** Finds the proxy for an address. */
  readonly of: (url: URL) => Proxy | undefined
}

/**
 * Reads the proxies of an environment, by default of the process. HTTPS goes through the proxy of HTTP where it has none of its own. Addresses of this machine have none: a request
 * to them may be in plain, and is not to leave it.
 */
export const proxies = (env: Environment = variables()): Proxies => {
  const proxy = named(env, "HTTPS_PROXY") ?? named(env, "HTTP_PROXY")
  const isExcepted = exceptions(env["no_proxy"] || env["NO_PROXY"] || "")
  const isDirect = (url: URL) => url.protocol !== "https:" || isLoopback(url.hostname) || isExcepted(url)
  return { proxy, of: (url) => (proxy === undefined || isDirect(url) ? undefined : proxy) }
}

/** Tells of a proxy that is set and that the sender does not use, or may not use. Only Node has to be told to use it. */
export const unusedProxy = (url: URL, advice: string): string | undefined => {
  // Deno would ask for a permission that it does not need.
  const proxy = "Deno" in globalThis || "Bun" in globalThis ? undefined : proxies().of(url)
  return proxy === undefined ? undefined : `${proxy.variable} is set: ${advice}`
}

/** Says whether Node's own `fetch` was told to use the proxies of the environment. */
export const isUsedByFetch = (): boolean => {
  const env = variables()
  return env["NODE_USE_ENV_PROXY"] === "1" || env["NODE_OPTIONS"]?.includes("--use-env-proxy") === true
}

const names = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"]

/** Reads the variables of the process, where there is one. */
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
