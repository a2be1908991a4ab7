/** What a credential is good for: as it was asked, where a vendor's answer says nothing of it, or as the answer says, held against what was asked. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import type { Resolved } from "../Capabilities.ts"
import { type Decoded, SessionLock } from "../MintRequest.ts"
import type { TempCredential } from "../TempCredential.ts"
import { type Feature, InvalidResponseError } from "../TempCredentialError.ts"
import { slack } from "./Expiry.ts"

/** For whom, for what, for how many connections and where a credential is good. */
export interface Terms extends Pick<
  TempCredential,
  "provider" | "purpose" | "uses" | "maxSession" | "usableUntil" | "sessionLock" | "subject" | "region" | "relaxed"
> {
  /** From issue to expiry, where an answer says both by one clock; it is held against the ttl that was asked for. */
  readonly life?: Duration.Duration
}

/** The terms of a request that the vendor serves as it stands, with its second end in epoch milliseconds. */
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
 * The terms that an answer states. What was asked for and is not met, or is listed as relaxed, is listed where the request allows that, and is an
 * `InvalidResponseError` where it does not; a purpose and a region are never relaxed. A life may be a minute over the ttl, as clocks differ. A second end is
 * at most as late as was asked, or a day after the request was sent, plus a minute.
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
    : Result.fail(new InvalidResponseError({ detail: `the credential is not what was asked for: ${broken}` }))
}

/** No session that a vendor opens stays usable for longer. */
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
  // Nobody refuses a request for a subject that is ignored.
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
