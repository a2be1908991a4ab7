/** The token endpoint in an Express app, which listens on PORT. A body parser may come before it. */
import { Providers } from "@tempcred/core"
import { NodeTransport } from "@tempcred/node"
import { Authenticator, TokenServer } from "@tempcred/server"
import * as NodeHandler from "@tempcred/server/NodeHandler"
import { Soniox } from "@tempcred/soniox"
import { Speechmatics } from "@tempcred/speechmatics"
import express from "express"

const { JWKS_URL = "https://auth.example.com/.well-known/jwks.json", PORT = "8787" } = process.env

const server = TokenServer.make({
  provider: Providers.layerConfig([Soniox.adapter, Speechmatics.adapter]), // TEMPCRED_PROVIDER, and that vendor's API key
  transport: NodeTransport.layer,
  authenticator: Authenticator.layerJwt({ jwksUrl: JWKS_URL, audience: "speech" })
})
await server.ready() // or rejects with what is wrong with the configuration

const app = express()
app.use(express.json())
app.get("/", (_, response) => void response.send("hello"))
const speech = NodeHandler.make(server)
app.all("/v1/credentials", speech)
app.get(["/healthz", "/readyz"], speech) // and "/metrics", where only you can reach it

const http = app.listen(Number(PORT), () => console.log("listening on", http.address()))
http.keepAliveTimeout = 65_000 // longer than a load balancer keeps its connections

process.once("SIGTERM", async () => {
  await server.close() // answers what is under way, and 503 to what is new
  http.close()
})
