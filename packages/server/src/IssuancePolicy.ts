/**
 * What an identity may have: which purposes, for how long, for one use or more, and under which name the vendor hears of it. The default is strict.
 *
 * ```ts
 * import * as IssuancePolicy from "@tempcred/server/IssuancePolicy"
 * import { capabilities } from "@tempcred/soniox/Soniox"
 * import * as Effect from "effect/Effect"
 *
 * const { apply } = await Effect.runPromise(IssuancePolicy.make({ terms: { purposes: ["stt.realtime"], maxTtl: "2 minutes" } }))
 * const ana = { subject: "ana", claims: {} }
 * const granted = await Effect.runPromise(apply(capabilities, ana, { purpose: "stt.realtime", ttlSeconds: 60 }))
 * console.log(granted.subject, granted.singleUse) // => ana preferred
 * const refused = await Effect.runPromise(Effect.flip(apply(capabilities, ana, { purpose: "stt.realtime", ttlSeconds: 600 })))
 * console.log(refused.message) // => ttlSeconds must be at most 120
 * ```
 *
 * @since 0.1.0
 */
import type { Capabilities } from "@tempcred/core/Capabilities"
import { ConfigurationError } from "@tempcred/core/ConfigurationError"
import type { Length, MintRequest, SessionBinding } from "@tempcred/core/MintRequest"
import type { Purpose } from "@tempcred/core/Purpose"
import type * as TokenEndpoint from "@tempcred/core/TokenEndpoint"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Identity } from "./Authenticator.ts"
import * as Bounds from "./issuance-policy/Bounds.ts"
import * as SubjectHash from "./issuance-policy/SubjectHash.ts"

/**
 * What one identity may have.
 *
 * @category models
 * @since 0.1.0
 */
export interface Terms {
  /** What credentials may be used for. @default every purpose that the provider serves */
  readonly purposes?: ReadonlyArray<Purpose> | undefined
  /**
   * The longest ttl, in whole seconds. A request without one gets the provider's default, if that is shorter. A purpose whose shortest ttl is longer is refused.
   *
   * @default "5 minutes", or the shortest ttl that the provider has for the purpose, if that is longer
   */
  readonly maxTtl?: Length | undefined
  /**
   * Whether credentials are for one connection only: always (`"required"`, which a vendor without it cannot serve), where the vendor has it (`"preferred"`), or as
   * the client asks (`"asked"`).
   *
   * @default "preferred"
   */
  readonly singleUse?: "required" | "preferred" | "asked" | undefined
  /**
   * The longest session, in whole seconds; a request without one gets it, or the vendor's longest, if that is shorter. A vendor that cannot cut sessions cannot
   * serve it.
   *
   * @default no limit
   */
  readonly maxSession?: Length | undefined
  /**
   * The configuration of sessions, for each purpose that needs one; a client cannot change it as far as it is locked. A vendor that cannot bind it cannot serve it.
   *
   * @default what the client says when it opens one
   */
  readonly session?: { readonly [P in Purpose]?: SessionBinding | undefined } | undefined
  /**
   * When all that is done with a credential ends, for each purpose that needs an end beside that of the ttl; whole seconds, or the vendor's longest, if that is
   * shorter. No ttl is longer. A vendor without such an end cannot serve it.
   *
   * @default the vendor's, where it has one
   */
  readonly usableFor?: { readonly [P in Purpose]?: Length | undefined } | undefined
  /**
   * The regions that credentials may be for. A request that names none gets the first of them that the purpose has, whatever the provider's own region is. A
   * purpose that has none of them, or no regions at all, is refused before any call.
   *
   * @default every region that the provider serves
   */
  readonly regions?: ReadonlyArray<string> | undefined
  /**
   * Whether `regions` also allows purposes whose vendor has no regions, so that nobody can say where the audio goes.
   *
   * @default false
   */
  readonly allowNoRegion?: boolean | undefined
}

/**
 * The identity may not have this (403); `issues` says which field of the request to change, where that helps.
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
 * What to issue to whom.
 *
 * @category models
 * @since 0.1.0
 */
export interface IssuancePolicy {
  /** The terms for everybody, or for each identity. Terms that make no sense are a defect where they are told for each. @default the defaults of `Terms` */
  readonly terms?: Terms | ((identity: Identity) => Effect.Effect<Terms, ForbiddenError>) | undefined
  /**
   * How the vendor hears of the subject: as it is, or as a keyed hash, so that no personal data reaches the vendor and the app can still tell who it was. The hash
   * is the HMAC-SHA256 of the subject in base64url, without padding; the key is 32 bytes or more in base64.
   *
   * @default "plain"
   */
  readonly subject?: "plain" | { readonly hashedWith: Redacted.Redacted } | undefined
}

/**
 * Makes the request to mint of what a client asks for: within the terms of who is asking, or refused. It is never less strict than the terms, and
 * always for a client.
 *
 * @category models
 * @since 0.1.0
 */
export type Apply = (
  capabilities: Capabilities,
  identity: Identity,
  request: TokenEndpoint.Request
) => Effect.Effect<MintRequest, ForbiddenError>

/**
 * A policy that is ready to be applied.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ready {
  readonly apply: Apply
  /** How the vendor hears of a subject, whatever it may have. */
  readonly subjectOf: (subject: string) => Effect.Effect<string>
}

/**
 * Makes a policy ready to be applied; fails where terms or the key make no sense.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (
  policy: IssuancePolicy = {}
): Effect.fn.Return<Ready, ConfigurationError> {
  const { subject = "plain", terms = {} } = policy
  const subjectOf = subject === "plain" ? Effect.succeed : yield* SubjectHash.make(subject.hashedWith)
  const boundsOf = yield* reading(terms)
  const apply: Apply = Effect.fnUntraced(function* (capabilities, identity, request) {
    const bounds = yield* boundsOf(identity)
    const granted = Bounds.apply(bounds, capabilities[request.purpose], request)
    if (Result.isFailure(granted)) return yield* new ForbiddenError({ issues: granted.failure })
    return { ...granted.success, subject: yield* subjectOf(identity.subject), exposure: "client" }
  })
  return { apply, subjectOf }
})

/** Terms for everybody are read once. */
const reading = (
  terms: NonNullable<IssuancePolicy["terms"]>
): Effect.Effect<(identity: Identity) => Effect.Effect<Bounds.Bounds, ForbiddenError>, ConfigurationError> => {
  const read = (found: Terms) =>
    Effect.mapError(Effect.fromResult(Bounds.read(found)), (issues) => new ConfigurationError({ issues }))
  return typeof terms === "function"
    ? Effect.succeed((identity) => Effect.flatMap(terms(identity), (found) => Effect.orDie(read(found))))
    : Effect.map(read(terms), (bounds) => () => Effect.succeed(bounds))
}
