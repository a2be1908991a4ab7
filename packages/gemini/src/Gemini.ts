/**
 * Ephemeral tokens of the Gemini Live API: https://ai.google.dev/gemini-api/docs/live-api/ephemeral-tokens (read 2026-11-21), which are a preview. A token has two
 * ends, one for opening sessions (`ttl`) and one for all use (`usableFor`); it opens one session or any number, and may hold them to a configuration.
 * A number of sessions beyond one, and locks on fields below the second level of a configuration, are left out: a request has only fields that mean
 * the same for every vendor, and no other vendor here has these. The API version is an option: Google's clients and its documents differ.
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
import type { Capabilities, Capability, Resolved } from "@tempcred/core/Capabilities"
import { checkOneOf, checkUrl } from "@tempcred/core/ConfigurationError"
import type { Connections } from "@tempcred/core/Connection"
import * as KeySource from "@tempcred/core/KeySource"
import type { SessionLock } from "@tempcred/core/MintRequest"
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
  /** The API, without its version; its WebSocket is at the same place. @default "https://generativelanguage.googleapis.com" */
  readonly baseUrl?: string | undefined
  /**
   * The API version that mints tokens and opens sessions: `"v1alpha"`, which Google's clients use, or `"v1beta"`, which its documents name since
   * 2026-09-17. In `"v1beta"` a configuration is locked as a whole. @default "v1alpha"
   */
  readonly apiVersion?: string | undefined
}

const versions = ["v1alpha", "v1beta"]

/** The ends are input only, so no reply tells them: `@google/genai` 3.1.0 (read 2026-11-21). */
const Response = Schema.Struct({ name: Schema.RedactedFromValue(Schema.NonEmptyString) })

/** Both ends must be less than 20 hours away by Google's clock, which ours may be ahead of: the last hour is left out. */
const longest = 19 * 3600

const capabilitiesWith = (sessionLocks: ReadonlyArray<SessionLock>) =>
  ({
    realtime: {
      // Defaults of `@google/genai` 3.1.0 (read 2026-11-21).
      ttlSeconds: { min: 1, max: longest, default: 60 },
      usableForSeconds: { min: 1, max: longest, default: 1800 },
      singleUse: true,
      sessionLocks,
      subject: { effect: "ignored" },
      regions: [],
      mintingHasSideEffects: false,
      needed: "connect"
    }
  }) as const satisfies Capabilities

/**
 * What the Gemini Live API can do in `"v1alpha"`; in `"v1beta"` it has no lock but `"all"`.
 *
 * @category constants
 * @since 0.1.0
 */
export const capabilities: Readonly<Record<"realtime", Capability>> = capabilitiesWith(["given", "all"])

type Served = keyof typeof capabilities

type Session = NonNullable<Resolved["session"]>

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
const setup = ({ config, lock }: Session) => {
  const mask = lock === "all" ? undefined : fieldMask(config)
  return mask === "" ? {} : { bidiGenerateContentSetup: config, fieldMask: mask }
}

/** The page of 2026-09-17 (read 2026-11-30) writes the fields of `generationConfig` beside the others. */
const constraints = ({ config: { generationConfig, model, ...rest } }: Session) => {
  const generation: Readonly<Record<string, Schema.Json>> = isObject(generationConfig) ? generationConfig : {}
  return { liveConnectConstraints: { model, config: { ...generation, ...rest } } }
}

const defaultUrl = "https://generativelanguage.googleapis.com"

/** Header and parameter are both on the page about tokens; a long-lived key has another path. */
const connections = (base: string, version: string): Connections => {
  const path = `/ws/google.ai.generativelanguage.${version}.GenerativeService.BidiGenerateContentConstrained`
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
  const { apiVersion: version = "v1alpha", baseUrl: base = defaultUrl } = options
  const locked = version === "v1beta" ? constraints : setup
  return Adapter.make({
    provider: "gemini",
    keys: { "GEMINI_API_KEY (apiKey)": options.apiKey },
    issues: [
      ...checkUrl("GOOGLE_GEMINI_BASE_URL (baseUrl)", options.baseUrl),
      ...checkOneOf("GEMINI_API_VERSION (apiVersion)", version, versions)
    ],
    capabilities: version === "v1beta" ? capabilitiesWith(["all"]) : capabilities,
    settings: [options.baseUrl, version],
    call: ({ session, singleUse, ttlSeconds, usableForSeconds }: Resolved<Served>, { now }) => {
      const from = (seconds: number) => DateTime.formatIso(DateTime.add(now, { seconds }))
      return {
        url: join(base, `/${version}/auth_tokens`),
        key: options.apiKey,
        keyHeader: { name: "x-goog-api-key", prefix: "" },
        body: {
          uses: singleUse ? 1 : 0,
          newSessionExpireTime: from(ttlSeconds),
          expireTime: usableForSeconds && from(usableForSeconds),
          ...(session && locked(session))
        }
      }
    },
    response: Response,
    credential: ({ name }) => ({
      token: name,
      expiry: { source: "request", told: "moment" },
      connections: connections(base, version)
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
 * Provides Gemini from `GEMINI_API_KEY` (or `GEMINI_API_KEY_FILE`) and, where they are set, `GOOGLE_GEMINI_BASE_URL` and
 * `GEMINI_API_VERSION`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig: Adapter.ProviderLayer = Adapter.layerConfig(layer, () =>
  Effect.all({
    apiKey: KeySource.fromConfig("GEMINI_API_KEY"),
    baseUrl: Adapter.optional("GOOGLE_GEMINI_BASE_URL"),
    apiVersion: Adapter.optional("GEMINI_API_VERSION")
  })
)

/**
 * Gemini as `Providers` takes it.
 *
 * @category adapters
 * @since 0.1.0
 */
export const adapter: Adapter.Adapter = { id: "gemini", capabilities, layerConfig }
