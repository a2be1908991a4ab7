/**
 * The token endpoint on Cloudflare Workers, configured by the variables and secrets of the Worker. A request in a Worker may not wait for another's work, so that
 * each request has its own server: neither credentials nor the key set are cached. Use a rate limiting binding for limits of each user.
 */
import { Providers } from "@tempcred/core"
import { Authenticator, TokenServer } from "@tempcred/server"
import { Soniox } from "@tempcred/soniox"
import { Speechmatics } from "@tempcred/speechmatics"
import { ConfigProvider, Layer } from "effect"

interface Env {
  readonly [secret: string]: string
  readonly JWKS_URL: string
}

interface Context {
  readonly waitUntil: (work: Promise<unknown>) => void
}

export default {
  async fetch(request: Request, env: Env, context: Context): Promise<Response> {
    const config = ConfigProvider.layer(ConfigProvider.fromEnv({ env }))
    const server = TokenServer.make({
      provider: Layer.provide(Providers.layerConfig([Soniox.adapter, Speechmatics.adapter]), config),
      authenticator: Authenticator.layerJwt({ jwksUrl: env.JWKS_URL, audience: "speech" }),
      metrics: false
    })
    try {
      return await server.fetch(request)
    } finally {
      context.waitUntil(server.close())
    }
  }
}
