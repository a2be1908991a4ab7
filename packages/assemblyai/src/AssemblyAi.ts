/**
 * AssemblyAI temporary tokens: https://www.assemblyai.com/docs/streaming/authenticate-with-a-temporary-token (read 2026-11-21).
 * Each product mints its own tokens at its own host. A token opens one session, whose length can be
 * limited. Its expiry limits the opening of the session, not its length.
 *
 * ```ts
 * import * as AssemblyAi from "@tempcred/assemblyai/AssemblyAi"
 * import * as Minter from "@tempcred/core/Minter"
 *
 * const minter = Minter.make(AssemblyAi.layerConfig)
 * const credential = await minter.mint({ purpose: "agent", maxSession: "10 minutes" })
 * console.log(credential.uses, credential.expirySource) // => once vendor
 * await minter.close()
 * ```
 *
 * @since 0.1.0
 */

import * as Adapter from "@tempcred/core/Adapter"
import type { Capabilities, Capability, Resolved } from "@tempcred/core/Capabilities"
import { join, lenient } from "@tempcred/core/VendorApi"
import * as Schema from "effect/Schema"

/** https://www.assemblyai.com/docs/streaming/endpoints-and-data-zones; for agents, https://github.com/AssemblyAI/assemblyai-skill (read 2026-11-21). */
const regions = ["global", "us", "eu"]

const options = {
  /** The long-lived API key, or a source of keys. */
  apiKey: Adapter.key("ASSEMBLYAI_API_KEY"),
  /** The data zone for requests without one: `"global"` (the nearest), `"us"` or `"eu"`. @default "global" */
  region: Adapter.region("ASSEMBLYAI_REGION", { allowed: regions, otherwise: "global" }),
  /** The API that mints streaming tokens of `region`, without `/v3`. @default "https://streaming.assemblyai.com", or that of the region */
  streamingBaseUrl: Adapter.url("ASSEMBLYAI_STREAMING_BASE_URL"),
  /** The streaming WebSocket of `region`, with its path. @default "wss://streaming.assemblyai.com/v3/ws", or that of the region */
  streamingWebsocketUrl: Adapter.url("ASSEMBLYAI_STREAMING_WS_URL", "wss"),
  /** The API that mints agent tokens of `region`, without `/v1`. @default "https://agents.assemblyai.com", or that of the region */
  agentsBaseUrl: Adapter.url("ASSEMBLYAI_AGENTS_BASE_URL"),
  /** The voice agent's WebSocket of `region`, with its path. @default "wss://agents.assemblyai.com/v1/ws", or that of the region */
  agentsWebsocketUrl: Adapter.url("ASSEMBLYAI_AGENTS_WS_URL", "wss")
}

/**
 * The options of the adapter.
 *
 * @category models
 * @since 0.1.0
 */
export type Options = Adapter.OptionsOf<typeof options>

/** Ranges of https://www.assemblyai.com/docs/api-reference/streaming-api/generate-streaming-token (read 2026-11-21). The vendor has no default; ours is a minute. */
const capability: Capability = {
  ttlSeconds: { min: 1, max: 600, default: 60 },
  singleUse: "always",
  maxSessionSeconds: { min: 60, max: 10_800 },
  subject: { effect: "ignored" },
  regions,
  mintingHasSideEffects: false,
  needed: "connect"
}

const capabilities = { "stt.realtime": capability, agent: capability } satisfies Capabilities

type Served = keyof typeof capabilities

const products = {
  "stt.realtime": { name: "streaming", version: "/v3", prefix: "" },
  // https://www.assemblyai.com/docs/api-reference/voice-agent-api/generate-voice-agent-token (read 2026-11-21)
  agent: { name: "agents", version: "/v1", prefix: "Bearer " }
} as const

/** Finds the product's path in its data zone. The protocol comes before it. */
const place = ({ purpose, region = "global" }: Resolved<Served>): string => {
  const { name, version } = products[purpose]
  return `${name}.${region === "global" ? "" : `${region}.`}assemblyai.com${version}`
}

const Response = Schema.Struct({
  token: Schema.RedactedFromValue(Schema.NonEmptyString),
  expires_in_seconds: Schema.Finite
})

const text = Schema.optionalKey(lenient(Schema.NonEmptyString))

const vendor = Adapter.make({
  id: "assemblyai",
  options,
  capabilities,
  call: (request, { own }) => {
    const { name, prefix, version } = products[request.purpose]
    const base = own[`${name}BaseUrl`]
    return {
      method: "GET",
      url: base === undefined ? `https://${place(request)}/token` : join(base, `${version}/token`),
      query: {
        expires_in_seconds: request.ttlSeconds.toString(),
        max_session_duration_seconds: request.maxSessionSeconds?.toString()
      },
      keyHeader: { name: "authorization", prefix }
    }
  },
  response: Response,
  credential: ({ expires_in_seconds, token }, request, { own }) => ({
    token,
    expiry: { source: "vendor", seconds: expires_in_seconds },
    connections: [
      {
        kind: "websocket",
        url: own[`${products[request.purpose].name}WebsocketUrl`] ?? `wss://${place(request)}/ws`,
        where: "anywhere",
        placement: { in: "query", name: "token", value: "{token}" }
      }
    ]
  }),
  dialect: {
    // https://www.assemblyai.com/docs/api-reference/specs/voice-agent-token.yaml (read 2026-11-21)
    failure: Schema.Struct({ error: text, code: text }),
    read: ({ code, error }) => ({ code, detail: error }),
    advice: { AuthenticationError: "check ASSEMBLYAI_API_KEY" }
  }
})

/**
 * Provides AssemblyAI from options.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: (options: Options) => Adapter.ProviderLayer = vendor.layer

/**
 * Provides AssemblyAI from environment variables: `ASSEMBLYAI_API_KEY` or `ASSEMBLYAI_API_KEY_FILE`, and those of the other options.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig: Adapter.ProviderLayer = Adapter.layerConfig(vendor)

/**
 * The adapter for `Providers`.
 *
 * @category adapters
 * @since 0.1.0
 */
export const adapter = Adapter.withConfig(vendor)
