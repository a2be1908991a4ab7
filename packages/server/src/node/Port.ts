/** Node's HTTP server on a port, with bounds on every wait for a client and on every connection, and a graceful shutdown. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { Socket } from "node:net"
import type { Admission } from "../token-server/Admission.ts"

/** Answers one request. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** In milliseconds: the time for a client to send its headers, and its whole request. */
const requestTimeouts = { headersTimeout: 8000, requestTimeout: 10_000, connectionsCheckingInterval: 1000 }

/** In milliseconds: the time for a client to read a response. */
const readTimeout = 30_000

/** The largest number of pipelined requests that wait on one connection. */
const maxWaiting = 16

/** The time for requests that are on their way on open connections, after all others have been answered. */
const linger = Duration.millis(250)

/** The time for connections to take their last response. */
const farewell = Duration.seconds(1)

/** Serves the requests of each connection one after the other. Ends a connection if too many of its requests wait, or if its client does not read. */
export const inTurn = (handler: Handler): Handler => {
  const waiting = new WeakMap<Socket, Array<() => void>>()
  const serve = (request: IncomingMessage, response: ServerResponse, queue: Array<() => void>) => {
    const { socket } = request
    let timer: NodeJS.Timeout | undefined
    response.once("prefinish", () => (timer = setTimeout(() => socket.destroy(), readTimeout)))
    response.once("close", () => {
      clearTimeout(timer)
      const next = queue.shift()
      if (next === undefined) waiting.delete(socket)
      else next()
    })
    handler(request, response)
  }
  return (request, response) => {
    const { socket } = request
    // Node still parses requests that came with the last bytes of a closing connection.
    if (!socket.writable) return
    const queue = waiting.get(socket)
    if (queue === undefined) {
      const begun: Array<() => void> = []
      waiting.set(socket, begun)
      serve(request, response, begun)
    } else if (queue.length < maxWaiting) {
      queue.push(() => {
        if (socket.writable) serve(request, response, queue)
      })
    } else socket.destroy()
  }
}

/** Makes a server. It ignores requests to switch protocols, as RFC 9110 allows, and closes their connections after the response. */
export const make = (handler: Handler, admission: Admission, keepAliveTimeout: number): Server => {
  const server = createServer({ ...requestTimeouts, keepAliveTimeout, maxHeaderSize: 16_384 })
  const serve = inTurn((request, response) => {
    if (request.headers.upgrade !== undefined || admission.isStopping()) response.setHeader("connection", "close")
    // Takes scheme and host off a request in the form for proxies. The path stays as it was sent.
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

/** Listens, or fails with Node's error. */
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
 * Closes the port after a turn of the event loop without a new connection, because the kernel resets connections that Node has not accepted by then. Without
 * such a turn, it closes after the time to linger. Then waits for open connections.
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

/** Stops a server. The port stays open while requests in flight finish, so that new requests get 503. */
export const stop = Effect.fnUntraced(function* (server: Server, admission: Admission): Effect.fn.Return<void> {
  yield* admission.drain
  const lingering = Effect.repeat(Effect.delay(connections(server), "10 millis"), { until: (count) => count === 0 })
  yield* Effect.timeoutOption(lingering, linger)
  yield* Effect.timeoutOption(closed(server), farewell)
  server.closeAllConnections()
})
