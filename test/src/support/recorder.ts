/** A server that records the placement of a token in a client's request. */
import { EventEmitter, once } from "node:events"
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { WebSocketServer } from "ws"

/** A received request or upgrade. */
export interface Arrival {
  readonly kind: "http" | "websocket"
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly protocols: ReadonlyArray<string>
  /** The body of a request, or the first message of a WebSocket. */
  readonly text: string
}

export interface Recorder {
  readonly origin: string
  /** Waits for the first arrival that contains this text. */
  readonly arrivalOf: (token: string) => Promise<Arrival>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

export const record = async (): Promise<Recorder> => {
  const arrivals: Array<Arrival> = []
  const news = new EventEmitter()
  const add = (arrival: Arrival) => {
    arrivals.push(arrival)
    news.emit("arrival")
  }
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      add({ ...read(request), kind: "http", text: Buffer.concat(chunks).toString("latin1") })
      response.writeHead(200, { "content-type": "application/json" }).end("{}")
    })
  })
  const sockets = new WebSocketServer({ server, handleProtocols: ([first]) => first ?? false })
  sockets.on("connection", (socket, request) => {
    add({ ...read(request), kind: "websocket", text: "" })
    socket.once("message", (data: Buffer) => add({ ...read(request), kind: "websocket", text: data.toString() }))
    socket.on("error", () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  const arrivalOf = async (token: string): Promise<Arrival> => {
    for (;;) {
      const found = arrivals.find((arrival) => decodeURIComponent(JSON.stringify(arrival)).includes(token))
      if (found !== undefined) return found
      await once(news, "arrival")
    }
  }
  const close = async () => {
    for (const socket of sockets.clients) socket.terminate()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { origin: `http://127.0.0.1:${port}`, arrivalOf, [Symbol.asyncDispose]: close }
}

const read = ({ headers, url = "" }: IncomingMessage) => {
  const { pathname, searchParams } = new URL(`http://recorder${url}`)
  const { "sec-websocket-protocol": protocols = "", ...rest } = headers
  return {
    // One client sends an additional slash before the path.
    path: pathname.replace(/^\/+/, "/"),
    query: Object.fromEntries(searchParams),
    headers: Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, String(value)])),
    protocols: protocols
      .split(",")
      .map((one) => one.trim())
      .filter((one) => one !== "")
  }
}
