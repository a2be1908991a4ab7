/**
 * Soniox temporary API keys: https://soniox.com/docs/guides/temporary-api-keys (read 2026-10-10).
 * A key is bound to one product and one region, and on request to one use and to a session length.
 * Its expiry limits the opening of connections. A running connection continues.
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
import type { Capabilities, Capability } from "@tempcred/core/Capabilities"
import { bearer, type Connections } from "@tempcred/core/Connection"
import { join } from "@tempcred/core/VendorApi"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { dialect } from "./Dialect.ts"

const options = {
  /** The long-lived API key of `region`, or a source of keys. */
  apiKey: Adapter.key("SONIOX_API_KEY"),
  /** The region of the Soniox project: `"us"`, `"eu"`, `"jp"`, `"in"`, or one that Soniox adds. @default "us" */
  region: Adapter.region("SONIOX_REGION", { otherwise: "us" }),
  /** The long-lived keys of further regions, for requests that name one. */
  regionKeys: Adapter.regionKeys(),
  /** The API of `region`, without `/v1`. @default `https://api.soniox.com`, or `https://api.<region>.soniox.com` */
  baseUrl: Adapter.url("SONIOX_API_BASE_URL"),
  /** The speech-to-text WebSocket of `region`, with its path. */
  websocketUrl: Adapter.url("SONIOX_WS_URL", "wss"),
  /** The text-to-speech WebSocket of `region`, with its path. Speech over HTTP is at `tts` beside it. */
  ttsWebsocketUrl: Adapter.url("SONIOX_TTS_WS_URL", "wss")
}

/**
 * The options of the adapter.
 *
 * @category models
 * @since 0.1.0
 */
export type Options = Adapter.OptionsOf<typeof options>

/** Ranges of https://soniox.com/docs/openapi.yaml (read 2026-10-10). No default is documented; a minute is ours. */
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

// https://soniox.com/docs/stt/data-residency (read 2026-10-10)
const host = (product: string, region = "us"): string =>
  region === "us" ? `${product}.soniox.com` : `${product}.${region}.soniox.com`

/** https://soniox.com/docs/guides/websocket-authentication (read 2026-10-10): older keys hold a colon, which no subprotocol can. */
const isSubprotocol = (token: Redacted.Redacted): boolean => /^[\w-]+$/.test(Redacted.value(token))

const websockets = (url: string, token: Redacted.Redacted): Connections => {
  const placement = { in: "subprotocols", protocols: ["soniox-api-key", "{token}"] } as const
  return [
    { kind: "websocket", url, where: "server", placement: bearer },
    ...(isSubprotocol(token) ? [{ kind: "websocket", url, where: "anywhere", placement } as const] : []),
    {
      kind: "websocket",
      url,
      where: "anywhere",
      placement: { in: "message", field: "api_key", value: "{token}" },
      // https://soniox.com/docs/guides/migrate-websocket-authentication (read 2026-10-10)
      deprecatedFrom: "2027-01-15"
    }
  ]
}

const Response = Schema.Struct({
  api_key: Schema.RedactedFromValue(Schema.NonEmptyString),
  expires_at: Schema.DateTimeUtcFromString
})

const vendor = Adapter.make({
  id: "soniox",
  options,
  capabilities: capabilitiesIn(["us", "eu", "jp", "in"]),
  served: (_, regions) => capabilitiesIn(regions),
  call: (request, { own }) => ({
    url: join(own.baseUrl ?? `https://${host("api", request.region)}`, "/v1/auth/temporary-api-key"),
    body: {
      usage_type: request.purpose === "stt.realtime" ? "transcribe_websocket" : "tts_rt",
      expires_in_seconds: request.ttlSeconds,
      client_reference_id: request.subject,
      single_use: request.singleUse ? true : undefined,
      max_session_duration_seconds: request.maxSessionSeconds
    }
  }),
  response: Response,
  credential: ({ api_key: token, expires_at }, { purpose, region }, { own }) => {
    const stt = own.websocketUrl ?? `wss://${host("stt-rt", region)}/transcribe-websocket`
    const tts = own.ttsWebsocketUrl ?? `wss://${host("tts-rt", region)}/tts-websocket`
    const speech = () => new URL("tts", tts.replace(/^ws/i, "http")).href
    return {
      token,
      expiry: { source: "vendor", at: expires_at },
      connections:
        purpose === "tts.batch"
          ? [{ kind: "http", url: speech(), where: "anywhere", placement: bearer }]
          : websockets(purpose === "stt.realtime" ? stt : tts, token)
    }
  },
  dialect,
  advice: (regions) => ({
    AuthenticationError: `check SONIOX_API_KEY, and that it is a key of region ${regions.join(" or ")}`
  })
})

/**
 * Provides Soniox from options.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: (options: Options) => Adapter.ProviderLayer = vendor.layer

/**
 * Provides Soniox from environment variables: `SONIOX_API_KEY` or `SONIOX_API_KEY_FILE`, and those of the other options.
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
