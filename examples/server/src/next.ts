/**
 * The token endpoint as a route of Next.js: this is `app/v1/credentials/route.ts`. To serve `/healthz`, `/readyz` and `/metrics` too, set
 * `prefix: "/api/speech"`, move the file to `app/api/speech/[...path]/route.ts`, and export `GET` in the same way.
 */
import { Providers } from "@tempcred/core"
import { Authenticator, TokenServer } from "@tempcred/server"
import { Soniox } from "@tempcred/soniox"
import { Speechmatics } from "@tempcred/speechmatics"

const { JWKS_URL = "https://auth.example.com/.well-known/jwks.json" } = process.env

const server = TokenServer.make({
  provider: Providers.layerConfig([Soniox.adapter, Speechmatics.adapter]), // TEMPCRED_PROVIDER, and that vendor's API key
  authenticator: Authenticator.layerJwt({ jwksUrl: JWKS_URL, audience: "speech" })
})

export const POST = server.fetch
export const OPTIONS = server.fetch // for preflights of other origins, which `allowedOrigins` must list
