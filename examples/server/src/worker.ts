/**
 * The token endpoint on Cloudflare Workers, configured by the variables and secrets of the Worker. A request in a Worker may not wait for another's work, so that
 * each request has its own endpoint: neither credentials nor the key set are cached. Use a rate limiting binding for limits of each user.
 */
import { createMinter } from "tempcred"
import { createEndpoint, jwt } from "tempcred/server"

interface Env {
  readonly [secret: string]: string
  readonly JWKS_URL: string
}

interface Context {
  readonly waitUntil: (work: Promise<unknown>) => void
}

export default {
  async fetch(request: Request, env: Env, context: Context): Promise<Response> {
    if (new URL(request.url).pathname !== "/v1/credentials") return new Response(null, { status: 404 })
    const minter = createMinter({ env })
    const endpoint = createEndpoint({ minter, authenticate: jwt({ jwksUrl: env.JWKS_URL, audience: "speech" }) })
    try {
      return await endpoint.fetch(request)
    } finally {
      context.waitUntil(endpoint.close().then(minter.close))
    }
  }
}
