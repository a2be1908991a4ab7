/**
 * `node express.ts [authenticated]`: a token route of Express with the vendor's own client, as the vendor shows it,
 * or with callers' JWTs verified before it. Prints its address.
 */
import { SonioxNodeClient } from "@soniox/node"
import express, { type RequestHandler } from "express"
import { jwtVerify } from "jose"
import { once } from "node:events"

const client = new SonioxNodeClient()
const app = express()

const secret = new TextEncoder().encode(process.env["TEMPCRED_AUTH_JWT_SECRET"])
const audience = process.env["TEMPCRED_AUTH_AUDIENCE"] ?? ""

const authenticate: RequestHandler = (request, response, next) => {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? ""
  void jwtVerify(token, secret, { audience, algorithms: ["HS256"] }).then(
    () => next(),
    () => void response.status(401).json({ error: "send a token" })
  )
}

if (process.argv[2] === "authenticated") app.use(authenticate)
app.post("/temporary-key", async (_, response) => {
  try {
    response.json(await client.auth.createTemporaryKey({ usage_type: "transcribe_websocket", expires_in_seconds: 300 }))
  } catch (error) {
    response.status(500).json({ error: error instanceof Error ? error.message : "no key" })
  }
})

const server = app.listen(0, "127.0.0.1")
await once(server, "listening")
const address = server.address()
if (address === null || typeof address === "string") throw new Error("no port")

process.stdout.write(`${JSON.stringify({ origin: `http://127.0.0.1:${address.port}` })}\n`)
