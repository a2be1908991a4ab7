/** The token endpoint on Bun: `bun src/bun.ts` listens on PORT. */
import { Providers } from "@tempcred/core"
import { Authenticator, TokenServer } from "@tempcred/server"
import { Soniox } from "@tempcred/soniox"
import { Speechmatics } from "@tempcred/speechmatics"

const { JWKS_URL = "https://auth.example.com/.well-known/jwks.json" } = process.env

const server = TokenServer.make({
  provider: Providers.layerConfig([Soniox.adapter, Speechmatics.adapter]), // TEMPCRED_PROVIDER, and that vendor's API key
  authenticator: Authenticator.layerJwt({ jwksUrl: JWKS_URL, audience: "speech" })
})
await server.ready() // rejects if the configuration is invalid

const http = Bun.serve({ fetch: server.fetch })
console.log(`listening on ${http.url}`)

process.once("SIGTERM", async () => {
  await server.close() // waits for requests in flight; new ones get 503
  await http.stop()
})
