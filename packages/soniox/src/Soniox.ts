/**
 * Soniox temporary API keys: https://soniox.com/docs/guides/temporary-api-keys (read 2026-10-10). A key is bound to one product, to a
 * region, and on request to one use and to a session length; its expiry limits the opening of connections, not a running one.
 *
 * ```ts
 * import * as Minter from "@tempcred/core/Minter"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 *
 * const minter = Minter.make(Soniox.layerConfig)
 * const credential = await minter.mint({ purpose: "stt.realtime", singleUse: true })
 * console.log(credential.uses, credential.expirySource) // => once vendor
 * await minter.close()
 * ```
 *
 * @since 0.1.0
 */
import * as Adapter from "@tempcred/core/Adapter"
import type { Capabilities, Capability, Resolved } from "@tempcred/core/Capabilities"
import { checkRegion, checkUrl } from "@tempcred/core/ConfigurationError"
import { bearer, type Connections } from "@tempcred/core/Connection"
import * as KeySource from "@tempcred/core/KeySource"
import { join } from "@tempcred/core/VendorApi"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { dialect } from "./Dialect.ts"

/**
 * What is fixed per app.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The long-lived API key of `region`, or a source of keys. */
  readonly apiKey: Redacted.Redacted | KeySource.KeySource
  /** The region of the Soniox project: `"us"`, `"eu"`, `"jp"`, `"in"`, or one that Soniox adds. @default "us" */
  readonly region?: string | undefined
  /** Long-lived keys of further regions, for requests that name one. */
  readonly regionKeys?: Readonly<Record<string, Redacted.Redacted | KeySource.KeySource>> | undefined
  /** The API of `region`, without `/v1`. @default `https://api.soniox.com`, or `https://api.<region>.soniox.com` */
  readonly baseUrl?: string | undefined
  /** The speech-to-text WebSocket of `region`, whole. */
  readonly websocketUrl?: string | undefined
  /** The text-to-speech WebSocket of `region`, whole; speech over HTTP goes to `tts` beside it. */
  readonly ttsWebsocketUrl?: string | undefined
}

const Response = Schema.Struct({
  api_key: Schema.RedactedFromValue(Schema.NonEmptyString),
  expires_at: Schema.DateTimeUtcFromString
})

/** Ranges of https://soniox.com/docs/openapi.yaml (read 2026-10-10); no default is documented, a minute is ours. */
const capabilitiesIn = (regions: ReadonlyArray<string>) => {
  const capability: Capability = {
    ttlSeconds: { min: 1, max: 3600, default: 60 },
    singleUse: true,
    maxSessionSeconds: { min: 1, max: 18_000 },
    subject: { effect: "recorded", maxLength: 256 },
    regions,
    regionsNeedKeys: true,
    mintingHasSideEffects: false,
    needed: "connect"
  }
  return {
    "stt.realtime": capability,
    "tts.realtime": capability,
    "tts.batch": { ...capability, needed: "every-request" }
  } satisfies Capabilities
}

/**
 * What Soniox can do; a layer serves those of the regions that it has keys for.
 *
 * @category constants
 * @since 0.1.0
 */
export const capabilities: Capabilities = capabilitiesIn(["us", "eu", "jp", "in"])

type Served = keyof ReturnType<typeof capabilitiesIn>
const home = (options: Options): string => options.region ?? "us"

const host = (product: string, region: string): string =>
  region === "us" ? `${product}.soniox.com` : `${product}.${region}.soniox.com`

// https://soniox.com/docs/stt/data-residency (read 2026-10-10)
const apiUrl = (options: Options, region: string): string =>
  (region === home(options) ? options.baseUrl : undefined) ?? `https://${host("api", region)}`

/** https://soniox.com/docs/guides/websocket-authentication (read 2026-10-10): older keys hold a colon, which no subprotocol can. */
const isSubprotocol = (token: Redacted.Redacted): boolean => /^[\w-]+$/.test(Redacted.value(token))

