/**
 * The terms of a credential, such as subject and region. They come from the request, or from the
 * vendor's response after a comparison with the request.
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import type { Resolved } from "../Capabilities.ts"
import { type Decoded, SessionLock } from "../MintRequest.ts"
import type { TempCredential } from "../TempCredential.ts"
import { type Feature, InvalidResponseError } from "../TempCredentialError.ts"
import { slack } from "./Expiry.ts"

/** The subject, purpose, number of connections, region and other terms of a credential. */
export interface Terms extends Pick<
  TempCredential,
  "provider" | "purpose" | "uses" | "maxSession" | "usableUntil" | "sessionLock" | "subject" | "region" | "relaxed"
> {
  /**
   * The lifetime from issue to expiry, if a response states both by one clock. It is compared with the
   * requested ttl.
   */
  readonly life?: Duration.Duration
}

/** Returns the terms of a request that the vendor fulfils. `usableUntil` is in epoch milliseconds. */
export const fromRequest = (provider: string, request: Resolved, usableUntil: number | undefined): Terms => ({
  provider,
  purpose: request.purpose,
  uses: request.singleUse ? "once" : "many",
  ...(request.maxSessionSeconds === undefined ? {} : { maxSession: Duration.seconds(request.maxSessionSeconds) }),
  ...(usableUntil === undefined ? {} : { usableUntil: DateTime.makeUnsafe(usableUntil) }),
  ...(request.session === undefined ? {} : { sessionLock: request.session.lock }),
  ...(request.subject === undefined ? {} : { subject: request.subject }),
  ...(request.region === undefined ? {} : { region: request.region }),
  relaxed: request.relaxed
})

/**
 * Returns the terms that a response states. If a requested guarantee is missing, it is added to
 * `relaxed`. If the request does not allow this, fails with `InvalidResponseError`. Purpose and region
 * are never relaxed.
 *
 * The lifetime may exceed the ttl by a minute, because clocks differ. `usableUntil` is at most a minute
 * after the requested `usableFor`, or after a day without one.
 */
export const fromResponse = (
  { life, ...stated }: Terms,
  asked: Decoded,
  relaxed: ReadonlyArray<Feature>,
  sentAt: number
): Result.Result<Terms, InvalidResponseError> => {
  const listed = stated.relaxed.filter((feature) => (asked[feature] ?? false) !== false)
  const unmet = [...listed, ...missing(stated, asked), ...overlong(life, asked)]
  const broken = unmet.find((feature) => !isRelaxed(feature, asked))
  return broken === undefined
    ? Result.succeed({
        ...stated,
        ...second(stated, asked, sentAt),
        relaxed: [...new Set([...relaxed, ...stated.relaxed, ...unmet])]
      })
    : Result.fail(new InvalidResponseError({ detail: `the credential differs from the request: ${broken}` }))
}

/** The maximum of `usableUntil` after the request, for requests without `usableFor`. */
const longestUse = Duration.days(1)

const second = (
  { usableUntil }: Terms,
  { usableFor = longestUse }: Decoded,
  sentAt: number
): Pick<Terms, "usableUntil"> => {
  if (usableUntil === undefined) return {}
  const latest = DateTime.makeUnsafe(sentAt + Duration.toMillis(Duration.sum(usableFor, slack)))
  return { usableUntil: DateTime.min(usableUntil, latest) }
}

const isRelaxed = (feature: Feature, { onUnsupported, singleUse }: Decoded): boolean => {
  if (feature === "purpose" || feature === "region") return false
  // An ignored subject is always allowed.
  if (feature === "subject") return true
  return onUnsupported === "relax" || (feature === "singleUse" && singleUse === "preferred")
}

const overlong = (life: Duration.Duration | undefined, { ttl }: Decoded): ReadonlyArray<Feature> =>
  life !== undefined && ttl !== undefined && Duration.isGreaterThan(life, Duration.sum(ttl, slack)) ? ["ttl"] : []

const missing = (
  stated: Terms,
  { maxSession, purpose, region, session, singleUse = false, usableFor }: Decoded
): ReadonlyArray<Feature> => {
  const { maxSession: limit = Duration.infinity } = stated
  const lacking: Array<Feature> = []
  if (stated.purpose !== purpose) lacking.push("purpose")
  if (region !== undefined && stated.region !== region) lacking.push("region")
  if (singleUse !== false && stated.uses !== "once") lacking.push("singleUse")
  if (maxSession !== undefined && Duration.isGreaterThan(limit, maxSession)) lacking.push("maxSession")
  if (usableFor !== undefined && stated.usableUntil === undefined) lacking.push("usableFor")
  if (session !== undefined && !isBound(stated.sessionLock, session.lock)) lacking.push("session")
  return lacking
}

const isBound = (stated: SessionLock | undefined, asked: SessionLock = "none"): boolean =>
  stated !== undefined && SessionLock.literals.indexOf(stated) >= SessionLock.literals.indexOf(asked)
