/** The token endpoint in an Express app, which listens on PORT. It works after a body parser too. */
import express from "express"
import { createMinter } from "tempcred"
import { createEndpoint, jwt } from "tempcred/server"

const { JWKS_URL = "https://auth.example.com/.well-known/jwks.json", PORT = "8787" } = process.env

const minter = createMinter() // TEMPCRED_PROVIDER, and that vendor's API key
const endpoint = createEndpoint({ minter, authenticate: jwt({ jwksUrl: JWKS_URL, audience: "speech" }) })
await endpoint.ready() // rejects if the configuration is invalid

const app = express()
app.use(express.json())
app.get("/", (_, response) => void response.send("hello"))
app.post("/v1/credentials", endpoint.node)

const http = app.listen(Number(PORT), () => console.log("listening on", http.address()))
http.keepAliveTimeout = 65_000 // longer than that of a load balancer

process.once("SIGTERM", async () => {
  await endpoint.close() // waits for requests in flight; new ones get 503
  http.close()
  await minter.close()
})
