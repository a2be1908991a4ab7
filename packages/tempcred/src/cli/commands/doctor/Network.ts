/** Checks of the network: host name, certificate, proxy, and a connection with a credential. */
import * as NodeWS from "@effect/platform-node/NodeWS"
import { choose, fill } from "@tempcred/core/Connection"
import type { TempCredential } from "@tempcred/core/TempCredential"
import { type Proxy, proxies } from "@tempcred/core/Transport"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { lookup } from "node:dns/promises"
import { request } from "node:http"
import { request as requestSecurely } from "node:https"
import { connect, isIP, type Socket } from "node:net"
import { connect as connectSecurely, type TLSSocket } from "node:tls"
import { errorCode } from "../../Failure.ts"
import { failed, ok, type Outcome, skipped } from "./Finding.ts"

const timeLimit = "5 seconds"

const bareHost = (hostname: string): string => hostname.replaceAll(/[[\]]/g, "")

const proxyName = ({ host, variable }: Proxy): string => `the proxy at ${host} (${variable})`

const limited = (host: string, check: Effect.Effect<Outcome>): Effect.Effect<Outcome> =>
  Effect.timeoutOrElse(check, {
    duration: timeLimit,
    orElse: () =>
      Effect.succeed(
        failed("unavailable", `${host}: no response in ${timeLimit}`, "Check the network and its firewall.")
      )
  })

/** Resolves a host name, within 5 seconds. */
export const checkDns = (url: URL): Effect.Effect<Outcome> => {
  const host = bareHost(url.hostname)
  const proxy = proxies().of(url)
  if (proxy !== undefined) return Effect.succeed(skipped(`${proxyName(proxy)} resolves ${host}`))
  if (isIP(host) !== 0) return Effect.succeed(skipped(`${host} is an IP address`))
  const advice = "Check this machine's DNS server, and the vendor's URL in the environment."
  return limited(
    host,
    Effect.match(Effect.tryPromise({ try: () => lookup(host, { all: true }), catch: errorCode }), {
      onFailure: (code) => failed("unavailable", `${host} has no address (${code})`, advice),
      onSuccess: (found) => ok(`${host} is ${found[0]?.address ?? "unknown"}`)
    })
  )
}

const certificateErrors = /CERT|SIGNATURE|ISSUER|ALTNAME/

const portOf = (url: URL): number => (url.port === "" ? 443 : Number(url.port))

const dial = (url: URL, tunnel?: Socket): TLSSocket => {
  const host = bareHost(url.hostname)
  const path = tunnel === undefined ? { host, port: portOf(url) } : { socket: tunnel }
  return connectSecurely({ ...path, ...(isIP(host) === 0 ? { servername: host } : {}) })
}

/** Opens a socket, reads from it at an event, and closes it. Fails with the error's code. */
const visit = <S extends Socket, A>(open: () => S, event: string, read: (socket: S) => A): Effect.Effect<A, string> =>
  Effect.acquireUseRelease(
    Effect.sync(open),
    (socket) =>
      Effect.callback((resume) => {
        socket.on("error", (cause) => resume(Effect.fail(errorCode(cause))))
        socket.once(event, () => resume(Effect.succeed(read(socket))))
      }),
    (socket) => Effect.sync(() => socket.destroy())
  )

const unreachable = (host: string, code: string, advice: string): Outcome =>
  failed("unavailable", `${host} cannot be reached (${code})`, advice)

const checkPlain = (url: URL): Effect.Effect<Outcome> =>
  Effect.match(
    visit(
      () => connect({ host: bareHost(url.hostname), port: url.port === "" ? 80 : Number(url.port) }),
      "connect",
      () => undefined
    ),
    {
      onFailure: (code) =>
        unreachable(url.host, code, "Start the server there, or correct the vendor's URL in the environment."),
      onSuccess: () => skipped(`${url.host} responds on this machine, without TLS`)
    }
  )

const checkCertificate = (url: URL, tunnel?: Socket): Effect.Effect<Outcome> =>
  visit(
    () => dial(url, tunnel),
    "secureConnect",
    (socket) => ({ version: socket.getProtocol() ?? "TLS", until: Date.parse(socket.getPeerCertificate().valid_to) })
  ).pipe(
    Effect.matchEffect({
      onFailure: (code) =>
        Effect.succeed(
          certificateErrors.test(code)
            ? failed(
                "unavailable",
                `${url.host} has an untrusted certificate (${code})`,
                "If your proxy inspects TLS, name its CA certificate in NODE_EXTRA_CA_CERTS. Check this machine's date too."
              )
            : unreachable(
                url.host,
                code,
                "Check the network and its firewall, and whether it requires a proxy (HTTPS_PROXY)."
              )
        ),
      onSuccess: Effect.fnUntraced(function* ({ until, version }) {
        const days = Math.floor((until - (yield* Clock.currentTimeMillis)) / 86_400_000)
        return ok(`${url.host} uses ${version}, certificate valid for ${days} days`)
      })
    })
  )

