/**
 * Client secrets of the OpenAI Realtime API: https://developers.openai.com/api/reference/resources/realtime/subresources/client_secrets (read
 * 2026-11-21). A secret opens any number of sessions until it expires, and none of them ends with it; a configuration that is bound to it is what
 * its sessions begin with, and their clients may change it.
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
import { checkUrl, type Issue } from "@tempcred/core/ConfigurationError"
import { bearer, type Connections } from "@tempcred/core/Connection"
import * as KeySource from "@tempcred/core/KeySource"
import { join, websocketOf } from "@tempcred/core/VendorApi"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import { dialect } from "./Dialect.ts"

/**
 * What is fixed per app.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The long-lived API key, or a source of keys. */
  readonly apiKey: Redacted.Redacted | KeySource.KeySource
  /** The API, with or without `/v1`; a project with data residency has one of its own. @default "https://api.openai.com/v1" */
  readonly baseUrl?: string | undefined
  /** The WebSocket, whole. @default `/v1/realtime` at `baseUrl`, as wss */
  readonly websocketUrl?: string | undefined
  /** The organization that is charged. @default the key's own */
  readonly organization?: string | undefined
  /** The project that is charged, and whose limits hold. @default the key's own */
  readonly project?: string | undefined
}

const EpochSeconds = Schema.Finite.pipe(
  Schema.decodeTo(Schema.DateTimeUtcFromMillis, {
    decode: SchemaGetter.transform((seconds: number) => seconds * 1000),
    encode: SchemaGetter.transform((millis: number) => millis / 1000)
  })
)

const Response = Schema.Struct({ value: Schema.RedactedFromValue(Schema.NonEmptyString), expires_at: EpochSeconds })

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

/**
 * What OpenAI can do.
 *
 * @category constants
 * @since 0.1.0
 */
export const capabilities = { "stt.realtime": capability, realtime: capability } as const satisfies Capabilities

type Served = keyof typeof capabilities

const types: Record<Served, string> = { "stt.realtime": "transcription", realtime: "realtime" }

/** A transcription names its model in its configuration only: https://developers.openai.com/api/docs/guides/realtime-transcription (read 2026-11-21). */
const query = ({ purpose, session }: Resolved<Served>): string => {
  if (purpose === "stt.realtime") return "?intent=transcription"
  const model = session?.config["model"]
  return typeof model === "string" ? `?model=${encodeURIComponent(model)}` : ""
}

const defaultUrl = "https://api.openai.com"

const connections = (options: Options, request: Resolved<Served>): Connections => {
  const api = join(options.baseUrl ?? defaultUrl, "/v1/realtime")
  const url = (options.websocketUrl ?? websocketOf(api)) + query(request)
  return [
    { kind: "websocket", url, where: "server", placement: bearer },
    {
      kind: "websocket",
      url,
      where: "anywhere",
      placement: { in: "subprotocols", protocols: ["realtime", "openai-insecure-api-key.{token}"] }
    },
    // https://developers.openai.com/api/docs/guides/realtime-webrtc (read 2026-11-21): an SDP offer is posted here.
    { kind: "http", url: `${api}/calls`, where: "anywhere", placement: bearer }
  ]
}

const checkId = (name: string, id: string | undefined): ReadonlyArray<Issue> =>
  id === undefined || /^[\u0021-\u007e]+$/.test(id)
    ? []
    : [{ name, message: "must be an id in printable ASCII without spaces" }]

/**
 * Makes the provider; its requirements are the transport and the retry policy at hand.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options): Adapter.Making =>
  Adapter.make({
    provider: "openai",
    keys: { "OPENAI_API_KEY (apiKey)": options.apiKey },
    issues: [
      ...checkUrl("OPENAI_BASE_URL (baseUrl)", options.baseUrl),
      ...checkUrl("OPENAI_WS_URL (websocketUrl)", options.websocketUrl, "wss"),
      ...checkId("OPENAI_ORG_ID (organization)", options.organization),
      ...checkId("OPENAI_PROJECT_ID (project)", options.project)
    ],
    capabilities,
    settings: [options.baseUrl, options.websocketUrl, options.organization, options.project],
    call: (request: Resolved<Served>) => ({
      url: join(options.baseUrl ?? defaultUrl, "/v1/realtime/client_secrets"),
      key: options.apiKey,
      headers: {
        // The names are those of `openai` 7.57.0 (read 2026-11-21).
        "openai-organization": options.organization,
        "openai-project": options.project,
        // https://developers.openai.com/api/docs/guides/safety-checks (read 2026-11-21): the sessions carry it.
        "openai-safety-identifier": request.subject
      },
      body: {
        // Optional in the reference, and asked for in practice: `@ai-sdk/openai` 4.0.118 (read 2026-11-21).
        expires_after: { anchor: "created_at", seconds: request.ttlSeconds },
        session: { ...request.session?.config, type: types[request.purpose] }
      }
    }),
    response: Response,
    credential: ({ expires_at, value }, request) => ({
      token: value,
      expiry: { source: "vendor", at: expires_at },
      connections: connections(options, request)
    }),
    dialect
  })

/**
 * Provides OpenAI from options.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Adapter.ProviderLayer => Adapter.layer(make(options))

/**
 * Provides OpenAI from `OPENAI_API_KEY` (or `OPENAI_API_KEY_FILE`) and, where they are set, `OPENAI_BASE_URL`, `OPENAI_WS_URL`,
 * `OPENAI_ORG_ID` and `OPENAI_PROJECT_ID`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig: Adapter.ProviderLayer = Adapter.layerConfig(layer, () =>
  Effect.all({
    apiKey: KeySource.fromConfig("OPENAI_API_KEY"),
    baseUrl: Adapter.optional("OPENAI_BASE_URL"),
    websocketUrl: Adapter.optional("OPENAI_WS_URL"),
    organization: Adapter.optional("OPENAI_ORG_ID"),
    project: Adapter.optional("OPENAI_PROJECT_ID")
  })
)

/**
 * OpenAI as `Providers` takes it.
 *
 * @category adapters
 * @since 0.1.0
 */
export const adapter: Adapter.Adapter = { id: "openai", capabilities, layerConfig }
