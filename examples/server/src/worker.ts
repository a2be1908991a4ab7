/**
 * The token endpoint on Cloudflare Workers, configured by the variables and secrets of the Worker. A Worker may not finish for one request what another began, so
 * that each has a server of its own: nothing is cached, the key set neither, and limits for each user are left to a rate limiting binding.
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
