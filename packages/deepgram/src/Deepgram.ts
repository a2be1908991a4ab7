/**
 * Deepgram temporary tokens: https://developers.deepgram.com/guides/fundamentals/token-based-authentication (read 2026-11-21). A token is a
 * JWT that is good for every speech product, in every region and any number of times; its expiry limits the opening of connections and single requests.
 *
 * ```ts
 * import * as Minter from "@tempcred/core/Minter"
 * import * as Deepgram from "@tempcred/deepgram/Deepgram"
 *
 * const minter = Minter.make(Deepgram.layerConfig)
 * const credential = await minter.mint({ purpose: "stt.realtime", region: "eu" })
 * console.log(credential.connections[0].url) // => wss://api.eu.deepgram.com/v1/listen
 * await minter.close()
 * ```
 *
 * @since 0.1.0
 */
import * as Adapter from "@tempcred/core/Adapter"
import type { Capabilities, Capability, Resolved } from "@tempcred/core/Capabilities"
import { checkOneOf, checkUrl } from "@tempcred/core/ConfigurationError"
import { bearer, type Connections } from "@tempcred/core/Connection"
import * as KeySource from "@tempcred/core/KeySource"
import { join, websocketOf } from "@tempcred/core/VendorApi"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { dialect } from "./Dialect.ts"

/**
 * What is fixed per app.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The long-lived API key, which needs the role Member, or a source of keys. */
  readonly apiKey: Redacted.Redacted | KeySource.KeySource
  /** Where clients of requests that name no region connect: `"global"`, `"eu"`, `"au"` or `"in"`. @default "global" */
  readonly region?: string | undefined
  /** The API of `region`, without `/v1`; tokens are minted here too. @default that of the region, and tokens at `https://api.deepgram.com` */
  readonly baseUrl?: string | undefined
  /** Where the WebSockets of `region` are, without `/v1`. @default `baseUrl`, as wss */
  readonly websocketUrl?: string | undefined
  /** Where the agent's WebSocket of `region` is, without `/v1`. @default `wss://agent.deepgram.com`, or `websocketUrl` with another API or region */
  readonly agentWebsocketUrl?: string | undefined
}

/** `expires_in` is optional in https://developers.deepgram.com/reference/auth/tokens/grant (read 2026-11-21); the token says it too. */
const Response = Schema.Struct({
  access_token: Schema.RedactedFromValue(Schema.NonEmptyString),
  expires_in: Schema.optionalKey(Schema.NullOr(Schema.Finite))
})

/** The same keys and tokens work in all: https://developers.deepgram.com/reference/regional-endpoints (read 2026-11-21). */
const hosts: Readonly<Record<string, string>> = {
  global: "api.deepgram.com",
  eu: "api.eu.deepgram.com",
  au: "api.au.deepgram.com",
  in: "api.in.deepgram.com"
}

/** Range and default of https://developers.deepgram.com/reference/token-based-auth-api/grant-token (read 2026-11-21). */
const connecting: Capability = {
  ttlSeconds: { min: 1, max: 3600, default: 30 },
  singleUse: false,
  subject: { effect: "ignored" },
  regions: Object.keys(hosts),
  mintingHasSideEffects: false,
  needed: "connect"
}

const requesting: Capability = { ...connecting, needed: "every-request" }

/**
 * What Deepgram can do.
 *
 * @category constants
 * @since 0.1.0
 */
export const capabilities = {
  "stt.realtime": connecting,
  "stt.batch": requesting,
  "tts.realtime": connecting,
  "tts.batch": requesting,
  agent: connecting
} as const satisfies Capabilities

type Served = keyof typeof capabilities

/** `/v2` is Flux, which takes the same tokens: https://developers.deepgram.com/reference/speech-to-text/listen-flux (read 2026-11-30). */
const paths: Record<Served, Arr.NonEmptyReadonlyArray<string>> = {
  "stt.realtime": ["/v1/listen", "/v2/listen"],
  "stt.batch": ["/v1/listen"],
  "tts.realtime": ["/v1/speak", "/v2/speak"],
  "tts.batch": ["/v1/speak"],
  agent: ["/v1/agent/converse"]
}

