/** The token endpoint on Deno: `deno run --allow-net --allow-env src/deno.ts` listens on PORT. */
import { createMinter } from "tempcred"
import { createEndpoint, jwt } from "tempcred/server"

const jwksUrl = Deno.env.get("JWKS_URL") ?? "https://auth.example.com/.well-known/jwks.json"

const minter = createMinter() // TEMPCRED_PROVIDER, and that vendor's API key
const endpoint = createEndpoint({ minter, authenticate: jwt({ jwksUrl, audience: "speech" }) })
await endpoint.ready() // rejects if the configuration is invalid

const http = Deno.serve({ port: Number(Deno.env.get("PORT") ?? 8787) }, (request) =>
  new URL(request.url).pathname === "/v1/credentials" ? endpoint.fetch(request) : new Response(null, { status: 404 })
)

Deno.addSignalListener("SIGTERM", async () => {
  await endpoint.close() // waits for requests in flight; new ones get 503
  await http.shutdown()
  await minter.close()
})
