/**
 * Serves a module's handler on a free port, as frameworks on Node do: its `POST` export, or the `fetch` of its
 * default export.
 */
import { createServer, type IncomingMessage } from "node:http"
import { resolve } from "node:path"
import { Readable } from "node:stream"
import { pathToFileURL } from "node:url"

interface Mountable {
  readonly POST?: (request: Request, context: { readonly params: Promise<object> }) => Promise<Response>
  readonly default?: { readonly fetch: (request: Request) => Promise<Response> }
}

const file = pathToFileURL(resolve(process.argv[2] ?? "")).href
const { POST, default: app }: Mountable = await import(file)

const answer = async (request: Request): Promise<Response> => {
  if (app !== undefined) return app.fetch(request)
  const allowed = request.method === "POST" && POST !== undefined
  return allowed ? POST(request, { params: Promise.resolve({}) }) : new Response(null, { status: 405 })
}

const requestOf = (incoming: IncomingMessage): Request => {
  const { headersDistinct, method = "GET", url = "/" } = incoming
  const headers = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value])
  )
  const body = method === "POST" ? { body: Readable.toWeb(incoming) as BodyInit, duplex: "half" as const } : {}
  return new Request(`http://127.0.0.1${url}`, { method, headers, ...body })
}

const server = createServer(async (incoming, outgoing) => {
  const { body, headers, status } = await answer(requestOf(incoming))
  outgoing.writeHead(status, Object.fromEntries(headers))
  for await (const chunk of body ?? []) outgoing.write(chunk)
  outgoing.end()
})
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  process.stdout.write(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}\n`)
})
process.once("SIGTERM", () => server.close(() => process.exit(0)))
