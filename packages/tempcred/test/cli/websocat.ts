/** A substitute for websocat in the printed commands: opens a WebSocket, and exits with 0 once it is open. */
import { parseArgs } from "node:util"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { header: { type: "string", multiple: true, default: [] }, protocol: { type: "string" } }
})

const headers = values.header.map((header) => header.split(/: (.*)/s, 2))
const protocols = values.protocol === undefined ? [] : values.protocol.split(", ")
// Node's own takes headers, which the types of browsers do not know.
const socket: WebSocket = Reflect.construct(WebSocket, [
  positionals[0],
  { protocols, headers: Object.fromEntries(headers) }
])
socket.addEventListener("open", () => socket.close())
socket.addEventListener("close", ({ code }) => process.exit(code === 1006 ? 1 : 0))
