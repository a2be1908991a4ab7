/**
 * Client secrets of the OpenAI Realtime API:
 * https://developers.openai.com/api/reference/resources/realtime/subresources/client_secrets (read 2026-11-21). A secret opens any
 * number of sessions until it expires; open sessions continue. A configuration that is bound to it is the default of its sessions,
 * which their clients may change.
 *
 * ```ts
 * import * as Minter from "@tempcred/core/Minter"
 * import * as OpenAi from "@tempcred/openai/OpenAi"
 *
 * const minter = Minter.make(OpenAi.layerConfig)
 * const session = { config: { model: "gpt-realtime", instructions: "Speak like a pilot." } }
 * const credential = await minter.mint({ purpose: "realtime", subject: "user-42", session })
 * console.log(credential.sessionLock, credential.expirySource) // => none vendor
 * await minter.close()
 * ```
 *
 * @since 0.1.0
 */

import * as Adapter from "@tempcred/core/Adapter"
import type { Capabilities, Capability, Resolved } from "@tempcred/core/Capabilities"
import type { Issue } from "@tempcred/core/ConfigurationError"
import { bearer, type Connections } from "@tempcred/core/Connection"
import { join, websocketOf } from "@tempcred/core/VendorApi"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import { dialect } from "./Dialect.ts"

const checkId = (name: string, id: string | undefined): ReadonlyArray<Issue> =>
  id === undefined || /^[\u0021-\u007e]+$/.test(id)
    ? []
    : [{ name, message: "must be an id in printable ASCII without spaces" }]

const options = {
  /** The long-lived API key, or a source of keys. */
  apiKey: Adapter.key("OPENAI_API_KEY"),
  /** The API, with or without `/v1`. A project with data residency has its own. @default "https://api.openai.com/v1" */
  baseUrl: Adapter.url("OPENAI_BASE_URL"),
  /** The WebSocket, with its path. @default `/v1/realtime` at `baseUrl`, as wss */
  websocketUrl: Adapter.url("OPENAI_WS_URL", "wss"),
  /** The organization to charge. @default the key's own */
  organization: Adapter.text("OPENAI_ORG_ID", checkId),
  /** The project to charge; its limits apply. @default the key's own */
  project: Adapter.text("OPENAI_PROJECT_ID", checkId)
}

/**
 * The options of the adapter.
 *
 * @category models
 * @since 0.1.0
 */
export type Options = Adapter.OptionsOf<typeof options>

/** https://developers.openai.com/api/reference/resources/realtime/subresources/client_secrets/methods/create (read 2026-11-21). */
const capability: Capability = {
  ttlSeconds: { min: 10, max: 7200, default: 600 },
  singleUse: false,
  sessionLocks: ["none"],
  subject: { effect: "recorded", printable: true },
  regions: [],
  mintingHasSideEffects: false,
  needed: "connect"
}

const capabilities = { "stt.realtime": capability, realtime: capability } satisfies Capabilities

type Served = keyof typeof capabilities

const types: Record<Served, string> = { "stt.realtime": "transcription", realtime: "realtime" }

/** A transcription names its model in its configuration only: https://developers.openai.com/api/docs/guides/realtime-transcription (read 2026-11-21). */
const query = ({ purpose, session }: Resolved<Served>): string => {
  if (purpose === "stt.realtime") return "?intent=transcription"
  const model = session?.config["model"]
  return typeof model === "string" ? `?model=${encodeURIComponent(model)}` : ""
}

const realtimeOf = ({ baseUrl = "https://api.openai.com" }: Options): string => join(baseUrl, "/v1/realtime")

const connections = (given: Options, request: Resolved<Served>): Connections => {
  const api = realtimeOf(given)
  const url = (given.websocketUrl ?? websocketOf(api)) + query(request)
  const placement = { in: "subprotocols", protocols: ["realtime", "openai-insecure-api-key.{token}"] } as const
  return [
    { kind: "websocket", url, where: "server", placement: bearer },
    { kind: "websocket", url, where: "anywhere", placement },
    // https://developers.openai.com/api/docs/guides/realtime-webrtc (read 2026-11-21): an SDP offer is posted here.
    { kind: "http", url: `${api}/calls`, where: "anywhere", placement: bearer }
  ]
}

const EpochSeconds = Schema.Finite.pipe(
  Schema.decodeTo(Schema.DateTimeUtcFromMillis, {
    decode: SchemaGetter.transform((seconds: number) => seconds * 1000),
    encode: SchemaGetter.transform((millis: number) => millis / 1000)
  })
)

const Response = Schema.Struct({ value: Schema.RedactedFromValue(Schema.NonEmptyString), expires_at: EpochSeconds })

const vendor = Adapter.make({
  id: "openai",
  options,
  capabilities,
  call: (request, { options: given }) => ({
    url: `${realtimeOf(given)}/client_secrets`,
    headers: {
      // The names are those of `openai` 7.57.0 (read 2026-11-21).
      "openai-organization": given.organization,
      "openai-project": given.project,
      // https://developers.openai.com/api/docs/guides/safety-checks (read 2026-11-21): the sessions carry it.
      "openai-safety-identifier": request.subject
    },
    body: {
      // Optional in the reference, and required in practice: `@ai-sdk/openai` 4.0.118 (read 2026-11-21).
      expires_after: { anchor: "created_at", seconds: request.ttlSeconds },
      session: { ...request.session?.config, type: types[request.purpose] }
    }
  }),
  response: Response,
  credential: ({ expires_at, value }, request, { options: given }) => ({
    token: value,
    expiry: { source: "vendor", at: expires_at },
    connections: connections(given, request)
  }),
  dialect
})

/**
 * Provides OpenAI from options.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: (options: Options) => Adapter.ProviderLayer = vendor.layer

/**
 * Provides OpenAI from environment variables: `OPENAI_API_KEY` or `OPENAI_API_KEY_FILE`, and those of the other options.
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
