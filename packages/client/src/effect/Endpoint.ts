/**
 * A token endpoint as a provider, for Effect programs without a vendor's key. The endpoint mints. Errors have the
 * reasons that the endpoint states, and credentials name their vendor. For cookies in place of a bearer token, use the
 * plain door.
 *
 * ```ts
 * import * as Endpoint from "@tempcred/client/effect"
 * import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
 * import { layerFetch } from "@tempcred/core/Transport"
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 *
 * const layer = Endpoint.layer({ url: "https://app.example/v1/credentials", apiKey: Redacted.make("of-the-app") })
 * const program = TempCredentialProvider.use((provider) => provider.mint({ purpose: "agent", ttl: "2 days" })).pipe(
 *   Effect.provide(layer),
 *   Effect.provide(layerFetch)
 * )
 * const error = await Effect.runPromise(Effect.flip(program))
 * console.log(error.message)
 * // => endpoint: ttl is not supported as asked: ttl is 172800 seconds; allowed are 1 to 86400 seconds
 * ```
 *
 * @since 0.1.0
 */
import * as Adapter from "@tempcred/core/Adapter"
import type { Capabilities, Capability } from "@tempcred/core/Capabilities"
import { checkUrl } from "@tempcred/core/ConfigurationError"
import * as Environment from "@tempcred/core/Environment"
import * as KeySource from "@tempcred/core/KeySource"
import { Json } from "@tempcred/core/TempCredential"
import { Feature, Issue } from "@tempcred/core/TempCredentialError"
import type { MintOptions } from "@tempcred/core/TempCredentialProvider"
import * as VendorApi from "@tempcred/core/VendorApi"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { reporting } from "./Refusals.ts"

/**
 * Options of an app.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The whole URL of the endpoint's mint route. */
  readonly url: string
  /**
   * The bearer token that identifies the caller to the endpoint, or a source of it: `KeySource.fromEffect` for one that
   * changes.
   */
  readonly apiKey: Redacted.Redacted | KeySource.KeySource
  /** The capabilities of the endpoint, such as those of the vendor behind it. @default capabilities */
  readonly capabilities?: Capabilities | undefined
}

const capability: Capability = {
  ttlSeconds: { min: 1, max: 86_400, default: 60 },
  singleUse: true,
  maxSessionSeconds: { min: 1, max: 86_400 },
  subject: { effect: "ignored" },
  regions: ["eu", "us", "au", "jp", "in"],
  mintingHasSideEffects: false,
  needed: "every-request"
}

/**
 * The capabilities of an unknown endpoint: all purposes, up to a day, and the regions with portable names. The endpoint
 * itself refuses what it does not support. A subject is ignored, as the endpoint knows the caller.
 *
 * @category constants
 * @since 0.1.0
 */
export const capabilities: Capabilities = {
  "stt.realtime": capability,
  "stt.batch": capability,
  "tts.realtime": capability,
  "tts.batch": capability,
  // A mint may begin a conversation at the vendor behind the endpoint.
  agent: { ...capability, mintingHasSideEffects: true },
  realtime: capability
}

const { connections, maxSessionSeconds, provider, purpose, region, relaxed, sessionLock, subject, uses } = Json.fields

const Response = Schema.Struct({
  connections,
  maxSessionSeconds,
  provider,
  purpose,
  region,
  relaxed,
  sessionLock,
  subject,
  uses,
  token: Schema.RedactedFromValue(Schema.NonEmptyString),
  issuedAt: Schema.DateTimeUtcFromString,
  expiresAt: Schema.DateTimeUtcFromString,
  usableUntil: Schema.optionalKey(Schema.DateTimeUtcFromString)
})

/** An endpoint, or a proxy before it, may send fewer or more fields than a problem has. */
const Failure = Schema.Struct({
  reason: Schema.optionalKey(VendorApi.lenient(Schema.String)),
  detail: Schema.optionalKey(VendorApi.lenient(Schema.String)),
  requestId: Schema.optionalKey(VendorApi.lenient(Schema.String)),
  feature: Schema.optionalKey(VendorApi.lenient(Feature)),
  issues: Schema.optionalKey(VendorApi.lenient(Schema.Array(Issue)))
})

