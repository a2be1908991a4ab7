/** Opens a connection with a credential, as a client would, and closes it at once. */
import * as NodeWS from "@effect/platform-node/NodeWS"
import { choose, fill } from "@tempcred/core/Connection"
import type { TempCredential } from "@tempcred/core/TempCredential"
import { proxies } from "@tempcred/core/Transport"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { failed, ok, type Outcome, skipped } from "./Finding.ts"

/** In milliseconds. */
const patience = 10_000

/** Opens the first WebSocket that a server can use, within 10 seconds; what is used over HTTP is not opened, as that would be a job for the vendor. */
export const open = ({ connections, token }: TempCredential): Effect.Effect<Outcome> => {
  const connection = Option.getOrUndefined(choose(connections, "server", "websocket"))
  if (connection === undefined) return Effect.succeed(skipped("the credential is for HTTP, which has nothing to open"))
  const { headers, protocols, url } = fill(connection, token)
  const proxy = proxies().of(new URL(url.replace(/^ws/, "http")))
  if (proxy !== undefined) {
    return Effect.succeed(skipped(`clients open ${connection.url}; from here it would need the proxy at ${proxy.host}`))
  }
  const options = { headers, handshakeTimeout: patience, followRedirects: false }
  return Effect.acquireUseRelease(
    Effect.sync(() => new NodeWS.WebSocket(url, [...protocols], options)),
    (socket) => outcome(socket, connection.url),
    close
  )
}

const outcome = (socket: NodeWS.WebSocket, url: string): Effect.Effect<Outcome> =>
  Effect.callback((resume) => {
    const end = (found: Outcome) => resume(Effect.succeed(found))
    // The listeners stay: a socket that is cut off while it closes is nobody's failure.
    socket.on("open", () => end(ok(`${url} opened`)))
    socket.on("unexpected-response", (_, { statusCode = 0 }) => end(refusal(url, statusCode)))
    socket.on("error", (cause) => {
      const code = Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code) ? ` (${cause.code})` : ""
      const advice = "Check the network, and that a proxy lets WebSockets through."
      end(failed("unavailable", `${url} cannot be opened${code}`, advice))
    })
  })

/** Says goodbye, so that the vendor counts no session that was cut off. */
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
        "Check that key and region belong together, and the vendor's URLs in the environment."
      )
    : failed(
        "unavailable",
        `${url} answered with status ${status}`,
        "Try again later; the vendor's status page may say more."
      )
