/**
 * Ephemeral tokens of the Gemini Live API, a preview: https://ai.google.dev/gemini-api/docs/live-api/ephemeral-tokens (read 2026-11-21).
 * A token has two expiries: `ttl` for opening sessions, and `usableFor` for all use. It opens one session or any number, and can lock
 * their configuration. Two features are left out, as no other vendor has them: a number of sessions beyond one, and locks on fields
 * below the second level of a configuration. The API version is an option, since Google's clients and documents differ.
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
import type { Connections } from "@tempcred/core/Connection"
import type { SessionLock } from "@tempcred/core/MintRequest"
import { join, websocketOf } from "@tempcred/core/VendorApi"
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import { dialect } from "./Dialect.ts"

const options = {
  /** The long-lived API key of Google AI Studio, or a source of keys. */
  apiKey: Adapter.key("GEMINI_API_KEY"),
  /** The API and its WebSocket, without the version. @default "https://generativelanguage.googleapis.com" */
  baseUrl: Adapter.url("GOOGLE_GEMINI_BASE_URL"),
  /**
   * The API version that mints tokens and opens sessions: `"v1alpha"`, which Google's clients use, or `"v1beta"`, which its documents
   * name since 2026-09-17. In `"v1beta"`, the whole configuration is locked. @default "v1alpha"
   */
  apiVersion: Adapter.text("GEMINI_API_VERSION", ["v1alpha", "v1beta"])
}

/**
 * The options of the adapter.
 *
 * @category models
 * @since 0.1.0
 */
export type Options = Adapter.OptionsOf<typeof options>

/** Both expiries must be less than 20 hours away by Google's clock. Ours may be ahead of it, so the last hour is left out. */
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
  }) satisfies Capabilities

type Session = NonNullable<Resolved["session"]>

const isObject = Schema.is(Schema.Record(Schema.String, Schema.Json))

/** Names the fields of a configuration, to the second level, as `@google/genai` 3.1.0 (read 2026-11-21) does. */
const fieldMask = (config: Readonly<Record<string, unknown>>): string =>
  Object.entries(config)
    .flatMap(([name, value]) => {
      const inner = isObject(value) ? Object.keys(value) : []
      return inner.length === 0 ? [name] : inner.map((field) => `${name}.${field}`)
    })
    .join()

/** Writes a configuration for `v1alpha`. Without a mask it would lock everything, so an empty one with the lock `"given"` is left out. */
const setup = ({ config, lock }: Session) => {
  const mask = lock === "all" ? undefined : fieldMask(config)
  return mask === "" ? {} : { bidiGenerateContentSetup: config, fieldMask: mask }
}

/** Writes a configuration for `v1beta`. The page of 2026-09-17 (read 2026-11-30) puts the fields of `generationConfig` beside the others. */
const constraints = ({ config: { generationConfig, model, ...rest } }: Session) => {
  const generation: Readonly<Record<string, Schema.Json>> = isObject(generationConfig) ? generationConfig : {}
  return { liveConnectConstraints: { model, config: { ...generation, ...rest } } }
}

const place = ({ apiVersion = "v1alpha", baseUrl = "https://generativelanguage.googleapis.com" }: Options) => ({
  base: baseUrl,
  version: apiVersion
})

/** Header and parameter are both on the page about tokens. Long-lived keys use another path. */
const connections = (base: string, version: string): Connections => {
  const path = `/ws/google.ai.generativelanguage.${version}.GenerativeService.BidiGenerateContentConstrained`
  const websocket = { kind: "websocket", url: join(websocketOf(base), path) } as const
  return [
    { ...websocket, where: "server", placement: { in: "header", name: "Authorization", value: "Token {token}" } },
    { ...websocket, where: "anywhere", placement: { in: "query", name: "access_token", value: "{token}" } }
  ]
}

/** The expiries are input only, so no response states them: `@google/genai` 3.1.0 (read 2026-11-21). */
const Response = Schema.Struct({ name: Schema.RedactedFromValue(Schema.NonEmptyString) })

const vendor = Adapter.make({
  id: "gemini",
  options,
  capabilities: capabilitiesWith(["given", "all"]),
  served: ({ apiVersion }) => capabilitiesWith(apiVersion === "v1beta" ? ["all"] : ["given", "all"]),
  call: ({ session, singleUse, ttlSeconds, usableForSeconds }, { now, options: given }) => {
    const { base, version } = place(given)
    const from = (seconds: number) => DateTime.formatIso(DateTime.add(now, { seconds }))
    return {
      url: join(base, `/${version}/auth_tokens`),
      keyHeader: { name: "x-goog-api-key", prefix: "" },
      body: {
        uses: singleUse ? 1 : 0,
        newSessionExpireTime: from(ttlSeconds),
        expireTime: usableForSeconds && from(usableForSeconds),
        ...(session && (version === "v1beta" ? constraints(session) : setup(session)))
      }
    }
  },
  response: Response,
  credential: ({ name }, _, { options: given }) => {
    const { base, version } = place(given)
    return { token: name, expiry: { source: "request", told: "moment" }, connections: connections(base, version) }
  },
  dialect
})

/**
 * Provides Gemini from options.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: (options: Options) => Adapter.ProviderLayer = vendor.layer

/**
 * Provides Gemini from environment variables: `GEMINI_API_KEY` or `GEMINI_API_KEY_FILE`, and those of the other options.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig: Adapter.ProviderLayer = Adapter.layerConfig(vendor)

/**
 * The adapter for `Providers`. In `"v1beta"`, it has no session lock but `"all"`.
 *
 * @category adapters
 * @since 0.1.0
 */
export const adapter = Adapter.withConfig(vendor)
