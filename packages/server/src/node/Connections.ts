/** Bounds on what a connection may hold: its requests are served one after the other, few of them wait, and an answer that nobody reads ends it. */
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Socket } from "node:net"

/** Answers one request. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** How many requests of a connection may wait for the one that is served. */
const maxWaiting = 16

/** How long a client may take to read an answer, in milliseconds. */
const readTimeout = 30_000

/** Serves the requests of each connection in turn. A connection ends where more requests wait than may, or where its client does not read. */
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
    // Node still parses what came with the last bytes of a connection that is closing.
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
