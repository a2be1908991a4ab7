/**
 * A token endpoint as a provider, for Effect programs without a vendor's key. The endpoint mints. Errors have the
 * reasons that the endpoint states, and credentials name their vendor. For cookies in place of a bearer token, use the
 * plain door.
 *
 * ```ts
 * import * as Endpoint from "@tempcred/client/effect"
 * import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
 * import { Transport } from "@tempcred/core/Transport"
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 *
 * const layer = Endpoint.layer({ url: "https://app.example/v1/credentials", apiKey: Redacted.make("of-the-app") })
 * const program = TempCredentialProvider.use((provider) => provider.mint({ purpose: "agent", ttl: "2 days" })).pipe(
 *   Effect.provide(layer),
 *   Effect.provide(Transport.layer)
 * )
 * const error = await Effect.runPromise(Effect.flip(program))
 * console.log(error.message)
 * // => endpoint: ttl is not supported as requested: ttl is 172800 seconds; allowed: 1 to 86400 seconds
 * ```
 *
 * @since 0.1.0
 */

import * as Adapter from "@tempcred/core/Adapter"
import type { Capabilities, Capability } from "@tempcred/core/Capabilities"
import { Json } from "@tempcred/core/TempCredential"
import { Feature, Issue } from "@tempcred/core/TempCredentialError"
import type { MintOptions } from "@tempcred/core/TempCredentialProvider"
import * as VendorApi from "@tempcred/core/VendorApi"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { reporting } from "./Refusals.ts"

const isCapabilities = (value: unknown): value is Capabilities => Predicate.isObject(value)

const options = {
  /** The URL of the endpoint's mint route. */
  url: Adapter.required(Adapter.url("TEMPCRED_ENDPOINT_URL")),
  /** The bearer token that authenticates to the endpoint, or a source of it: `KeySource.fromEffect` for one that changes. */
  apiKey: Adapter.key("TEMPCRED_ENDPOINT_API_KEY"),
  /** The capabilities of the endpoint, such as those of the vendor behind it. @default capabilities */
  capabilities: Adapter.value(isCapabilities, () => undefined)
}

/**
 * The options of the adapter.
 *
 * @category models
 * @since 0.1.0
 */
export type Options = Adapter.OptionsOf<typeof options>

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

const vendor = Adapter.make({
  id: "endpoint",
  options,
  capabilities,
  served: (given) => carried(given.capabilities ?? capabilities),
  call: (request, { asked, mintOptions, options: { url } }) => ({
    url,
    body: {
      purpose: request.purpose,
      ttlSeconds: asked.ttl === undefined ? undefined : request.ttlSeconds,
      singleUse: asked.singleUse === true && request.singleUse ? true : undefined,
      maxSessionSeconds: request.maxSessionSeconds,
      region: request.region,
      minRemainingSeconds: wholeSeconds(mintOptions.minRemaining),
      refused: mintOptions.refused
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
  dialect,
  wrap: reporting
})

/**
 * Provides a token endpoint from options.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: (options: Options) => Adapter.ProviderLayer = vendor.layer

/**
 * Provides the token endpoint from environment variables: `TEMPCRED_ENDPOINT_URL`, and `TEMPCRED_ENDPOINT_API_KEY` or
 * `TEMPCRED_ENDPOINT_API_KEY_FILE`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig: Adapter.ProviderLayer = Adapter.layerConfig(vendor)

/**
 * The adapter for `Providers`. It forwards `minRemaining` and `refused` to the endpoint, and `invalidate` reports with the next
 * mint of the credential's scope. `singleUse: "preferred"` is left to the endpoint, and listed in `relaxed` when the credential is
 * good for many uses. `onUnsupported: "relax"` does not reach the endpoint, which refuses unsupported requests.
 *
 * @category adapters
 * @since 0.1.0
 */
export const adapter = Adapter.withConfig(vendor)
