/** The token endpoint on Deno: `deno run --allow-net --allow-env src/deno.ts` listens on PORT. */
import { Providers } from "@tempcred/core"
import { Authenticator, TokenServer } from "@tempcred/server"
import { Soniox } from "@tempcred/soniox"
import { Speechmatics } from "@tempcred/speechmatics"

const jwksUrl = Deno.env.get("JWKS_URL") ?? "https://auth.example.com/.well-known/jwks.json"

const server = TokenServer.make({
  provider: Providers.layerConfig([Soniox.adapter, Speechmatics.adapter]), // TEMPCRED_PROVIDER, and that vendor's API key
  authenticator: Authenticator.layerJwt({ jwksUrl, audience: "speech" })
})
await server.ready() // rejects if the configuration is invalid

const http = Deno.serve({ port: Number(Deno.env.get("PORT") ?? 8787) }, server.fetch)

Deno.addSignalListener("SIGTERM", async () => {
  await server.close() // waits for requests in flight; new ones get 503
  await http.shutdown()
})
