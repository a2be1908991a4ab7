/**
 * The error of a failed mint: the provider and one of nine reasons. It contains no request, response, header,
 * body or cause, and can be logged as it is. `detail` is the vendor's message, shortened and without secrets.
 *
 * ```ts
 * import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
 * import { Transport } from "@tempcred/core/Transport"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 *
 * const outcome = TempCredentialProvider.use((provider) => provider.mint({ purpose: "agent" })).pipe(
 *   Effect.catchReason("TempCredentialError", "UnsupportedError", (reason) => Effect.succeed(reason.feature)),
 *   Effect.provide(Soniox.layer({ apiKey: Redacted.make("key") })),
 *   Effect.provide(Transport.layer)
 * )
 * console.log(await Effect.runPromise(outcome)) // => purpose
 * ```
 *
 * @since 0.1.0
 */

import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

/**
 * Schema of an `Issue`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Issue = Schema.Struct({ field: Schema.String, message: Schema.String })

/**
 * A refused field of a request, by its portable name if it has one, and the reason.
 *
 * @category models
 * @since 0.1.0
 */
export type Issue = typeof Issue.Type

/**
 * Schema of a `Feature`.
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
 * A part of a request that a vendor may not support.
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

/** The fields of every reason. `retryAfter` is at most an hour; `detail` is the vendor's message without secrets. */
type Fields = Schema.Struct<typeof common>["Type"]

const sentence = (summary: string, fields: Fields, detail: string = fields.detail ?? ""): string => {
  const { code, requestId, retryAfter, status } = fields
  const known = [
    status === undefined ? [] : `status ${status}`,
    code === undefined || code === String(status) ? [] : code,
    requestId === undefined ? [] : `request ${requestId}`,
    retryAfter === undefined
      ? []
      : `retry after ${Duration.format(Duration.millis(Math.ceil(Duration.toMillis(retryAfter))))}`
  ].flat()
  return summary + (known.length === 0 ? "" : ` (${known.join(", ")})`) + (detail === "" ? "" : `: ${detail}`)
}

/**
 * The request is invalid, by this library's check (no `status`) or the vendor's (400, 422 and similar).
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidRequestError extends Schema.TaggedError<InvalidRequestError>()("InvalidRequestError", {
  ...common,
  issues: Schema.Array(Issue)
}) {
  /** Tells whether a later attempt may succeed. */
  get isRetryable(): boolean {
    return false
  }
  override get message(): string {
    const issues = this.issues.map(({ field, message }) => `${field}: ${message}`).join("; ")
    // The issues replace the vendor's message, because both say the same.
    return issues === ""
      ? sentence("the request was refused", this)
      : sentence(`the request is invalid: ${issues}`, this, "")
  }
}

/**
 * The vendor does not support a part of the request, which `feature` names. Nothing was sent.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnsupportedError extends Schema.TaggedError<UnsupportedError>()("UnsupportedError", {
  ...common,
  feature: Feature
}) {
  /** Tells whether a later attempt may succeed. */
  get isRetryable(): boolean {
    return false
  }
  override get message(): string {
    return sentence(`${this.feature} is not supported as requested`, this)
  }
}

/**
 * The vendor refused the long-lived key (401 or equivalent).
 *
 * @category errors
 * @since 0.1.0
 */
export class AuthenticationError extends Schema.TaggedError<AuthenticationError>()("AuthenticationError", common) {
  /** Tells whether a later attempt may succeed. */
  get isRetryable(): boolean {
    return false
  }
  override get message(): string {
    return sentence("the vendor refused the long-lived key", this)
  }
}

/**
 * The long-lived key has no permission for this request (403).
 *
 * @category errors
 * @since 0.1.0
 */
export class PermissionError extends Schema.TaggedError<PermissionError>()("PermissionError", common) {
  /** Tells whether a later attempt may succeed. */
  get isRetryable(): boolean {
    return false
  }
  override get message(): string {
    return sentence("the long-lived key is not allowed to do this", this)
  }
}

/**
 * A balance, budget or quota is used up (402). An immediate retry does not help.
 *
 * @category errors
 * @since 0.1.0
 */
export class QuotaError extends Schema.TaggedError<QuotaError>()("QuotaError", common) {
  /** Tells whether a later attempt may succeed. */
  get isRetryable(): boolean {
    return false
  }
  override get message(): string {
    return sentence("a balance, budget or quota is used up", this)
  }
}

/**
 * Rate limit exceeded (429). `retryAfter` is set if the vendor says how long to wait.
 *
 * @category errors
 * @since 0.1.0
 */
export class RateLimitError extends Schema.TaggedError<RateLimitError>()("RateLimitError", common) {
  /** Tells whether a later attempt may succeed. */
  get isRetryable(): boolean {
    return true
  }
  override get message(): string {
    return sentence("rate limit exceeded", this)
  }
}

/**
 * The vendor is unavailable (408, 425 or 5xx).
 *
 * @category errors
 * @since 0.1.0
 */
export class UnavailableError extends Schema.TaggedError<UnavailableError>()("UnavailableError", common) {
  /** Tells whether a later attempt may succeed. */
  get isRetryable(): boolean {
    return true
  }
  override get message(): string {
    return sentence("the vendor is unavailable", this)
  }
}

/**
 * No complete response arrived. Name resolution, the connection or TLS failed, time ran out, or the body was cut off.
 *
 * @category errors
 * @since 0.1.0
 */
export class TransportError extends Schema.TaggedError<TransportError>()("TransportError", {
  ...common,
  timedOut: Schema.Boolean
}) {
  /** Tells whether a later attempt may succeed. */
  get isRetryable(): boolean {
    return true
  }
  override get message(): string {
    return sentence(this.timedOut ? "no response in time" : "no complete response from the vendor", this)
  }
}

/**
 * The response is unusable: wrong shape, not JSON, over 64 KiB, a redirect, or an expired credential. A retry would
 * mint again.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidResponseError extends Schema.TaggedError<InvalidResponseError>()("InvalidResponseError", common) {
  /** Tells whether a later attempt may succeed. */
  get isRetryable(): boolean {
    return false
  }
  override get message(): string {
    return sentence("the vendor's response cannot be read", this)
  }
}

/**
 * Schema of a `Reason`.
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
 * The reason of a failed mint: one of nine, distinguished by `_tag`.
 *
 * @category models
 * @since 0.1.0
 */
export type Reason = typeof Reason.Type

/**
 * The error of a failed mint; `Effect.catchReason` handles one reason. After failover, `failures` lists the errors
 * of all providers, and `provider` and `reason` are those of the provider that may succeed soonest.
 *
 * @category errors
 * @since 0.1.0
 */
export class TempCredentialError extends Schema.TaggedError<TempCredentialError>()("TempCredentialError", {
  provider: Schema.String,
  reason: Reason,
  failures: Schema.optionalKey(Schema.Array(Schema.Struct({ provider: Schema.String, reason: Reason })))
}) {
  /** Tells whether a later attempt may succeed. */
  get isRetryable(): boolean {
    return this.reason.isRetryable
  }
  /** The time to wait before the next attempt, if the vendor stated one; at most an hour. */
  get retryAfter(): Duration.Duration | undefined {
    return this.reason.retryAfter
  }
  override get message(): string {
    const { failures = [this] } = this
    return failures.map(({ provider, reason }) => `${provider}: ${reason.message}`).join("; ")
  }
}
