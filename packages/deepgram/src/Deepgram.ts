/**
 * Deepgram temporary tokens: https://developers.deepgram.com/guides/fundamentals/token-based-authentication (read 2026-11-21).
 * A token is a JWT for all speech products and regions, and for any number of uses. Its expiry
 * limits the opening of connections and single requests.
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
import type { Capabilities, Capability } from "@tempcred/core/Capabilities"
import { bearer, type Connections } from "@tempcred/core/Connection"
import { join, websocketOf } from "@tempcred/core/VendorApi"
import * as Arr from "effect/Array"
import * as Schema from "effect/Schema"
import { dialect } from "./Dialect.ts"

/** The same keys and tokens work in all regions: https://developers.deepgram.com/reference/regional-endpoints (read 2026-11-21). */
const hosts: Readonly<Record<string, string>> = {
  global: "api.deepgram.com",
  eu: "api.eu.deepgram.com",
  au: "api.au.deepgram.com",
  in: "api.in.deepgram.com"
}

const options = {
  /** The long-lived API key, which needs the role Member, or a source of keys. */
  apiKey: Adapter.key("DEEPGRAM_API_KEY"),
  /** The region for requests without one: `"global"`, `"eu"`, `"au"` or `"in"`. @default "global" */
  region: Adapter.region("DEEPGRAM_REGION", { allowed: Object.keys(hosts), otherwise: "global" }),
  /** The API of `region`, without `/v1`. It mints all tokens. @default that of the region, and `https://api.deepgram.com` to mint */
  baseUrl: Adapter.url("DEEPGRAM_BASE_URL"),
  /** The WebSockets of `region`, without `/v1`. @default `baseUrl`, as wss */
  websocketUrl: Adapter.url("DEEPGRAM_WS_URL", "wss"),
  /** The agent's WebSocket of `region`, without `/v1`. @default `wss://agent.deepgram.com`, or `websocketUrl` with another API or region */
  agentWebsocketUrl: Adapter.url("DEEPGRAM_AGENT_WS_URL", "wss")
}

/**
 * The options of the adapter.
 *
 * @category models
 * @since 0.1.0
 */
export type Options = Adapter.OptionsOf<typeof options>

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

const capabilities = {
  "stt.realtime": connecting,
  "stt.batch": requesting,
  "tts.realtime": connecting,
  "tts.batch": requesting,
  agent: connecting
} satisfies Capabilities

type Served = keyof typeof capabilities

/** `/v2` is Flux, which takes the same tokens: https://developers.deepgram.com/reference/speech-to-text/listen-flux (read 2026-11-30). */
const paths: Record<Served, Arr.NonEmptyReadonlyArray<string>> = {
  "stt.realtime": ["/v1/listen", "/v2/listen"],
  "stt.batch": ["/v1/listen"],
  "tts.realtime": ["/v1/speak", "/v2/speak"],
  "tts.batch": ["/v1/speak"],
  agent: ["/v1/agent/converse"]
}

const connections = (purpose: Served, region: string, own: Partial<Options>): Connections => {
  const api = own.baseUrl ?? `https://${hosts[region]}`
  const [path] = paths[purpose]
  if (capabilities[purpose].needed === "every-request") {
    // https://github.com/deepgram/deepgram-js-sdk#readme (5.13.0, read 2026-11-21): no browser can call the API over HTTP.
    return [{ kind: "http", url: join(api, path), where: "server", placement: bearer }]
  }
  const sockets = own.websocketUrl ?? websocketOf(api)
  const agents = own.agentWebsocketUrl ?? (new URL(api).host === hosts["global"] ? "wss://agent.deepgram.com" : sockets)
  // A base may end in `/v1`, which is not part of the addresses of Flux.
  const base = (purpose === "agent" ? agents : sockets).replace(/\/v1\/*$/, "")
  return Arr.flatMap(paths[purpose], (one) => websockets(join(base, one)))
}

const websockets = (url: string): Connections => [
  { kind: "websocket", url, where: "server", placement: bearer },
  { kind: "websocket", url, where: "anywhere", placement: { in: "subprotocols", protocols: ["bearer", "{token}"] } }
]

/** `expires_in` is optional in https://developers.deepgram.com/reference/auth/tokens/grant (read 2026-11-21). The token states it too. */
const Response = Schema.Struct({
  access_token: Schema.RedactedFromValue(Schema.NonEmptyString),
  expires_in: Schema.optionalKey(Schema.NullOr(Schema.Finite))
})

const vendor = Adapter.make({
  id: "deepgram",
  options,
  capabilities,
  call: ({ ttlSeconds }, { options: { baseUrl = "https://api.deepgram.com" } }) => ({
    // No regional endpoint is documented to mint.
    url: join(baseUrl, "/v1/auth/grant"),
    keyHeader: { name: "authorization", prefix: "Token " },
    body: { ttl_seconds: ttlSeconds }
  }),
  response: Response,
  credential: ({ access_token, expires_in }, { purpose, region = "global" }, { own }) => ({
    token: access_token,
    expiry: typeof expires_in === "number" ? { source: "vendor", seconds: expires_in } : { source: "jwt" },
    connections: connections(purpose, region, own)
  }),
  dialect
})

/**
 * Provides Deepgram from options.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: (options: Options) => Adapter.ProviderLayer = vendor.layer

/**
 * Provides Deepgram from environment variables: `DEEPGRAM_API_KEY` or `DEEPGRAM_API_KEY_FILE`, and those of the other options.
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
