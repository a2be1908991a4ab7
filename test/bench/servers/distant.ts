/**
 * `node distant.ts <milliseconds>`: the emulated Soniox behind TLS, with this latency each way. A server before it
 * keeps connections for 75 s without a header, as load balancers do. Prints its address and the certificate to trust.
 */
import * as Soniox from "@tempcred/emulator/Soniox"
import { once } from "node:events"
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer } from "node:https"
import { text } from "node:stream/consumers"
import { generate } from "selfsigned"
import * as Distance from "../Distance.ts"

const host = "127.0.0.1"
const emulator = Soniox.make()

const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
  const { headers, method = "GET", url = "/" } = incoming
  const body = await text(incoming)
  const { authorization = "", "content-type": type = "" } = headers
  const request = new Request(new URL(url, `https://${host}`), {
    method,
    headers: { authorization, "content-type": type },
    body
  })
  const response = await emulator.handle(request)
  // Sets the header explicitly, so that Node does not add a timeout.
  outgoing.setHeader("connection", "keep-alive")
  outgoing.setHeader("content-type", response.headers.get("content-type") ?? "")
  outgoing.statusCode = response.status
  outgoing.end(await response.text())
}

const { cert, private: key } = await generate([{ name: "commonName", value: host }], {
  keyType: "ec",
  algorithm: "sha256",
  extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip: host }] }]
})
const server = createServer(
  { cert, key, keepAliveTimeout: 75_000 },
  (incoming, outgoing) => void answer(incoming, outgoing)
)
await once(server.listen(0, host), "listening")
const address = server.address()
if (address === null || typeof address === "string") throw new Error("no port")

const origin = `https://${host}:${await Distance.before(address.port, Number(process.argv[2]))}`
process.stdout.write(`${JSON.stringify({ origin, env: emulator.env(origin), certificate: cert })}\n`)