/** Opens a tunnel through a proxy. Fails with the status of a refusal, or with an error code. */
const openTunnel = ({ address }: Proxy, target: string) =>
  Effect.acquireRelease(
    Effect.callback<Socket, { readonly status: number } | { readonly code: string }>((resume) => {
      const { hostname, password, port, protocol, username } = new URL(Redacted.value(address))
      const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
      const headers = {
        host: target,
        ...(username === "" ? {} : { "proxy-authorization": `Basic ${Buffer.from(user).toString("base64")}` })
      }
      const send = protocol === "https:" ? requestSecurely : request
      const asking = send({ host: bareHost(hostname), port, method: "CONNECT", path: target, headers })
      asking.on("connect", ({ statusCode = 0 }, socket) => {
        if (statusCode === 200) return resume(Effect.succeed(socket))
        socket.destroy()
        resume(Effect.fail({ status: statusCode }))
      })
      asking.on("error", (cause) => resume(Effect.fail({ code: errorCode(cause) })))
      asking.end()
      return Effect.sync(() => asking.destroy())
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

const checkThrough = (url: URL, proxy: Proxy): Effect.Effect<Outcome> => {
  if (Redacted.value(proxy.address).startsWith("socks")) {
    return Effect.succeed(skipped(`${proxyName(proxy)} uses SOCKS, which only the mint tests`))
  }
  return openTunnel(proxy, `${url.hostname}:${portOf(url)}`).pipe(
    Effect.matchEffect({
      onFailure: (refusal) =>
        Effect.succeed(
          "status" in refusal
            ? failed(
                "configuration",
                `${proxyName(proxy)} refused a connection to ${url.host} (status ${refusal.status})`,
                `Check the user name and password in ${proxy.variable}, and the rules of the proxy.`
              )
            : failed(
                "unavailable",
                `${proxyName(proxy)} cannot be reached (${refusal.code})`,
                `Check ${proxy.variable}, or add ${url.hostname} to NO_PROXY.`
              )
        ),
      onSuccess: (socket) => checkCertificate(url, socket)
    }),
    Effect.map((found) => ({
      ...found,
      detail: `${found.detail}${found.outcome === "ok" ? `, through ${proxyName(proxy)}` : ""}`
    })),
    Effect.scoped
  )
}

/** Checks the certificate of a host within 5 seconds, through the proxy if there is one. Without TLS it only connects. */
export const checkTls = (url: URL): Effect.Effect<Outcome> => {
  const { host, protocol } = url
  if (protocol !== "https:" && protocol !== "wss:") return limited(host, checkPlain(url))
  const proxy = proxies().of(url)
  return limited(host, proxy === undefined ? checkCertificate(url) : checkThrough(url, proxy))
}

const handshakeMillis = 10_000

/** Opens the first WebSocket for servers within 10 seconds, and closes it. A connection over HTTP would start a job, and is not tried. */
export const openConnection = ({ connections, token }: TempCredential): Effect.Effect<Outcome> => {
  const connection = Option.getOrUndefined(choose(connections, "server", "websocket"))
  if (connection === undefined) return Effect.succeed(skipped("the credential is for HTTP only"))
  const { headers, protocols, url } = fill(connection, token)
  const proxy = proxies().of(new URL(url.replace(/^ws/, "http")))
  if (proxy !== undefined) {
    return Effect.succeed(skipped(`clients open ${connection.url}; this machine would need the proxy at ${proxy.host}`))
  }
  const options = { headers, handshakeTimeout: handshakeMillis, followRedirects: false }
  return Effect.acquireUseRelease(
    Effect.sync(() => new NodeWS.WebSocket(url, [...protocols], options)),
    (socket) => outcomeOf(socket, connection.url),
    close
  )
}

const outcomeOf = (socket: NodeWS.WebSocket, url: string): Effect.Effect<Outcome> =>
  Effect.callback((resume) => {
    const end = (found: Outcome) => resume(Effect.succeed(found))
    // The listeners stay, because a socket can also fail while it closes.
    socket.on("open", () => end(ok(`${url} opened`)))
    socket.on("unexpected-response", (_, { statusCode = 0 }) => end(refusal(url, statusCode)))
    socket.on("error", (cause) => {
      const advice = "Check the network, and that a proxy lets WebSockets through."
      end(failed("unavailable", `${url} cannot be opened (${errorCode(cause)})`, advice))
    })
  })

/** Closes a WebSocket with a closing handshake, so that the vendor does not count an aborted session. */
const close = (socket: NodeWS.WebSocket): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    socket.once("close", () => resume(Effect.void))
    if (socket.readyState === socket.CLOSED) resume(Effect.void)
    socket.close(1000)
  }).pipe(Effect.interruptible, Effect.timeoutOption("1 second"), Effect.andThen(Effect.sync(() => socket.terminate())))

const refusal = (url: string, status: number): Outcome =>
  status >= 400 && status < 500 && status !== 429
    ? failed(
        "refused",
        `${url} refused the credential (status ${status})`,
        "Check that the key belongs to the region, and the vendor's URLs in the environment."
      )
    : failed(
        "unavailable",
        `${url} responded with status ${status}`,
        "Try again later. The vendor's status page may have details."
      )
