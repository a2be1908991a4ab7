/** Node's own HTTP server with a fixed response, as the upper bound of this machine. Prints its address. */
import { once } from "node:events"
import { createServer } from "node:http"

const answer = JSON.stringify({ token: "x".repeat(64), expiresAt: new Date(0).toISOString() })

const server = createServer((request, response) => {
  request.resume().once("end", () => response.writeHead(201, { "content-type": "application/json" }).end(answer))
}).listen(0, "127.0.0.1")
await once(server, "listening")
const address = server.address()
if (address === null || typeof address === "string") throw new Error("no port")

process.stdout.write(`${JSON.stringify({ origin: `http://127.0.0.1:${address.port}` })}\n`)
