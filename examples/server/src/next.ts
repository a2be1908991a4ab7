/** The token endpoint as a route of Next.js: this is `app/v1/credentials/route.ts`. */
import { createMinter } from "tempcred"
import { createEndpoint, jwt } from "tempcred/server"

const { JWKS_URL = "https://auth.example.com/.well-known/jwks.json" } = process.env

const endpoint = createEndpoint({
  minter: createMinter(), // TEMPCRED_PROVIDER, and that vendor's API key
  authenticate: jwt({ jwksUrl: JWKS_URL, audience: "speech" })
})

export const POST = endpoint.fetch
export const OPTIONS = endpoint.fetch // for preflights of other origins, which `cors` must list
