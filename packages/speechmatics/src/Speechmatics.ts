/**
 * Speechmatics temporary keys: https://docs.speechmatics.com/get-started/authentication (read 2026-08-13). A key is a JWT bound to one
 * product; a batch key with a `client_ref` sees only the jobs of that reference.
 *
 * ```ts
 * import * as Minter from "@tempcred/core/Minter"
 * import * as Speechmatics from "@tempcred/speechmatics/Speechmatics"
 *
 * const minter = Minter.make(Speechmatics.layerConfig)
 * const credential = await minter.mint({ purpose: "stt.batch", subject: "user-42" })
 * console.log(credential.connections[0].kind, credential.expirySource) // => http jwt
 * await minter.close()
 * ```
 *
 * @since 0.1.0
 */
import * as Adapter from "@tempcred/core/Adapter"
import type { Capabilities, Capability, Resolved } from "@tempcred/core/Capabilities"
import { checkOneOf, checkUrl, type Issue } from "@tempcred/core/ConfigurationError"
import { bearer, type Connections } from "@tempcred/core/Connection"
import * as KeySource from "@tempcred/core/KeySource"
import { join } from "@tempcred/core/VendorApi"
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { dialect } from "./Dialect.ts"
import { hosts, realtimeUrls, regions, vendorRegion } from "./Hosts.ts"

export { hosts } from "./Hosts.ts"

/**
 * What is fixed per app.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The long-lived API key, or a source of keys. */
  readonly apiKey: Redacted.Redacted | KeySource.KeySource
  /** The region of requests that name none, listed as relaxed where a product has no regions; decides the host, see `hosts`. @default "eu" for batch, "global" for realtime */
  readonly region?: string | undefined
  /** The longest ttl to allow, up to a day; older documents end at an hour. @default 1 hour */
  readonly maxTtl?: Duration.Duration | undefined
  /** Where keys are minted, without `/v1`. @default "https://mp.speechmatics.com" */
  readonly baseUrl?: string | undefined
  /** The realtime WebSocket of `region`, whole. */
  readonly realtimeUrl?: string | undefined
  /** The batch API of `region`, with `/v2`. */
  readonly batchUrl?: string | undefined
  /** The text-to-speech API. @default "https://preview.tts.speechmatics.com" */
  readonly ttsUrl?: string | undefined
}

const capabilitiesUpTo = (maxTtlSeconds: number) => {
  const capability: Capability = {
    ttlSeconds: { min: 60, max: maxTtlSeconds, default: 60 },
    singleUse: false,
    subject: { effect: "ignored" },
    regions: [],
    mintingHasSideEffects: false,
    needed: "every-request"
  }
  return {
    "stt.realtime": { ...capability, regions: Object.keys(hosts.realtime), needed: "connect" },
    "stt.batch": {
      ...capability,
      subject: { effect: "enforced", requiredForClient: true },
      regions: Object.keys(hosts.batch)
    },
    "tts.batch": capability
  } satisfies Capabilities
}

/**
 * What Speechmatics can do.
 *
 * @category constants
 * @since 0.1.0
 */
export const capabilities: Capabilities = capabilitiesUpTo(3600)

type Served = keyof ReturnType<typeof capabilitiesUpTo>

const types: Record<Served, string> = { "stt.realtime": "rt", "stt.batch": "batch", "tts.batch": "tts" }

/** The only field that is read; `apikey_id` is null for temporary keys. */
const Response = Schema.Struct({ key_value: Schema.RedactedFromValue(Schema.NonEmptyString) })

const websockets = (url: string): Connections => [
  { kind: "websocket", url, where: "server", placement: bearer },
  { kind: "websocket", url, where: "anywhere", placement: { in: "query", name: "jwt", value: "{token}" } }
]

const connections = (options: Options, { purpose, region }: Resolved<Served>): Connections => {
  const own = (home: string) => ((region ?? home) === (options.region ?? home) ? options : undefined)
  const http = { kind: "http", where: "anywhere", placement: bearer } as const
  switch (purpose) {
    case "stt.realtime": {
      const place = region ?? "global"
      const url = own("global")?.realtimeUrl ?? `wss://${hosts.realtime[place]}/v2`
      return Arr.flatMap(realtimeUrls(url, place), websockets)
    }
    case "stt.batch":
      return [{ ...http, url: join(own("eu")?.batchUrl ?? `https://${hosts.batch[region ?? "eu"]}/v2`, "/jobs") }]
    case "tts.batch":
      return [{ ...http, url: join(options.ttsUrl ?? "https://preview.tts.speechmatics.com", "/generate") }]
  }
}

