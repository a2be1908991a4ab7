/** Replays an emulator's responses from a minimal server, for clients that are faster than the emulator. */
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"

/** The time for which a response is replayed: short, so that the credentials in it are still valid. */
const milliseconds = 1000

interface Emulated {
  readonly handle: (request: Request) => Promise<Response>
}

interface Answer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string
  readonly until: number
}

const ask = async (
  emulator: Emulated,
  { headers, method, url }: IncomingMessage,
  body: string
): Promise<Omit<Answer, "until">> => {
  const { authorization = "", "content-type": type = "" } = headers
  const request = { method: method ?? "GET", headers: { authorization, "content-type": type }, body }
  const response = await emulator.handle(new Request(new URL(url ?? "/", "http://127.0.0.1"), request))
  return {
    status: response.status,
    headers: { "content-type": response.headers.get("content-type") ?? "" },
    body: await response.text()
  }
}

export interface Server extends AsyncDisposable {
  readonly origin: string
}

/** Serves an emulator for requests that have a body; `now` is a monotonic clock in milliseconds. */
export const serve = async (emulator: Emulated, now = () => performance.now()): Promise<Server> => {
  const answers = new Map<string, Answer>()
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse, body: string): Promise<void> => {
    const key = `${incoming.method} ${incoming.url} ${incoming.headers.authorization} ${body}`
    let known = answers.get(key)
    if (known === undefined || known.until < now()) {
      known = { ...(await ask(emulator, incoming, body)), until: now() + milliseconds }
      answers.set(key, known)
    }
    outgoing.writeHead(known.status, known.headers).end(known.body)
  }
  const server = createServer((incoming, outgoing) => {
    let body = ""
    incoming.setEncoding("utf8")
    incoming.on("data", (piece) => (body += piece))
    incoming.once("end", () => void answer(incoming, outgoing, body))
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  return {
    origin: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, "close")
    }
  }
}
