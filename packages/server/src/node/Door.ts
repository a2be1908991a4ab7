/** The endpoint as a handler of Node's requests. */
import type { IncomingMessage, ServerResponse } from "node:http"
import { BodyTooLargeError, type IncomingRequest, type Respond } from "../token-server/Exchange.ts"

/** A request of Node, to which frameworks add the body that they have read and the URL before they were mounted. */
export type NodeRequest = IncomingMessage & { readonly body?: unknown; readonly originalUrl?: string }

const stream = (request: IncomingMessage, maxBytes: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const chunks: Array<Buffer> = []
    let size = 0
    request.on("data", (chunk: Buffer) => {
      size += chunk.length
      // The rest is dropped: a connection that is not read may lose the response.
      if (size > maxBytes) reject(new BodyTooLargeError())
      else chunks.push(chunk)
    })
    request.once("end", () => resolve(Buffer.concat(chunks).toString()))
    request.once("error", reject)
    request.once("close", () => reject(new Error("the connection was closed")))
  })

/** Returns the body, even if the app has read it: a value, a string or bytes. */
const textOf = async (request: NodeRequest, maxBytes: number): Promise<string> => {
  const { body, readableEnded } = request
  if (!readableEnded) return stream(request, maxBytes)
  const text = typeof body === "string" ? body : Buffer.isBuffer(body) ? body.toString() : (JSON.stringify(body) ?? "")
  if (Buffer.byteLength(text) > maxBytes) throw new BodyTooLargeError()
  return text
}

const webRequest = (request: NodeRequest, signal: AbortSignal): Request => {
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(request.headersDistinct)) {
    for (const value of values) headers.append(name, value)
  }
  const scheme = "encrypted" in request.socket ? "https" : "http"
  const path = request.originalUrl ?? request.url ?? "/"
  // The dot keeps a path such as //host from naming another host.
  const url = URL.parse(`.${path}`, `${scheme}://${request.headers.host ?? "localhost"}`) ?? "http://localhost"
  return new Request(url, { method: request.method ?? "GET", headers, signal })
}

const headersOf = ({ headers }: NodeRequest): IncomingRequest["headers"] => {
  const single: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (typeof value === "string") single[name] = value
  }
  return single
}

const hasBody = ({ headers }: NodeRequest): boolean =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0

const parsedElsewhere =
  "a parser of the app has read the body: pass it on with Object.assign(request, { body }), where request is Node's own"

/** Makes the handler. It ends the work for a client that leaves, and rejects if the endpoint does or the body is gone. */
export const make =
  (respond: Respond) =>
  async (request: NodeRequest, response: ServerResponse): Promise<void> => {
    const left = new AbortController()
    response.once("close", () => {
      // An abort makes an error with a stack, which each served request would pay for.
      if (!response.writableEnded) left.abort()
    })
    if (request.readableEnded && request.body === undefined && hasBody(request)) throw new Error(parsedElsewhere)
    const incoming: IncomingRequest = {
      method: request.method ?? "GET",
      target: request.url ?? "/",
      headers: headersOf(request),
      text: (maxBytes) => textOf(request, maxBytes),
      get request() {
        return webRequest(request, left.signal)
      },
      incoming: request
    }
    const answer = respond(incoming, left.signal)
    // Node refuses further bytes of a connection that is to close, so that a response that is ready has to go first.
    const { body, headers, status } = answer instanceof Promise ? await answer : answer
    if (left.signal.aborted) return
    const length = status === 204 ? {} : { "content-length": String(Buffer.byteLength(body)) }
    response.writeHead(status, { ...headers, ...length }).end(body)
  }
