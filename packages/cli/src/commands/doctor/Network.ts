/** Checks of the way to a host: its name, and its certificate. */
import { type Proxy, proxies } from "@tempcred/core/Transport"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { lookup } from "node:dns/promises"
import { connect, isIP, type Socket } from "node:net"
import { connect as connectSecurely, type TLSSocket } from "node:tls"
import { failed, ok, type Outcome, skipped } from "./Finding.ts"
import * as Tunnel from "./Tunnel.ts"

const patience = "5 seconds"

const codeOf = (cause: unknown): string =>
  Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code) ? cause.code : "unknown"

const hostOf = (url: URL): string => url.hostname.replaceAll(/[[\]]/g, "")

const named = ({ host, variable }: Proxy): string => `the proxy at ${host} (${variable})`

const bounded = (what: string, effect: Effect.Effect<Outcome>): Effect.Effect<Outcome> =>
  Effect.timeoutOrElse(effect, {
    duration: patience,
    orElse: () =>
      Effect.succeed(failed("unavailable", `${what}: no answer in ${patience}`, "Check the network and its firewall."))
  })

/** Looks up the name of a host, within 5 seconds. */
export const dns = (url: URL): Effect.Effect<Outcome> => {
  const host = hostOf(url)
  const proxy = proxies().of(url)
  if (proxy !== undefined) return Effect.succeed(skipped(`${host} is looked up by ${named(proxy)}`))
  if (isIP(host) !== 0) return Effect.succeed(skipped(`${host} is an address`))
  const advice = "Check this machine's name server, and the vendor's URL in the environment."
  return bounded(
    host,
    Effect.match(Effect.tryPromise({ try: () => lookup(host, { all: true }), catch: codeOf }), {
      onFailure: (code) => failed("unavailable", `${host} has no address (${code})`, advice),
      onSuccess: (found) => ok(`${host} is ${found[0]?.address ?? "unknown"}`)
    })
  )
}

const certificates = [/CERT/, /SIGNATURE/, /ISSUER/, /ALTNAME/]

const portOf = (url: URL): number => (url.port === "" ? 443 : Number(url.port))

const dial = (url: URL, through?: Socket): TLSSocket => {
  const host = hostOf(url)
  const way = through === undefined ? { host, port: portOf(url) } : { socket: through }
  return connectSecurely({ ...way, ...(isIP(host) === 0 ? { servername: host } : {}) })
}

/** Opens a socket, reads what is to be known of it, and closes it. */
const visit = <S extends Socket, A>(open: () => S, event: string, read: (socket: S) => A): Effect.Effect<A, string> =>
  Effect.acquireUseRelease(
    Effect.sync(open),
    (socket) =>
      Effect.callback((resume) => {
        socket.on("error", (cause) => resume(Effect.fail(codeOf(cause))))
        socket.once(event, () => resume(Effect.succeed(read(socket))))
      }),
    (socket) => Effect.sync(() => socket.destroy())
  )

const handshake = (
  url: URL,
  through?: Socket
): Effect.Effect<{ readonly version: string; readonly until: number }, string> =>
  visit(
    () => dial(url, through),
    "secureConnect",
    (socket) => ({
      version: socket.getProtocol() ?? "TLS",
      until: Date.parse(socket.getPeerCertificate().valid_to)
    })
  )

const unreachable = (host: string, code: string, advice: string): Outcome =>
  failed("unavailable", `${host} cannot be reached (${code})`, advice)

const listening = (url: URL): Effect.Effect<Outcome> =>
  Effect.match(
    visit(
      () => connect({ host: hostOf(url), port: url.port === "" ? 80 : Number(url.port) }),
      "connect",
      () => undefined
    ),
    {
      onFailure: (code) =>
        unreachable(url.host, code, "Start what is to listen there, or mend the vendor's URL in the environment."),
      onSuccess: () => skipped(`${url.host} answers on this machine, and is not encrypted`)
    }
  )

const certified = (url: URL, through?: Socket): Effect.Effect<Outcome> =>
  Effect.matchEffect(handshake(url, through), {
    onFailure: (code) =>
      Effect.succeed(
        certificates.some((pattern) => pattern.test(code))
          ? failed(
              "unavailable",
              `${url.host} has a certificate that is not trusted (${code})`,
              "If a proxy of yours opens TLS, name its authority in NODE_EXTRA_CA_CERTS; check this machine's date too."
            )
          : unreachable(
              url.host,
              code,
              "Check the network and its firewall, and whether it wants a proxy (HTTPS_PROXY)."
            )
      ),
    onSuccess: Effect.fnUntraced(function* ({ until, version }) {
      const days = Math.floor((until - (yield* Clock.currentTimeMillis)) / 86_400_000)
      return ok(`${url.host} speaks ${version}, certificate valid for ${days} days`)
    })
  })

const tunnelled = (url: URL, proxy: Proxy): Effect.Effect<Outcome> => {
  if (Redacted.value(proxy.address).startsWith("socks")) {
    return Effect.succeed(skipped(`${named(proxy)} speaks SOCKS, which only the mint tries`))
  }
  return Tunnel.open(proxy, `${url.hostname}:${portOf(url)}`, codeOf).pipe(
    Effect.matchEffect({
      onFailure: (refusal) =>
        Effect.succeed(
          "status" in refusal
            ? failed(
                "configuration",
                `${named(proxy)} refused the way to ${url.host} (status ${refusal.status})`,
                `Check the user name and password in ${proxy.variable}, and what the proxy allows.`
              )
            : failed(
                "unavailable",
                `${named(proxy)} cannot be reached (${refusal.code})`,
                `Check ${proxy.variable}, or name ${url.hostname} in NO_PROXY.`
              )
        ),
      onSuccess: (socket) => certified(url, socket)
    }),
    Effect.map((found) => ({
      ...found,
      detail: `${found.detail}${found.outcome === "ok" ? `, through ${named(proxy)}` : ""}`
    })),
    Effect.scoped
  )
}

/**
 * Shakes hands with a host, through the proxy that a vendor's requests take, and reads how long its certificate is valid, within 5 seconds; where nothing is
 * encrypted, it tells only whether somebody listens.
 */
export const tls = (url: URL): Effect.Effect<Outcome> => {
  const { host, protocol } = url
  if (protocol !== "https:" && protocol !== "wss:") return bounded(host, listening(url))
  const proxy = proxies().of(url)
  return bounded(host, proxy === undefined ? certified(url) : tunnelled(url, proxy))
}
