/**
 * The endpoint as a handler of Node's requests, for Express and other frameworks that call `(request, response)`.
 *
 * ```ts
 * import * as Authenticator from "@tempcred/server/Authenticator"
 * import * as NodeHandler from "@tempcred/server/NodeHandler"
 * import * as TokenServer from "@tempcred/server/TokenServer"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 * import * as Redacted from "effect/Redacted"
 * import { createServer } from "node:http"
 *
 * const server = TokenServer.make({
 *   provider: Soniox.layerConfig,
 *   authenticator: Authenticator.layerBearer([{ token: Redacted.make("kiosk-7-secret-token"), subject: "kiosk-7" }])
 * })
 * const http = createServer(NodeHandler.make(server)).listen(0)
 * const address = http.address()
 * const port = typeof address === "object" ? address?.port : undefined
 * console.log((await fetch(`http://localhost:${port}/readyz`)).status) // => 200
 * http.close()
 * await server.close()
 * ```
 *
 * @since 0.1.0
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import type { TokenServer } from "./TokenServer.ts"

/**
 * Answers a request. Passes errors to `next`, or rejects without it.
 *
 * @category models
 * @since 0.1.0
 */
export type NodeHandler = (
  request: IncomingMessage & { readonly body?: unknown },
  response: ServerResponse,
  next?: (error: unknown) => void
) => Promise<void>

/** Makes a stream of the body. It leaves the connection open if it is not read to its end, because the response follows. */
const streamed = (request: IncomingMessage): ReadableStream<Uint8Array> => {
  const chunks = request.iterator({ destroyOnReturn: false })
  return new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await chunks.next()
      if (done === true) controller.close()
      else controller.enqueue(value)
    }
  })
}

/** Returns the body, even if the app has read it: Express' `json()` leaves a value, `text()` a string and `raw()` bytes. */
const bodyOf = (request: Parameters<NodeHandler>[0]): BodyInit | null => {
  const { body, method, readableEnded } = request
  if (method === "GET" || method === "HEAD") return null
  if (!readableEnded || body === undefined) return streamed(request)
  return typeof body === "string" ? body : body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body)
}

/** Returns the URL. A path that `URL` would normalize is encoded, so that it stays unknown. */
const urlOf = ({ url = "/" }: IncomingMessage): URL => {
  const made = URL.parse(url, "http://localhost")
  return made !== null && url.replace(/\?.*$/s, "") === made.pathname
    ? made
    : new URL(`/${encodeURIComponent(url)}`, "http://localhost")
}

const headersOf = ({ headersDistinct }: IncomingMessage): Headers => {
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    for (const value of values) headers.append(name, value)
  }
  return headers
}

/**
 * Makes a handler of a server. Express removes the path that it is mounted at.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make =
  ({ fetch }: Pick<TokenServer, "fetch">): NodeHandler =>
  async (request, response, next) => {
    const gone = new AbortController()
    response.once("close", () => gone.abort())
    try {
      const { method = "GET" } = request
      // `Request` does not support these methods.
      if (/^(CONNECT|TRACE|TRACK)$/.test(method)) return void response.writeHead(405).end()
      const init: RequestInit & { readonly duplex: "half" } = {
        method,
        headers: headersOf(request),
        body: bodyOf(request),
        duplex: "half",
        signal: gone.signal
      }
      const answer = await fetch(new Request(urlOf(request), init), request)
      response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(Buffer.from(await answer.arrayBuffer()))
    } catch (error) {
      if (next === undefined) throw error
      next(error)
    }
  }