const connections = (options: Options, purpose: Served, region: string, token: Redacted.Redacted): Connections => {
  const own = region === home(options) ? options : undefined
  const tts = own?.ttsWebsocketUrl ?? `wss://${host("tts-rt", region)}/tts-websocket`
  if (purpose === "tts.batch") {
    const url = new URL("tts", tts.replace(/^ws/i, "http")).href
    return [{ kind: "http", url, where: "anywhere", placement: bearer }]
  }
  const stt = own?.websocketUrl ?? `wss://${host("stt-rt", region)}/transcribe-websocket`
  const websocket = { kind: "websocket", url: purpose === "stt.realtime" ? stt : tts } as const
  const placement = { in: "subprotocols", protocols: ["soniox-api-key", "{token}"] } as const
  return [
    { ...websocket, where: "server", placement: bearer },
    ...(isSubprotocol(token) ? [{ ...websocket, where: "anywhere", placement } as const] : []),
    {
      ...websocket,
      where: "anywhere",
      placement: { in: "message", field: "api_key", value: "{token}" },
      // https://soniox.com/docs/guides/migrate-websocket-authentication (read 2026-10-10)
      deprecatedFrom: "2027-01-15"
    }
  ]
}

/**
 * Makes the provider; its requirements are the transport and the retry policy at hand.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options): Adapter.Making => {
  const { apiKey, regionKeys = {} } = options
  const keys = { ...regionKeys, [home(options)]: apiKey }
  const further = Object.entries(regionKeys).map(([region, key]) => [`regionKeys.${region}`, key] as const)
  const regionOf = (request: Resolved) => request.region ?? home(options)
  return Adapter.make({
    provider: "soniox",
    keys: { "SONIOX_API_KEY (apiKey)": apiKey, ...Object.fromEntries(further) },
    issues: [
      ...checkRegion("SONIOX_REGION (region)", options.region),
      ...Object.keys(regionKeys).flatMap((region) => checkRegion("regionKeys", region)),
      ...checkUrl("SONIOX_API_BASE_URL (baseUrl)", options.baseUrl),
      ...checkUrl("SONIOX_WS_URL (websocketUrl)", options.websocketUrl, "wss"),
      ...checkUrl("SONIOX_TTS_WS_URL (ttsWebsocketUrl)", options.ttsWebsocketUrl, "wss")
    ],
    capabilities: capabilitiesIn(Object.keys(keys)),
    region: home(options),
    settings: [options.baseUrl, options.websocketUrl, options.ttsWebsocketUrl],
    call: (request: Resolved<Served>) => ({
      url: join(apiUrl(options, regionOf(request)), "/v1/auth/temporary-api-key"),
      key: keys[regionOf(request)] ?? apiKey,
      body: {
        usage_type: request.purpose === "stt.realtime" ? "transcribe_websocket" : "tts_rt",
        expires_in_seconds: request.ttlSeconds,
        client_reference_id: request.subject,
        single_use: request.singleUse ? true : undefined,
        max_session_duration_seconds: request.maxSessionSeconds
      }
    }),
    response: Response,
    credential: (response, request) => ({
      token: response.api_key,
      expiry: { source: "vendor", at: response.expires_at },
      connections: connections(options, request.purpose, regionOf(request), response.api_key)
    }),
    dialect: {
      ...dialect,
      advice: {
        ...dialect.advice,
        AuthenticationError: `check SONIOX_API_KEY, and that it is a key of region ${Object.keys(keys).join(" or ")}`
      }
    }
  })
}

/**
 * Provides Soniox from options.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Adapter.ProviderLayer => Adapter.layer(make(options))

/**
 * Provides Soniox from `SONIOX_API_KEY` (or `SONIOX_API_KEY_FILE`) and, where they are set, `SONIOX_REGION`, `SONIOX_API_BASE_URL`,
 * `SONIOX_WS_URL` and `SONIOX_TTS_WS_URL`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig: Adapter.ProviderLayer = Adapter.layerConfig(layer, () =>
  Effect.all({
    apiKey: KeySource.fromConfig("SONIOX_API_KEY"),
    region: Adapter.optional("SONIOX_REGION"),
    baseUrl: Adapter.optional("SONIOX_API_BASE_URL"),
    websocketUrl: Adapter.optional("SONIOX_WS_URL"),
    ttsWebsocketUrl: Adapter.optional("SONIOX_TTS_WS_URL")
  })
)

/**
 * Soniox as `Providers` takes it.
 *
 * @category adapters
 * @since 0.1.0
 */
export const adapter: Adapter.Adapter = { id: "soniox", capabilities, layerConfig }
