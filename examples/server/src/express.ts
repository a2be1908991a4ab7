/** The token endpoint in an Express app, which listens on PORT. It works after a body parser too. */
import { Providers } from "@tempcred/core"
import { Authenticator, TokenServer } from "@tempcred/server"
import * as NodeHandler from "@tempcred/server/NodeHandler"
import { Soniox } from "@tempcred/soniox"
import { Speechmatics } from "@tempcred/speechmatics"
import express from "express"

const { JWKS_URL = "https://auth.example.com/.well-known/jwks.json", PORT = "8787" } = process.env

const server = TokenServer.make({
  provider: Providers.layerConfig([Soniox.adapter, Speechmatics.adapter]), // TEMPCRED_PROVIDER, and that vendor's API key
  authenticator: Authenticator.layerJwt({ jwksUrl: JWKS_URL, audience: "speech" })
})
await server.ready() // rejects if the configuration is invalid

const app = express()
app.use(express.json())
app.get("/", (_, response) => void response.send("hello"))
const speech = NodeHandler.make(server)
app.all("/v1/credentials", speech)
app.get(["/healthz", "/readyz"], speech) // and "/metrics", if only you can reach it

const http = app.listen(Number(PORT), () => console.log("listening on", http.address()))
http.keepAliveTimeout = 65_000 // longer than that of a load balancer

process.once("SIGTERM", async () => {
  await server.close() // waits for requests in flight; new ones get 503
  http.close()
})
