import { WebSocketHandler, type WebSocketHandlerConnection } from "msw/ws"
import { setupServer } from "msw/node"
class Gate extends WebSocketHandler {
  override async run(...args: Parameters<WebSocketHandler["run"]>): ReturnType<WebSocketHandler["run"]> {
    const c = await super.run(...args)
    if (c === null) return null
    await new Promise((r) => setTimeout(r, 100))
    const { client } = args[0]
    if (c.client.url.pathname === "/no") {
      client.close(1006)
      return c
    }
    client.addEventListener("open", () => { console.log("srv open"); client.send("hello"); client.send("bye"); queueMicrotask(() => client.close(1011, "x")) })
    client.addEventListener("close", (e) => console.log("srv close", e.code))
    return c
  }
}
const server = setupServer(new Gate("wss://a.example/*"))
server.listen({ onUnhandledFrame: "error" })
for (const path of ["/yes", "/no"]) {
  const w = new WebSocket("wss://a.example" + path, ["p1", "p2"])
  for (const t of ["open", "error", "message", "close"]) w.addEventListener(t, (e) => console.log(path, t, w.protocol, (e as any).data, (e as any).code, (e as any).reason, (e as any).wasClean))
}
setTimeout(() => server.close(), 400)
