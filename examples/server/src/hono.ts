/** The token endpoint in a Hono app, beside the app's own routes. */
import { Hono } from "hono"
import { createMinter } from "tempcred"
import { createEndpoint, jwt } from "tempcred/server"

const { JWKS_URL = "https://auth.example.com/.well-known/jwks.json" } = process.env

const endpoint = createEndpoint({
  minter: createMinter(), // TEMPCRED_PROVIDER, and that vendor's API key
  authenticate: jwt({ jwksUrl: JWKS_URL, audience: "speech" })
})

const app = new Hono()
app.get("/", (context) => context.text("hello"))
// Browsers send OPTIONS before a request of another origin, which `cors` must list.
app.on(["POST", "OPTIONS"], "/v1/credentials", (context) => endpoint.fetch(context.req.raw))

export default app
