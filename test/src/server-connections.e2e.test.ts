/** An endpoint behind a proxy that keeps its connections, and before clients that read nothing. */
import { once } from "node:events"
import { Agent, createServer, request } from "node:http"
import { connect } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { assert, it } from "vitest"
import * as Endpoint from "./support/endpoint.ts"

/** Forwards to the endpoint over connections that it keeps for a minute, whatever the endpoint says of them, as nginx does. */
const proxy = async (origin: string) => {
  class Keeping extends Agent {
    readonly opened = new Set<unknown>()
    override keepSocketAlive(): boolean {
      return true
    }
  }
  const agent = new Keeping({ keepAlive: true })
  const server = createServer((asked, response) => {
    const { headers, method, url } = asked
    const forwarded = request(`${origin}${url}`, { agent, headers: { ...headers, connection: "keep-alive" }, method })
    forwarded.once("socket", (socket) => agent.opened.add(socket))
    forwarded.once("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502)
      answer.pipe(response)
    })
    forwarded.once("error", () => response.writeHead(502).end())
    asked.pipe(forwarded)
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  const port = typeof address === "object" ? address?.port : undefined
  return {
    origin: `http://127.0.0.1:${port}`,
    connections: () => agent.opened.size,
    close: () => {
      server.closeAllConnections()
      server.close()
      agent.destroy()
    }
  }
}

it.concurrent("a proxy that keeps its connections reuses each of them", async () => {
  await using endpoint = await Endpoint.make()
  const through = await proxy(endpoint.origin)
  const crowd = Array.from({ length: 20 }, (_, number) => Endpoint.client(through.origin, `user-${number}`))
  const statuses = async () => (await Promise.all(crowd.map(({ ask }) => ask()))).map(({ status }) => status)
  assert.deepStrictEqual(new Set(await statuses()), new Set([201]))
  const connections = through.connections()
  // Longer than Node's own time for idle connections, and than the port's time for headers.
  await sleep(10_000)
  for (let round = 0; round < 3; round++) assert.deepStrictEqual(new Set(await statuses()), new Set([201]))
  assert.strictEqual(through.connections(), connections)
  for (const { close } of crowd) close()
  through.close()
})

it.concurrent("clients that read nothing take little of its memory", async () => {
  await using endpoint = await Endpoint.make()
  const port = Number(new URL(endpoint.origin).port)
  const block = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(1500)
  // What they ask for is made once.
  for (const path of ["/docs", "/openapi.json"]) await (await fetch(endpoint.origin + path)).text()
  const before = await endpoint.memory()
  const attack = async (path: string) => {
    const socket = connect({ port, host: "127.0.0.1" }).pause()
    socket.on("error", () => {})
    await once(socket, "connect")
    for (let number = 0; number < 10 && !socket.destroyed; number++) {
      const drained = new Promise((resolve) => socket.once("drain", resolve).once("close", resolve))
      if (!socket.write(block(path))) await Promise.race([drained, sleep(200)])
    }
    return socket
  }
  const paths = Array.from(
    { length: 200 },
    (_, number) => ["/docs", "/healthz", "/openapi.json", "/metrics"][number % 4] ?? ""
  )
  const sockets = await Promise.all(paths.map(attack))
  // What was read of them at once is garbage by now, and its pages stay with the process.
  const first = await endpoint.memory()
  sockets.push(...(await Promise.all(paths.map(attack))))
  const second = await endpoint.memory()
  assert.isBelow(second.heap - before.heap, 8_000_000, JSON.stringify([before, first, second]))
  assert.isBelow(second.resident - first.resident, 60_000_000, JSON.stringify([before, first, second]))
  assert.strictEqual((await fetch(`${endpoint.origin}/healthz`)).status, 200)
  for (const socket of sockets) socket.destroy()
})