const dialect: VendorApi.Dialect<typeof Failure.Type> = {
  failure: Failure,
  read: ({ detail, issues = [], reason, ...told }) => {
    // A `PermissionError` has no issues, so its message names what the policy does not allow.
    const forbidden = reason === "ForbiddenError" ? issues.map(({ field, message }) => `${field}: ${message}`) : []
    return {
      ...told,
      code: reason,
      issues,
      detail: [...(detail === undefined ? [] : [detail]), ...forbidden].join("; ")
    }
  },
  // 401 is about the caller, and 403 about the policy.
  codes: {
    InvalidRequestError: ["InvalidRequestError"],
    UnsupportedError: ["UnsupportedError"],
    AuthenticationError: ["AuthenticationError"],
    PermissionError: ["PermissionError"],
    QuotaError: ["QuotaError"],
    RateLimitError: ["RateLimitError"],
    UnavailableError: ["UnavailableError"],
    TransportError: ["TransportError"],
    InvalidResponseError: ["InvalidResponseError"]
  },
  fields: { ttlSeconds: "ttl", maxSessionSeconds: "maxSession" }
}

/** Removes the features that the endpoint's protocol cannot express. */
const carried = (all: Capabilities): Capabilities =>
  Object.fromEntries(
    Object.entries(all).map(([served, one]) => [
      served,
      { ...one, sessionLocks: undefined, usableForSeconds: undefined }
    ])
  )

/** Rounds up to whole seconds, of which the endpoint accepts 1 or more. */
const wholeSeconds = (length: MintOptions["minRemaining"]): number | undefined => {
  const seconds = Math.ceil(
    Option.match(Option.flatMap(Option.fromUndefinedOr(length), Duration.fromInput), {
      onNone: () => 0,
      onSome: Duration.toSeconds
    })
  )
  return seconds > 0 && Number.isSafeInteger(seconds) ? seconds : undefined
}

/**
 * Makes the provider; it needs a transport and a retry policy. It sends `minRemaining` and `refused` to the endpoint;
 * `invalidate` is reported with the next mint of the credential's scope. `singleUse: "preferred"` lets the endpoint
 * decide, and is listed in `relaxed` if the credential has many uses. `onUnsupported: "relax"` is not sent; the
 * endpoint refuses what it lacks.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options): Adapter.Making => Effect.map(asking(options), reporting)

const asking = (options: Options): Adapter.Making =>
  Adapter.make({
    provider: "endpoint",
    keys: { "TEMPCRED_ENDPOINT_API_KEY (apiKey)": options.apiKey },
    issues: checkUrl("TEMPCRED_ENDPOINT_URL (url)", options.url),
    capabilities: carried(options.capabilities ?? capabilities),
    settings: [options.url],
    call: (request, { asked, options: accepted }) => ({
      url: options.url,
      key: options.apiKey,
      body: {
        purpose: request.purpose,
        ttlSeconds: asked.ttl === undefined ? undefined : request.ttlSeconds,
        singleUse: asked.singleUse === true && request.singleUse ? true : undefined,
        maxSessionSeconds: request.maxSessionSeconds,
        region: request.region,
        minRemainingSeconds: wholeSeconds(accepted.minRemaining),
        refused: accepted.refused
      }
    }),
    response: Response,
    credential: ({ connections: ways, expiresAt, issuedAt, maxSessionSeconds: limit, token, ...stated }) => ({
      token,
      expiry: { source: "vendor", at: expiresAt },
      connections: ways,
      terms: {
        ...stated,
        life: DateTime.distance(issuedAt, expiresAt),
        ...(limit === undefined ? {} : { maxSession: Duration.seconds(limit) })
      }
    }),
    dialect
  })

/**
 * Provides a token endpoint from options.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Adapter.ProviderLayer => Adapter.layer(make(options))

/**
 * Provides the token endpoint at `TEMPCRED_ENDPOINT_URL` with the bearer in `TEMPCRED_ENDPOINT_API_KEY` (or the file that `TEMPCRED_ENDPOINT_API_KEY_FILE`
 * names).
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig: Adapter.ProviderLayer = Adapter.layerConfig(layer, () =>
  Effect.all({
    url: Environment.required("TEMPCRED_ENDPOINT_URL", Environment.text),
    apiKey: KeySource.fromConfig("TEMPCRED_ENDPOINT_API_KEY")
  })
)

/**
 * A token endpoint as an adapter for `Providers`.
 *
 * @category adapters
 * @since 0.1.0
 */
export const adapter: Adapter.Adapter = { id: "endpoint", capabilities, layerConfig }
