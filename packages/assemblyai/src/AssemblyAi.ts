/**
 * AssemblyAI temporary tokens: https://www.assemblyai.com/docs/streaming/authenticate-with-a-temporary-token (read 2026-11-21). Each product mints its
 * own at its own host; a token opens one session, which may be cut at a length; its expiry limits the opening, not the session.
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
import { checkOneOf, checkUrl } from "@tempcred/core/ConfigurationError"
import * as KeySource from "@tempcred/core/KeySource"
import { join, lenient } from "@tempcred/core/VendorApi"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/**
 * What is fixed per app.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The long-lived API key, or a source of keys. */
  readonly apiKey: Redacted.Redacted | KeySource.KeySource
  /** The data zone of requests that name none: `"global"` (the nearest), `"us"` or `"eu"`. @default "global" */
  readonly region?: string | undefined
  /** Where streaming tokens of `region` are minted, without `/v3`. @default "https://streaming.assemblyai.com", or that of the region */
  readonly streamingBaseUrl?: string | undefined
  /** The streaming WebSocket of `region`, whole. @default "wss://streaming.assemblyai.com/v3/ws", or that of the region */
  readonly streamingWebsocketUrl?: string | undefined
  /** Where agents' tokens of `region` are minted, without `/v1`. @default "https://agents.assemblyai.com", or that of the region */
  readonly agentsBaseUrl?: string | undefined
  /** The voice agent's WebSocket of `region`, whole. @default "wss://agents.assemblyai.com/v1/ws", or that of the region */
  readonly agentsWebsocketUrl?: string | undefined
}

const Response = Schema.Struct({
  token: Schema.RedactedFromValue(Schema.NonEmptyString),
  expires_in_seconds: Schema.Finite
})

/** https://www.assemblyai.com/docs/streaming/endpoints-and-data-zones; for agents, https://github.com/AssemblyAI/assemblyai-skill (read 2026-11-21). */
const regions = ["global", "us", "eu"]

/** Ranges of https://www.assemblyai.com/docs/api-reference/streaming-api/generate-streaming-token (read 2026-11-21); the default is ours, as there is none. */
const capability: Capability = {
  ttlSeconds: { min: 1, max: 600, default: 60 },
  singleUse: "always",
  maxSessionSeconds: { min: 60, max: 10_800 },
  subject: { effect: "ignored" },
  regions,
  mintingHasSideEffects: false,
  needed: "connect"
}

/**
 * What AssemblyAI can do.
 *
 * @category constants
 * @since 0.1.0
 */
export const capabilities = { "stt.realtime": capability, agent: capability } as const satisfies Capabilities

type Served = keyof typeof capabilities

const home = (options: Options): string => options.region ?? "global"

const products = (options: Options) => ({
  "stt.realtime": {
    name: "streaming",
    version: "/v3",
    prefix: "",
    own: { baseUrl: options.streamingBaseUrl, websocketUrl: options.streamingWebsocketUrl }
  },
  agent: {
    name: "agents",
    version: "/v1",
    // https://www.assemblyai.com/docs/api-reference/voice-agent-api/generate-voice-agent-token (read 2026-11-21)
    prefix: "Bearer ",
    own: { baseUrl: options.agentsBaseUrl, websocketUrl: options.agentsWebsocketUrl }
  }
})

/** Where the product of a request mints in its zone, how it takes the key, and where its sessions are opened. */
const place = (options: Options, { purpose, region = home(options) }: Resolved<Served>) => {
  const { name, own, prefix, version } = products(options)[purpose]
  const host = `${name}.${region === "global" ? "" : `${region}.`}assemblyai.com`
  const { baseUrl, websocketUrl }: Partial<typeof own> = region === home(options) ? own : {}
  return {
    mint: join(baseUrl ?? `https://${host}`, `${version}/token`),
    prefix,
    connect: websocketUrl ?? `wss://${host}${version}/ws`
  }
}

const text = Schema.optionalKey(lenient(Schema.NonEmptyString))

/**
 * Makes the provider; its requirements are the transport and the retry policy at hand.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options): Adapter.Making =>
  Adapter.make({
    provider: "assemblyai",
    keys: { "ASSEMBLYAI_API_KEY (apiKey)": options.apiKey },
    issues: [
      ...checkUrl("ASSEMBLYAI_STREAMING_BASE_URL (streamingBaseUrl)", options.streamingBaseUrl),
      ...checkUrl("ASSEMBLYAI_STREAMING_WS_URL (streamingWebsocketUrl)", options.streamingWebsocketUrl, "wss"),
      ...checkUrl("ASSEMBLYAI_AGENTS_BASE_URL (agentsBaseUrl)", options.agentsBaseUrl),
      ...checkUrl("ASSEMBLYAI_AGENTS_WS_URL (agentsWebsocketUrl)", options.agentsWebsocketUrl, "wss"),
      ...checkOneOf("ASSEMBLYAI_REGION (region)", options.region, regions)
    ],
    capabilities,
    region: home(options),
    settings: Object.values(products(options)).flatMap(({ own }) => [own.baseUrl, own.websocketUrl]),
    call: (request: Resolved<Served>) => {
      const { mint, prefix } = place(options, request)
      return {
        method: "GET",
        url: mint,
        query: {
          expires_in_seconds: request.ttlSeconds.toString(),
          max_session_duration_seconds: request.maxSessionSeconds?.toString()
        },
        key: options.apiKey,
        keyHeader: { name: "authorization", prefix }
      }
    },
    response: Response,
    credential: ({ expires_in_seconds, token }, request) => ({
      token,
      expiry: { source: "vendor", seconds: expires_in_seconds },
      connections: [
        {
          kind: "websocket",
          url: place(options, request).connect,
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
export const layer = (options: Options): Adapter.ProviderLayer => Adapter.layer(make(options))

/**
 * Provides AssemblyAI from `ASSEMBLYAI_API_KEY` (or `ASSEMBLYAI_API_KEY_FILE`) and, where they are set, `ASSEMBLYAI_REGION`,
 * `ASSEMBLYAI_STREAMING_BASE_URL`, `ASSEMBLYAI_STREAMING_WS_URL`, `ASSEMBLYAI_AGENTS_BASE_URL` and `ASSEMBLYAI_AGENTS_WS_URL`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig: Adapter.ProviderLayer = Adapter.layerConfig(layer, () =>
  Effect.all({
    apiKey: KeySource.fromConfig("ASSEMBLYAI_API_KEY"),
    region: Adapter.optional("ASSEMBLYAI_REGION"),
    streamingBaseUrl: Adapter.optional("ASSEMBLYAI_STREAMING_BASE_URL"),
    streamingWebsocketUrl: Adapter.optional("ASSEMBLYAI_STREAMING_WS_URL"),
    agentsBaseUrl: Adapter.optional("ASSEMBLYAI_AGENTS_BASE_URL"),
    agentsWebsocketUrl: Adapter.optional("ASSEMBLYAI_AGENTS_WS_URL")
  })
)

/**
 * AssemblyAI as `Providers` takes it.
 *
 * @category adapters
 * @since 0.1.0
 */
export const adapter: Adapter.Adapter = { id: "assemblyai", capabilities, layerConfig }