const globalApi = "https://api.deepgram.com"

const connections = (options: Options, { purpose, region = "global" }: Resolved<Served>): Connections => {
  const own = region === (options.region ?? "global") ? options : undefined
  const api = own?.baseUrl ?? `https://${hosts[region]}`
  // https://github.com/deepgram/deepgram-js-sdk#readme (5.13.0, read 2026-11-21): no browser can call the API over HTTP.
  const http = { kind: "http", where: "server", placement: bearer } as const
  const [path] = paths[purpose]
  if (capabilities[purpose].needed === "every-request") return [{ ...http, url: join(api, path) }]
  const sockets = own?.websocketUrl ?? websocketOf(api)
  const agents =
    own?.agentWebsocketUrl ?? (new URL(api).host === hosts["global"] ? "wss://agent.deepgram.com" : sockets)
  // A base may end in `/v1`, which is no part of Flux' addresses.
  const base = (purpose === "agent" ? agents : sockets).replace(/\/v1\/*$/, "")
  return Arr.flatMap(paths[purpose], (one) => websockets(join(base, one)))
}

const websockets = (url: string): Connections => [
  { kind: "websocket", url, where: "server", placement: bearer },
  { kind: "websocket", url, where: "anywhere", placement: { in: "subprotocols", protocols: ["bearer", "{token}"] } }
]

/**
 * Makes the provider; its requirements are the transport and the retry policy at hand.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options): Adapter.Making =>
  Adapter.make({
    provider: "deepgram",
    keys: { "DEEPGRAM_API_KEY (apiKey)": options.apiKey },
    issues: [
      ...checkUrl("DEEPGRAM_BASE_URL (baseUrl)", options.baseUrl),
      ...checkUrl("DEEPGRAM_WS_URL (websocketUrl)", options.websocketUrl, "wss"),
      ...checkUrl("DEEPGRAM_AGENT_WS_URL (agentWebsocketUrl)", options.agentWebsocketUrl, "wss"),
      ...checkOneOf("DEEPGRAM_REGION (region)", options.region, Object.keys(hosts))
    ],
    capabilities,
    region: options.region ?? "global",
    settings: [options.baseUrl, options.websocketUrl, options.agentWebsocketUrl],
    call: (request: Resolved<Served>) => ({
      // No regional endpoint is documented to mint.
      url: join(options.baseUrl ?? globalApi, "/v1/auth/grant"),
      key: options.apiKey,
      keyHeader: { name: "authorization", prefix: "Token " },
      body: { ttl_seconds: request.ttlSeconds }
    }),
    response: Response,
    credential: ({ access_token, expires_in }, request) => ({
      token: access_token,
      expiry: typeof expires_in === "number" ? { source: "vendor", seconds: expires_in } : { source: "jwt" },
      connections: connections(options, request)
    }),
    dialect
  })

/**
 * Provides Deepgram from options.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Adapter.ProviderLayer => Adapter.layer(make(options))

/**
 * Provides Deepgram from `DEEPGRAM_API_KEY` (or `DEEPGRAM_API_KEY_FILE`) and, where they are set, `DEEPGRAM_REGION`, `DEEPGRAM_BASE_URL`,
 * `DEEPGRAM_WS_URL` and `DEEPGRAM_AGENT_WS_URL`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig: Adapter.ProviderLayer = Adapter.layerConfig(layer, () =>
  Effect.all({
    apiKey: KeySource.fromConfig("DEEPGRAM_API_KEY"),
    region: Adapter.optional("DEEPGRAM_REGION"),
    baseUrl: Adapter.optional("DEEPGRAM_BASE_URL"),
    websocketUrl: Adapter.optional("DEEPGRAM_WS_URL"),
    agentWebsocketUrl: Adapter.optional("DEEPGRAM_AGENT_WS_URL")
  })
)

/**
 * Deepgram as `Providers` takes it.
 *
 * @category adapters
 * @since 0.1.0
 */
export const adapter: Adapter.Adapter = { id: "deepgram", capabilities, layerConfig }
