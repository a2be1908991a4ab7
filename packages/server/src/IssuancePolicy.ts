/**
 * The issuance policy: which credentials an identity may request, for how long, and the subject's name at the vendor. The default is strict.
 *
 * ```ts
 * import * as IssuancePolicy from "@tempcred/server/IssuancePolicy"
 * import { adapter } from "@tempcred/soniox/Soniox"
 * import * as Effect from "effect/Effect"
 *
 * const { apply } = await Effect.runPromise(IssuancePolicy.make({ terms: { purposes: ["stt.realtime"], maxTtl: "2 minutes" } }))
 * const ana = { subject: "ana", claims: {} }
 * const granted = await Effect.runPromise(apply(adapter.capabilities, ana, { purpose: "stt.realtime", ttlSeconds: 60 }))
 * console.log(granted.subject, granted.singleUse) // => ana preferred
 * const refused = await Effect.runPromise(Effect.flip(apply(adapter.capabilities, ana, { purpose: "stt.realtime", ttlSeconds: 600 })))
 * console.log(refused.message) // => ttlSeconds must be at most 120
 * ```
 *
 * @since 0.1.0
 */

import type { Capabilities } from "@tempcred/core/Capabilities"
import { ConfigurationError } from "@tempcred/core/ConfigurationError"
import { checkSecret } from "@tempcred/core/Environment"
import { DecodedRequest } from "@tempcred/core/MintRequest"
import type * as TokenEndpoint from "@tempcred/core/TokenEndpoint"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Identity } from "./authenticator/Identity.ts"
import * as Terms from "./issuance-policy/Terms.ts"

export type { Terms } from "./issuance-policy/Terms.ts"

/**
 * The policy refuses a request (403). `issues` names the fields to change, if a change can help.
 *
 * @category errors
 * @since 0.1.0
 */
export class ForbiddenError extends Schema.TaggedError<ForbiddenError>()("ForbiddenError", {
  issues: Schema.Array(Schema.Struct({ field: Schema.String, message: Schema.String }))
}) {
  override get message(): string {
    return this.issues.map(({ field, message }) => `${field} ${message}`).join("; ")
  }
}

/**
 * The options of an issuance policy.
 *
 * @category models
 * @since 0.1.0
 */
export interface IssuancePolicy {
  /** The terms for everybody, or a function that returns those of one identity. Invalid terms of that function are a defect. @default the defaults of `Terms` */
  readonly terms?: Terms.Terms | ((identity: Identity) => Effect.Effect<Terms.Terms, ForbiddenError>) | undefined
  /**
   * The subject's name at the vendor: the subject itself, or a keyed hash, so that no personal data reaches the vendor and the app can still tell who it was.
   * The hash is HMAC-SHA256 in base64url without padding. The key is 32 bytes or more in base64.
   *
   * @default "plain"
   */
  readonly subject?: "plain" | { readonly hashedWith: Redacted.Redacted } | undefined
}

/**
 * Makes the mint request for a client's request, within the terms of the identity, or fails. Its exposure is always `"client"`.
 *
 * @category models
 * @since 0.1.0
 */
export type Apply = (
  capabilities: Capabilities,
  identity: Identity,
  request: TokenEndpoint.Request
) => Effect.Effect<DecodedRequest, ForbiddenError>

/**
 * A policy whose options have been checked.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ready {
  readonly apply: Apply
  /** Returns the subject's name at the vendor. */
  readonly subjectOf: (subject: string) => Effect.Effect<string>
}

/**
 * Makes a policy. Fails if terms or the key are invalid.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (
  policy: IssuancePolicy = {}
): Effect.fn.Return<Ready, ConfigurationError> {
  const { subject = "plain", terms = {} } = policy
  const subjectOf = subject === "plain" ? Effect.succeed : yield* hashing(subject.hashedWith)
  const termsOf = yield* checking(terms)
  const apply: Apply = Effect.fnUntraced(function* (capabilities, identity, request) {
    const granted = Terms.apply(yield* termsOf(identity), capabilities[request.purpose], request)
    if (Result.isFailure(granted)) return yield* new ForbiddenError({ issues: granted.failure })
    const name = yield* subjectOf(identity.subject)
    // Every field has been checked, so that no provider decodes the request again.
    return new DecodedRequest({ ...granted.success, subject: name, exposure: "client" })
  })
  return { apply, subjectOf }
})

/** Checks the terms: once if they are the same for everybody, else for each identity. */
const checking = (
  terms: NonNullable<IssuancePolicy["terms"]>
): Effect.Effect<(identity: Identity) => Effect.Effect<Terms.CheckedTerms, ForbiddenError>, ConfigurationError> => {
  const check = (found: Terms.Terms) =>
    Effect.mapError(Effect.fromResult(Terms.check(found)), (issues) => new ConfigurationError({ issues }))
  return typeof terms === "function"
    ? Effect.succeed((identity) => Effect.flatMap(terms(identity), (found) => Effect.orDie(check(found))))
    : Effect.map(check(terms), (checked) => () => Effect.succeed(checked))
}

/** Makes the hash function: HMAC-SHA256 in base64url. Fails unless the key is 32 bytes or more in base64. */
const hashing = Effect.fnUntraced(function* (
  key: Redacted.Redacted
): Effect.fn.Return<(subject: string) => Effect.Effect<string>, ConfigurationError> {
  const decoded = Result.flatMap(checkSecret(key), (checked) => Base64.decode(Redacted.value(checked)))
  const bytes = Result.getOrUndefined(decoded)
  if (bytes === undefined || bytes.length < 32) {
    const message = "must be a Redacted of 32 bytes or more in base64: `openssl rand -base64 32` makes one"
    return yield* new ConfigurationError({ issues: [{ name: "IssuancePolicy.subject.hashedWith", message }] })
  }
  const algorithm = { name: "HMAC", hash: "SHA-256" }
  const imported = yield* Effect.promise(() =>
    crypto.subtle.importKey("raw", new Uint8Array(bytes), algorithm, false, ["sign"])
  )
  return (subject) =>
    Effect.map(
      Effect.promise(() => crypto.subtle.sign("HMAC", imported, new TextEncoder().encode(subject))),
      (hash) => Base64Url.encode(new Uint8Array(hash))
    )
})
