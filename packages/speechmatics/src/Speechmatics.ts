/**
 * Speechmatics temporary keys: https://docs.speechmatics.com/get-started/authentication (read 2026-08-13). A key is a JWT for one
 * product. A batch key with a `client_ref` sees only the jobs of that reference.
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
import { bearer, type Connections } from "@tempcred/core/Connection"
import type { Length } from "@tempcred/core/MintRequest"
import { join } from "@tempcred/core/VendorApi"
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { dialect } from "./Dialect.ts"
import { hosts, realtimeUrls, regions, vendorRegion } from "./Hosts.ts"

export { hosts } from "./Hosts.ts"

const options = {
  /** The long-lived API key, or a source of keys. */
  apiKey: Adapter.key("SPEECHMATICS_API_KEY"),
  /** The region for requests without one; it decides the host, see `hosts`. Products without regions list it as relaxed. @default "eu" for batch, "global" for realtime */
  region: Adapter.region("SPEECHMATICS_REGION", { allowed: regions }),
  /** The longest ttl to allow, up to a day. Older documents end at an hour. @default 1 hour */
  maxTtl: Adapter.seconds(60, 86_400),
  /** The API that mints keys, without `/v1`. @default "https://mp.speechmatics.com" */
  baseUrl: Adapter.url("SM_MANAGEMENT_PLATFORM_URL"),
  /** The realtime WebSocket of `region`, with its path. */
  realtimeUrl: Adapter.url("SPEECHMATICS_RT_URL", "wss"),
  /** The batch API of `region`, with `/v2`. */
  batchUrl: Adapter.url("SPEECHMATICS_BATCH_URL"),
  /** The text-to-speech API. @default "https://preview.tts.speechmatics.com" */
  ttsUrl: Adapter.url("SPEECHMATICS_TTS_URL")
}

/**
 * The options of the adapter.
 *
 * @category models
 * @since 0.1.0
 */
export type Options = Adapter.OptionsOf<typeof options>

const capabilitiesUpTo = (maxTtl: Length) => {
  const capability: Capability = {
    ttlSeconds: { min: 60, max: Duration.toSeconds(maxTtl), default: 60 },
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

const hour = "1 hour"

type Served = keyof ReturnType<typeof capabilitiesUpTo>

const types: Record<Served, string> = { "stt.realtime": "rt", "stt.batch": "batch", "tts.batch": "tts" }

const websockets = (url: string): Connections => [
  { kind: "websocket", url, where: "server", placement: bearer },
  { kind: "websocket", url, where: "anywhere", placement: { in: "query", name: "jwt", value: "{token}" } }
]

const connections = (given: Options, { purpose, region }: Resolved<Served>): Connections => {
  /** The URLs hold in the configured region. A product without a configured one has a home of its own. */
  const own = (home: string): Partial<Options> => ((region ?? home) === (given.region ?? home) ? given : {})
  const http = { kind: "http", where: "anywhere", placement: bearer } as const
  switch (purpose) {
    case "stt.realtime": {
      const place = region ?? "global"
      const url = own("global").realtimeUrl ?? `wss://${hosts.realtime[place]}/v2`
      return Arr.flatMap(realtimeUrls(url, place), websockets)
    }
    case "stt.batch":
      return [{ ...http, url: join(own("eu").batchUrl ?? `https://${hosts.batch[region ?? "eu"]}/v2`, "/jobs") }]
    case "tts.batch":
      return [{ ...http, url: join(given.ttsUrl ?? "https://preview.tts.speechmatics.com", "/generate") }]
  }
}

/** The only field that is read; `apikey_id` is null for temporary keys. */
const Response = Schema.Struct({ key_value: Schema.RedactedFromValue(Schema.NonEmptyString) })

const vendor = Adapter.make({
  id: "speechmatics",
  options,
  capabilities: capabilitiesUpTo(hour),
  served: ({ maxTtl = hour }) => capabilitiesUpTo(maxTtl),
  call: (request, { options: { baseUrl = "https://mp.speechmatics.com" } }) => ({
    url: join(baseUrl, "/v1/api_keys"),
    // Without a type, the key is for batch; realtime then only says that it is not authorised.
    query: { type: types[request.purpose] },
    body: {
      ttl: request.ttlSeconds,
      client_ref: request.purpose === "stt.batch" ? request.subject : undefined,
      // Deprecated and without effect (documents of 2026-08-13): sent only with a region, for older deployments.
      region: request.region && vendorRegion(request.region)
    }
  }),
  response: Response,
  credential: ({ key_value }, request, { options: given }) => ({
    token: key_value,
    expiry: { source: "jwt" },
    connections: connections(given, request)
  }),
  dialect: {
    ...dialect,
    // The documents give a refused key as 401, the official client as 403: either is the key.
    statuses: { 403: "AuthenticationError" },
    advice: {
      AuthenticationError: "check SPEECHMATICS_API_KEY; on an enterprise contract, ask support to enable temporary keys"
    }
  }
})

/**
 * Provides Speechmatics from options.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: (options: Options) => Adapter.ProviderLayer = vendor.layer

/**
 * Provides Speechmatics from environment variables: `SPEECHMATICS_API_KEY` or `SPEECHMATICS_API_KEY_FILE`, and those of the other options.
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
