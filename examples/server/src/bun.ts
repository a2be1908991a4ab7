/** The token endpoint on Bun: `bun src/bun.ts` listens on PORT. */
import { createMinter } from "tempcred"
import { createEndpoint, jwt } from "tempcred/server"

const { JWKS_URL = "https://auth.example.com/.well-known/jwks.json" } = process.env

const minter = createMinter() // TEMPCRED_PROVIDER, and that vendor's API key
const endpoint = createEndpoint({ minter, authenticate: jwt({ jwksUrl: JWKS_URL, audience: "speech" }) })
await endpoint.ready() // rejects if the configuration is invalid

const http = Bun.serve({ routes: { "/v1/credentials": { POST: (request) => endpoint.fetch(request) } } })
console.log(`listening on ${http.url}`)

process.once("SIGTERM", async () => {
  await endpoint.close() // waits for requests in flight; new ones get 503
  await http.stop()
  await minter.close()
})