const check = (options: Options, maxTtlSeconds: number): ReadonlyArray<Issue> => [
  ...checkUrl("SM_MANAGEMENT_PLATFORM_URL (baseUrl)", options.baseUrl),
  ...checkUrl("SPEECHMATICS_RT_URL (realtimeUrl)", options.realtimeUrl, "wss"),
  ...checkUrl("SPEECHMATICS_BATCH_URL (batchUrl)", options.batchUrl),
  ...checkUrl("SPEECHMATICS_TTS_URL (ttsUrl)", options.ttsUrl),
  ...checkOneOf("SPEECHMATICS_REGION (region)", options.region, regions),
  ...(Number.isInteger(maxTtlSeconds) && maxTtlSeconds >= 60 && maxTtlSeconds <= 86_400
    ? []
    : [{ name: "maxTtl", message: "must be whole seconds, 60 to 86400" }])
]

/**
 * Makes the provider; its requirements are the transport and the retry policy at hand.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options): Adapter.Making => {
  const maxTtlSeconds = Duration.toSeconds(options.maxTtl ?? "1 hour")
  return Adapter.make({
    provider: "speechmatics",
    keys: { "SPEECHMATICS_API_KEY (apiKey)": options.apiKey },
    issues: check(options, maxTtlSeconds),
    capabilities: capabilitiesUpTo(maxTtlSeconds),
    region: options.region,
    settings: [options.baseUrl, options.realtimeUrl, options.batchUrl, options.ttsUrl],
    call: (request: Resolved<Served>) => ({
      url: join(options.baseUrl ?? "https://mp.speechmatics.com", "/v1/api_keys"),
      // Without a type the key is for batch, and realtime only says that it is not authorised.
      query: { type: types[request.purpose] },
      key: options.apiKey,
      body: {
        ttl: request.ttlSeconds,
        client_ref: request.purpose === "stt.batch" ? request.subject : undefined,
        // Deprecated and without effect (documents of 2026-08-13): sent only where a region is set, for older deployments.
        region: request.region && vendorRegion(request.region)
      }
    }),
    response: Response,
    credential: (response, request) => ({
      token: response.key_value,
      expiry: { source: "jwt" },
      connections: connections(options, request)
    }),
    dialect: {
      ...dialect,
      // The documents give a refused key as 401, the official client as 403: either is the key.
      statuses: { 403: "AuthenticationError" },
      advice: {
        AuthenticationError:
          "check SPEECHMATICS_API_KEY; on an enterprise contract, ask support to enable temporary keys"
      }
    }
  })
}

/**
 * Provides Speechmatics from options.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Adapter.ProviderLayer => Adapter.layer(make(options))

/**
 * Provides Speechmatics from `SPEECHMATICS_API_KEY` (or `SPEECHMATICS_API_KEY_FILE`) and, where they are set, `SPEECHMATICS_REGION`,
 * `SM_MANAGEMENT_PLATFORM_URL`, `SPEECHMATICS_RT_URL`, `SPEECHMATICS_BATCH_URL` and `SPEECHMATICS_TTS_URL`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig: Adapter.ProviderLayer = Adapter.layerConfig(layer, () =>
  Effect.all({
    apiKey: KeySource.fromConfig("SPEECHMATICS_API_KEY"),
    region: Adapter.optional("SPEECHMATICS_REGION"),
    baseUrl: Adapter.optional("SM_MANAGEMENT_PLATFORM_URL"),
    realtimeUrl: Adapter.optional("SPEECHMATICS_RT_URL"),
    batchUrl: Adapter.optional("SPEECHMATICS_BATCH_URL"),
    ttsUrl: Adapter.optional("SPEECHMATICS_TTS_URL")
  })
)

/**
 * Speechmatics as `Providers` takes it.
 *
 * @category adapters
 * @since 0.1.0
 */
export const adapter: Adapter.Adapter = { id: "speechmatics", capabilities, layerConfig }
