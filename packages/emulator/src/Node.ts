/**
 * Serves emulators on real ports with Node's HTTP server. Faults reach the connection: it is reset, cut in the middle
 * of a body, or never answered.
 *
 * ```ts
 * import * as Node from "@tempcred/emulator/Node"
 * import * as Soniox from "@tempcred/emulator/Soniox"
 *
 * const soniox = Soniox.make()
 * const server = await Node.serve(soniox)
 * const headers = { authorization: `Bearer ${soniox.apiKey}` }
 * const response = await fetch(`${server.origin}/v1/concurrency-limits`, { headers })
 * console.log(response.status) // => 200
 * await server.close()
 * ```
 *
 * @since 0.1.0
 */

import { type EventEmitter, once } from "node:events"
import { createServer, STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http"
import { Socket } from "node:net"
import type { Duplex } from "node:stream"
import { WebSocketServer, type RawData, type WebSocket } from "ws"
import type { Emulator, Session } from "./Emulator.ts"
import { joined } from "./Speech.ts"

/**
 * The address and the region of a served emulator.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The port to listen on. @default 0, any free port */
  readonly port?: number
  /** The address to listen on. @default "127.0.0.1" */
  readonly host?: string
  /** The vendor's region for all requests to this port. @default the region of each request's host name */
  readonly region?: string
}

/**
 * An emulator on a port.
 *
 * @category models
 * @since 0.1.0
 */
export interface Server extends AsyncDisposable {
  /** The origin, such as `http://127.0.0.1:4801`. */
  readonly origin: string
  readonly port: number
  /** Drops every connection and stops listening. */
  readonly close: () => Promise<void>
}

/**
 * Serves an emulator over HTTP and WebSockets; rejects if the port cannot be opened.
 *
 * @category constructors
 * @since 0.1.0
 */
export const serve = async (emulator: Emulator, options: Options = {}): Promise<Server> => {
  const host = options.host ?? "127.0.0.1"
  const sockets = new Set<Socket>()
  const protocols = new WeakMap<IncomingMessage, string>()
  const webSockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (_offered, incoming) => protocols.get(incoming) ?? false
  })

  const server = createServer((incoming, outgoing) => void answer(emulator, options.region, incoming, outgoing))
  server.on("connection", (socket) => {
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
  })
  server.on("upgrade", (incoming, socket, head) => {
    // A reset by the client is not an error of the emulator.
    socket.on("error", () => socket.destroy())
    void upgrade(emulator, options.region, incoming, socket, (session) => {
      if (session.protocol !== undefined) protocols.set(incoming, session.protocol)
      webSockets.handleUpgrade(incoming, socket, head, (client) => run(session, client))
    })
  })

  server.listen(options.port ?? 0, host)
  await once(server, "listening")
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const close = async () => {
    const ends = [...webSockets.clients, ...(server.listening ? [server] : [])].map(ended)
    server.close()
    for (const socket of sockets) socket.destroy()
    await Promise.all(ends)
  }
  return { origin: `http://${host}:${port}`, port, close, [Symbol.asyncDispose]: close }
}

const answer = async (
  emulator: Emulator,
  region: string | undefined,
  incoming: IncomingMessage,
  outgoing: ServerResponse
): Promise<void> => {
  const gone = new AbortController()
  outgoing.once("close", () => {
    if (!outgoing.writableFinished) gone.abort()
  })
  try {
    const body = await bodyOf(incoming)
    const response = await emulator.handle(requestOf(incoming, body, gone.signal), region)
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    await send(response, outgoing, gone.signal)
  } catch {
    reset(incoming.socket)
  }
}

const bodyOf = async (incoming: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> => {
  const chunks: Array<Uint8Array> = []
  for await (const chunk of incoming) chunks.push(chunk)
  return joined(chunks)
}

/** Sends a complete body in one write, and a slow body as it arrives. */
const send = async ({ body }: Response, outgoing: ServerResponse, gone: AbortSignal): Promise<void> => {
  const reader = body?.getReader()
  const cancel = () => void reader?.cancel().catch(() => {})
  gone.addEventListener("abort", cancel)
  let written = Promise.resolve()
  try {
    for (let next = await reader?.read(); next?.value !== undefined; next = await reader?.read()) {
      const bytes = next.value
      outgoing.cork()
      setImmediate(() => outgoing.uncork())
      let isFull = false
      written = new Promise((resolve) => (isFull = !outgoing.write(bytes, () => resolve())))
      if (isFull) await written
    }
    outgoing.end()
  } catch {
    // Waits for the bytes that were sent before, as a reset would discard them.
    await written
    outgoing.destroy()
  } finally {
    gone.removeEventListener("abort", cancel)
  }
}

const upgrade = async (
  emulator: Emulator,
  region: string | undefined,
  incoming: IncomingMessage,
  socket: Duplex,
  accept: (session: Session) => void
): Promise<void> => {
  const gone = new AbortController()
  socket.once("close", () => gone.abort())
  try {
    const decision = await emulator.connect(requestOf(incoming, undefined, gone.signal), region)
    if (decision instanceof Response) socket.end(await refusal(decision))
    else accept(decision)
  } catch {
    reset(socket)
  }
}

const refusal = async (response: Response): Promise<Uint8Array> => {
  const body = new Uint8Array(await response.arrayBuffer())
  const headers = new Headers(response.headers)
  headers.set("connection", "close")
  headers.set("content-length", String(body.length))
  const lines = [
    `HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? ""}`,
    ...Array.from(headers, ([name, value]) => `${name}: ${value}`)
  ]
  return joined([new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`), body])
}

const run = (session: Session, client: WebSocket): void => {
  client.on("message", (data, isBinary) => {
    const bytes = bytesOf(data)
    session.message(isBinary ? bytes : new TextDecoder().decode(bytes))
  })
  client.once("close", () => session.closed())
  client.on("error", () => client.terminate())
  session.open({
    send: (data) => client.send(data),
    close: (code, reason) => client.close(code, reason),
    destroy: () => client.terminate()
  })
}

const bytesOf = (data: RawData): Uint8Array => {
  if (Array.isArray(data)) return joined(data)
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data
}

const requestOf = (incoming: IncomingMessage, body: Uint8Array<ArrayBuffer> | undefined, signal: AbortSignal) => {
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(incoming.headersDistinct)) {
    for (const value of values) headers.append(name, value)
  }
  const method = incoming.method ?? "GET"
  return new Request(`http://${incoming.headers.host ?? "localhost"}${incoming.url ?? "/"}`, {
    method,
    headers,
    signal,
    body: body === undefined || method === "GET" || method === "HEAD" ? null : body
  })
}

const ended = (emitter: EventEmitter): Promise<void> => new Promise((resolve) => emitter.once("close", () => resolve()))

const reset = (socket: Duplex): void => {
  if (socket instanceof Socket) socket.resetAndDestroy()
  else socket.destroy()
}
