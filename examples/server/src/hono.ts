/** The token endpoint in a Hono app, beside the app's own routes. */
import { Providers } from "@tempcred/core"
import { Authenticator, TokenServer } from "@tempcred/server"
import { Soniox } from "@tempcred/soniox"
import { Speechmatics } from "@tempcred/speechmatics"
import { Hono } from "hono"

const { JWKS_URL = "https://auth.example.com/.well-known/jwks.json" } = process.env

const server = TokenServer.make({
  provider: Providers.layerConfig([Soniox.adapter, Speechmatics.adapter]), // TEMPCRED_PROVIDER, and that vendor's API key
  authenticator: Authenticator.layerJwt({ jwksUrl: JWKS_URL, audience: "speech" })
})

const app = new Hono()
app.get("/", (context) => context.text("hello"))
// Browsers send OPTIONS before a request of another origin, which `allowedOrigins` must list.
app.on(["POST", "OPTIONS"], "/v1/credentials", (context) => server.fetch(context.req.raw))
app.on("GET", ["/healthz", "/readyz"], (context) => server.fetch(context.req.raw)) // and "/metrics", if only you can reach it

export default app
