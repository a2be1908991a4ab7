/**
 * The one error of the library: which provider failed, and one of nine reasons. An error holds no request, response, header,
 * body or cause, so it can be logged as it is; `detail` is the vendor's own sentence, cut and with every known secret removed.
 *
 * ```ts
 * import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
 * import { layerFetch } from "@tempcred/core/Transport"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 *
 * const outcome = TempCredentialProvider.use((provider) => provider.mint({ purpose: "agent" })).pipe(
 *   Effect.catchReason("TempCredentialError", "UnsupportedError", (reason) => Effect.succeed(reason.feature)),
 *   Effect.provide(Soniox.layer({ apiKey: Redacted.make("key") })),
 *   Effect.provide(layerFetch)
 * )
 * console.log(await Effect.runPromise(outcome)) // => purpose
 * ```
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

/**
 * One field of a request that was refused, by its portable name where it has one.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Issue = Schema.Struct({ field: Schema.String, message: Schema.String })

/**
 * One field of a request that was refused, and why.
 *
 * @category models
 * @since 0.1.0
 */
export type Issue = typeof Issue.Type

/**
 * What of a request a vendor may be unable to serve or to enforce.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Feature = Schema.Literals([
  "purpose",
  "ttl",
  "singleUse",
  "maxSession",
  "usableFor",
  "session",
  "subject",
  "region"
])

/**
 * The name of something that a vendor may be unable to serve or to enforce.
 *
 * @category models
 * @since 0.1.0
 */
export type Feature = typeof Feature.Type

const common = {
  status: Schema.optionalKey(Schema.Int),
  code: Schema.optionalKey(Schema.String),
  requestId: Schema.optionalKey(Schema.String),
  retryAfter: Schema.optionalKey(Schema.Duration),
  detail: Schema.optionalKey(Schema.String)
}

/**
 * What every reason may carry: HTTP status, the vendor's code and request id, how long to wait (at most an hour), and its sentence (at most 300 characters, no secrets).
 *
 * @category models
 * @since 0.1.0
 */
export type Fields = Schema.Struct<typeof common>["Type"]

const sentence = (summary: string, fields: Fields, detail: string = fields.detail ?? ""): string => {
  const { code, requestId, retryAfter, status } = fields
  const known = [
    status === undefined ? [] : `status ${status}`,
    code === undefined || code === String(status) ? [] : code,
    requestId === undefined ? [] : `request ${requestId}`,
    retryAfter === undefined ? [] : `retry after ${Duration.format(retryAfter)}`
  ].flat()
  return summary + (known.length === 0 ? "" : ` (${known.join(", ")})`) + (detail === "" ? "" : `: ${detail}`)
}

/**
 * The request is malformed, by our own check (no `status`) or by the vendor's (400, 422 and the like); `issues` names the fields.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidRequestError extends Schema.TaggedError<InvalidRequestError>()("InvalidRequestError", {
  ...common,
  issues: Schema.Array(Issue)
}) {
  /** Whether the same call may succeed later. */
  get isRetryable(): boolean {
    return false
  }
  override get message(): string {
    const issues = this.issues.map(({ field, message }) => `${field}: ${message}`).join("; ")
    // Issues say field by field what the vendor's sentence says at once.
    return issues === ""
      ? sentence("the request was refused", this)
      : sentence(`the request is invalid: ${issues}`, this, "")
  }
}

/**
 * The vendor cannot serve or enforce what was asked; `feature` names it, and nothing was sent.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnsupportedError extends Schema.TaggedError<UnsupportedError>()("UnsupportedError", {
  ...common,
  feature: Feature
}) {
  /** Whether the same call may succeed later. */
  get isRetryable(): boolean {
    return false
  }
  override get message(): string {
    return sentence(`${this.feature} is not supported as asked`, this)
  }
}

/**
 * The long-lived key is refused (401, and what a vendor uses instead).
 *
 * @category errors
 * @since 0.1.0
 */
export class AuthenticationError extends Schema.TaggedError<AuthenticationError>()("AuthenticationError", common) {
  /** Whether the same call may succeed later. */
  get isRetryable(): boolean {
    return false
  }
  override get message(): string {
    return sentence("the vendor refused the long-lived key", this)
  }
}

