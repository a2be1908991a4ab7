/** An emulator's answers from a server that does nothing else, for who would be bound by the emulator itself. */
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"

/** How long an answer is given again: short, so that what it says ends later is still to end. */
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

const ask = async (emulator: Emulated, { headers, method, url }: IncomingMessage, body: string): Promise<Answer> => {
  const { authorization = "", "content-type": type = "" } = headers
  const request = { method: method ?? "GET", headers: { authorization, "content-type": type }, body }
  const response = await emulator.handle(new Request(new URL(url ?? "/", "http://127.0.0.1"), request))
  return {
    status: response.status,
    headers: { "content-type": response.headers.get("content-type") ?? "" },
    body: await response.text(),
    until: performance.now() + milliseconds
  }
}

export interface Server extends AsyncDisposable {
  readonly origin: string
}

/** For requests that have a body. */
export const serve = async (emulator: Emulated): Promise<Server> => {
  const answers = new Map<string, Answer>()
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse, body: string): Promise<void> => {
    const key = `${incoming.method} ${incoming.url} ${incoming.headers.authorization} ${body}`
    let known = answers.get(key)
    if (known === undefined || known.until < performance.now()) {
      known = await ask(emulator, incoming, body)
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
