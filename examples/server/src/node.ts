/** The token endpoint on `node:http`, without a framework, which listens on PORT. */
import { createServer } from "node:http"
import { createMinter } from "tempcred"
import { createEndpoint, jwt } from "tempcred/server"

const { JWKS_URL = "https://auth.example.com/.well-known/jwks.json", PORT = "8787" } = process.env

const minter = createMinter() // TEMPCRED_PROVIDER, and that vendor's API key
const endpoint = createEndpoint({ minter, authenticate: jwt({ jwksUrl: JWKS_URL, audience: "speech" }) })
await endpoint.ready() // rejects if the configuration is invalid

const http = createServer((request, response) => {
  if (request.url === "/v1/credentials") void endpoint.node(request, response)
  else response.writeHead(404).end()
})
http.keepAliveTimeout = 65_000 // longer than that of a load balancer
http.listen(Number(PORT), () => console.log("listening on", http.address()))

process.once("SIGTERM", async () => {
  await endpoint.close() // waits for requests in flight; new ones get 503
  http.close()
  await minter.close()
})