/**
 * The key is good, but not allowed to do this (403).
 *
 * @category errors
 * @since 0.1.0
 */
export class PermissionError extends Schema.TaggedError<PermissionError>()("PermissionError", common) {
  /** Whether the same call may succeed later. */
  get isRetryable(): boolean {
    return false
  }
  override get message(): string {
    return sentence("the long-lived key is not allowed to do this", this)
  }
}

/**
 * A balance, budget or quota is used up that only time or money lifts (402).
 *
 * @category errors
 * @since 0.1.0
 */
export class QuotaError extends Schema.TaggedError<QuotaError>()("QuotaError", common) {
  /** Whether the same call may succeed soon. */
  get isRetryable(): boolean {
    return false
  }
  override get message(): string {
    return sentence("a balance, budget or quota is used up", this)
  }
}

/**
 * Too many requests (429); `retryAfter` where the vendor says how long.
 *
 * @category errors
 * @since 0.1.0
 */
export class RateLimitError extends Schema.TaggedError<RateLimitError>()("RateLimitError", common) {
  /** Whether the same call may succeed later. */
  get isRetryable(): boolean {
    return true
  }
  override get message(): string {
    return sentence("too many requests", this)
  }
}

/**
 * The vendor is there but cannot answer now (408, 425 and 5xx).
 *
 * @category errors
 * @since 0.1.0
 */
export class UnavailableError extends Schema.TaggedError<UnavailableError>()("UnavailableError", common) {
  /** Whether the same call may succeed later. */
  get isRetryable(): boolean {
    return true
  }
  override get message(): string {
    return sentence("the vendor is unavailable", this)
  }
}

/**
 * No whole answer came: name resolution, refused, reset, TLS, timed out, or cut off in the body.
 *
 * @category errors
 * @since 0.1.0
 */
export class TransportError extends Schema.TaggedError<TransportError>()("TransportError", {
  ...common,
  timedOut: Schema.Boolean
}) {
  /** Whether the same call may succeed later. */
  get isRetryable(): boolean {
    return true
  }
  override get message(): string {
    return sentence(this.timedOut ? "no answer in time" : "no whole answer from the vendor", this)
  }
}

/**
 * An answer that cannot be read: another shape, not JSON, over 64 KiB, a redirect, expired on arrival. A retry would mint again.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidResponseError extends Schema.TaggedError<InvalidResponseError>()("InvalidResponseError", common) {
  /** Whether the same call may succeed later. */
  get isRetryable(): boolean {
    return false
  }
  override get message(): string {
    return sentence("the vendor's answer cannot be read", this)
  }
}

/**
 * The schema of a reason.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Reason = Schema.Union([
  InvalidRequestError,
  UnsupportedError,
  AuthenticationError,
  PermissionError,
  QuotaError,
  RateLimitError,
  UnavailableError,
  TransportError,
  InvalidResponseError
])

/**
 * Why a provider failed: one of nine, told apart by `_tag`.
 *
 * @category models
 * @since 0.1.0
 */
export type Reason = typeof Reason.Type

/**
 * A provider failed for a reason. `Effect.catchReason("TempCredentialError", "RateLimitError", …)` handles one of them. Where several were to serve
 * and none did, `failures` lists them in their order, and provider and reason are those of the one that may serve soonest.
 *
 * @category errors
 * @since 0.1.0
 */
export class TempCredentialError extends Schema.TaggedError<TempCredentialError>()("TempCredentialError", {
  provider: Schema.String,
  reason: Reason,
  failures: Schema.optionalKey(Schema.Array(Schema.Struct({ provider: Schema.String, reason: Reason })))
}) {
  /** Whether the same call may succeed later. */
  get isRetryable(): boolean {
    return this.reason.isRetryable
  }
  /** How long the vendor asks to wait, where it says so: at most an hour. */
  get retryAfter(): Duration.Duration | undefined {
    return this.reason.retryAfter
  }
  override get message(): string {
    const { failures = [this] } = this
    return failures.map(({ provider, reason }) => `${provider}: ${reason.message}`).join("; ")
  }
}
