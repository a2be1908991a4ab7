/**
 * Ephemeral tokens of the Gemini Live API: https://ai.google.dev/gemini-api/docs/live-api/ephemeral-tokens (read 2026-11-21), which are a preview. A token has two
 * ends, one for opening sessions (`ttl`) and one for all use (`usableFor`); it opens one session or any number, and may hold them to a configuration.
 * A number of sessions beyond one, and locks on fields below the second level of a configuration, are left out: a request has only fields that mean
 * the same for every vendor, and no other vendor here has these.
 *
 * ```ts
 * import * as Minter from "@tempcred/core/Minter"
 * import * as Gemini from "@tempcred/gemini/Gemini"
 *
 * const minter = Minter.make(Gemini.layerConfig)
 * const session = { config: { model: "models/gemini-live-2.5-flash-preview" }, lock: "given" } as const
 * const credential = await minter.mint({ purpose: "realtime", singleUse: true, usableFor: "1 hour", session })
 * console.log(credential.uses, credential.sessionLock) // => once given
 * await minter.close()
 * ```
 *
 * @since 0.1.0
 */
import * as Adapter from "@tempcred/core/Adapter"
import type { Capabilities, Resolved } from "@tempcred/core/Capabilities"
import { checkUrl } from "@tempcred/core/ConfigurationError"
import type { Connections } from "@tempcred/core/Connection"
import * as KeySource from "@tempcred/core/KeySource"
import { join, websocketOf } from "@tempcred/core/VendorApi"
import * as DateTime from "effect/DateTime"
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
  /** The long-lived API key of Google AI Studio, or a source of keys. */
  readonly apiKey: Redacted.Redacted | KeySource.KeySource
  /** The API, without `/v1alpha`; its WebSocket is at the same place. @default "https://generativelanguage.googleapis.com" */
  readonly baseUrl?: string | undefined
}

/** The ends are input only, so no reply tells them: `@google/genai` 3.1.0 (read 2026-11-21). */
const Response = Schema.Struct({ name: Schema.RedactedFromValue(Schema.NonEmptyString) })

/** Both ends must be less than 20 hours away by Google's clock, which ours may be ahead of: the last hour is left out. */
const longest = 19 * 3600

/**
 * What the Gemini Live API can do.
 *
 * @category constants
 * @since 0.1.0
 */
export const capabilities = {
  realtime: {
    // Defaults of `@google/genai` 3.1.0 (read 2026-11-21).
    ttlSeconds: { min: 1, max: longest, default: 60 },
    usableForSeconds: { min: 1, max: longest, default: 1800 },
    singleUse: true,
    sessionLocks: ["given", "all"],
    subject: { effect: "ignored" },
    regions: [],
    mintingHasSideEffects: false,
    needed: "connect"
  }
} as const satisfies Capabilities

type Served = keyof typeof capabilities

const isObject = Schema.is(Schema.Record(Schema.String, Schema.Json))

/** The fields that a configuration gives, to the second level, as `@google/genai` 3.1.0 (read 2026-11-21) names them. */
const fieldMask = (config: Readonly<Record<string, unknown>>): string =>
  Object.entries(config)
    .flatMap(([name, value]) => {
      const inner = isObject(value) ? Object.keys(value) : []
      return inner.length === 0 ? [name] : inner.map((field) => `${name}.${field}`)
    })
    .join()

/** A configuration without a mask locks everything, so one that gives nothing and locks what it gives is left out. */
const locked = (session: Resolved["session"]) => {
  if (session === undefined) return {}
  const mask = session.lock === "all" ? undefined : fieldMask(session.config)
  return mask === "" ? {} : { bidiGenerateContentSetup: session.config, fieldMask: mask }
}

const defaultUrl = "https://generativelanguage.googleapis.com"

// https://ai.google.dev/gemini-api/docs/live-api/get-started-websocket (read 2026-11-21): a long-lived key has another path.
const path = "/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateContentConstrained"

/** Header and parameter are both on the page about tokens. */
const connections = (base: string): Connections => {
  const websocket = { kind: "websocket", url: join(websocketOf(base), path) } as const
  return [
    { ...websocket, where: "server", placement: { in: "header", name: "Authorization", value: "Token {token}" } },
    { ...websocket, where: "anywhere", placement: { in: "query", name: "access_token", value: "{token}" } }
  ]
}

/**
 * Makes the provider; its requirements are the transport and the retry policy at hand.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options): Adapter.Making => {
  const base = options.baseUrl ?? defaultUrl
  return Adapter.make({
    provider: "gemini",
    keys: { "GEMINI_API_KEY (apiKey)": options.apiKey },
    issues: checkUrl("GOOGLE_GEMINI_BASE_URL (baseUrl)", options.baseUrl),
    capabilities,
    settings: [options.baseUrl],
    call: ({ session, singleUse, ttlSeconds, usableForSeconds }: Resolved<Served>, { now }) => {
      const from = (seconds: number) => DateTime.formatIso(DateTime.add(now, { seconds }))
      return {
        url: join(base, "/v1alpha/auth_tokens"),
        key: options.apiKey,
        keyHeader: { name: "x-goog-api-key", prefix: "" },
        body: {
          uses: singleUse ? 1 : 0,
          newSessionExpireTime: from(ttlSeconds),
          expireTime: usableForSeconds && from(usableForSeconds),
          ...locked(session)
        }
      }
    },
    response: Response,
    credential: ({ name }) => ({
      token: name,
      expiry: { source: "request", told: "moment" },
      connections: connections(base)
    }),
    dialect
  })
}

/**
 * Provides Gemini from options.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Adapter.ProviderLayer => Adapter.layer(make(options))

/**
 * Provides Gemini from `GEMINI_API_KEY` (or `GEMINI_API_KEY_FILE`) and, where it is set, `GOOGLE_GEMINI_BASE_URL`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig: Adapter.ProviderLayer = Adapter.layerConfig(layer, () =>
  Effect.all({
    apiKey: KeySource.fromConfig("GEMINI_API_KEY"),
    baseUrl: Adapter.optional("GOOGLE_GEMINI_BASE_URL")
  })
)

/**
 * Gemini as `Providers` takes it.
 *
 * @category adapters
 * @since 0.1.0
 */
export const adapter: Adapter.Descriptor = { id: "gemini", capabilities, layerConfig }
