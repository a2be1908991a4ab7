/** Node's HTTP server on a port, with bounds on every wait for a client, and a stop that takes along what the kernel has accepted. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { createServer, type Server } from "node:http"
import type { Admission } from "../token-server/Admission.ts"
import { type Handler, inTurn } from "./Connections.ts"

/** In milliseconds: how long a client may take for its headers and for its whole request, since its first byte. */
const patience = { headersTimeout: 8000, requestTimeout: 10_000, connectionsCheckingInterval: 1000 }

/** How long open connections may still bring requests that are on their way when all others have been answered. */
const linger = Duration.millis(250)

/** How long connections may take to take their last answer. */
const farewell = Duration.seconds(1)

/**
 * Makes a server that listens to nothing yet. A request to switch protocols is answered without, as a server may, and is the last one of its connection.
 */
export const make = (handler: Handler, admission: Admission, keepAliveTimeout: number): Server => {
  const server = createServer({ ...patience, keepAliveTimeout, maxHeaderSize: 16_384 })
  const serve = inTurn((request, response) => {
    if (request.headers.upgrade !== undefined || admission.isStopping()) response.setHeader("connection", "close")
    // What stands before the path in a request to a proxy says nothing here, and the path is to stay as it was sent.
    request.url = request.url?.replace(/^https?:\/\/[^/?#]*/i, "")
    handler(request, response)
  })
  server.on("request", serve)
  server.on("checkContinue", (request, response) => {
    request.once("resume", () => {
      if (!response.headersSent) response.writeContinue()
    })
    serve(request, response)
  })
  return server
}

/** Listens, or fails with why that cannot be. */
export const listen = (server: Server, host: string, port: number): Effect.Effect<void, NodeJS.ErrnoException> =>
  Effect.callback((resume) => {
    const refused = (error: NodeJS.ErrnoException) => resume(Effect.fail(error))
    server.once("error", refused)
    server.listen({ host, port }, () => {
      server.off("error", refused)
      resume(Effect.void)
    })
  })

const connections = (server: Server): Effect.Effect<number> =>
  Effect.callback<number>((resume) => {
    server.getConnections((_, count) => resume(Effect.succeed(count)))
  })

/**
 * Closes the port after a turn of the event loop without a new connection, and waits for the open ones: the kernel resets what Node has not taken when the port
 * closes. Where connections never pause, the port closes after the time to linger.
 */
const closed = (server: Server): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    let isNew = true
    let isLate = false
    server.on("connection", () => (isNew = true))
    setTimeout(() => (isLate = true), Duration.toMillis(linger))
    const turn = () => {
      if (!isNew || isLate) return void server.close(() => resume(Effect.void))
      isNew = false
      setImmediate(turn)
    }
    turn()
  })

/** Stops: the port stays open while requests that are under way finish, so that new ones are told to go elsewhere. */
export const stop = Effect.fnUntraced(function* (server: Server, admission: Admission): Effect.fn.Return<void> {
  yield* admission.drain
  const lingering = Effect.repeat(Effect.delay(connections(server), "10 millis"), { until: (count) => count === 0 })
  yield* Effect.timeoutOption(lingering, linger)
  yield* Effect.timeoutOption(closed(server), farewell)
  server.closeAllConnections()
})
