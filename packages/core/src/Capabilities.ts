/**
 * The capabilities of a vendor for each purpose, as plain data, and the check of a request against
 * them. An unsupported guarantee fails before any call. With `onUnsupported: "relax"`, it is omitted
 * and listed in `relaxed` instead.
 *
 * ```ts
 * import * as MintRequest from "@tempcred/core/MintRequest"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 * import * as Result from "effect/Result"
 *
 * const resolved = MintRequest.decode({ purpose: "stt.realtime", ttl: "2 hours" }).pipe(
 *   Result.flatMap((request) => request.resolve(Soniox.adapter.capabilities))
 * )
 * console.log(Result.isFailure(resolved) && resolved.failure.detail)
 * // => ttl is 7200 seconds; allowed: 1 to 3600 seconds
 * ```
 *
 * @since 0.1.0
 */

import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import {
  type Capabilities,
  type Capability,
  isForOneUse,
  type Range,
  type Resolved
} from "./capabilities/Capability.ts"
import { type Decoded, type SessionBinding, SessionLock } from "./mint-request/Fields.ts"
import type { Purpose } from "./Purpose.ts"
import { quote } from "./LogText.ts"
import { type Feature, InvalidRequestError, UnsupportedError } from "./TempCredentialError.ts"

export {
  type Capabilities,
  type Capability,
  type Range,
  type Resolved,
  type SubjectSupport
} from "./capabilities/Capability.ts"

const serves = <P extends Purpose>(capabilities: Capabilities<P>, purpose: Purpose): purpose is P =>
  Object.hasOwn(capabilities, purpose)

/**
 * Fills in the default region of a resolved request that names none. For a purpose without regions,
 * adds `region` to `relaxed`.
 *
 * @category combinators
 * @since 0.1.0
 */
export const inRegion = <P extends Purpose>(
  capabilities: Capabilities<P>,
  resolved: Resolved<P>,
  region: string | undefined
): Result.Result<Resolved<P>, UnsupportedError> => {
  if (region === undefined || resolved.region !== undefined) return Result.succeed(resolved)
  const capability = capabilities[resolved.purpose]
  if (capability === undefined || capability.regions.length === 0) {
    return Result.succeed({ ...resolved, relaxed: [...resolved.relaxed, "region"] })
  }
  return capability.regions.includes(region)
    ? Result.succeed({ ...resolved, region })
    : unsupported("region", regionDetail(capability, resolved.purpose, region))
}

/**
 * Checks a request against the capabilities, and fills in defaults.
 *
 * @category combinators
 * @since 0.1.0
 */
export const resolve = <P extends Purpose>(
  capabilities: Capabilities<P>,
  request: Decoded
): Result.Result<Resolved<P>, InvalidRequestError | UnsupportedError> => {
  const { purpose } = request
  const capability = serves(capabilities, purpose) ? capabilities[purpose] : undefined
  if (!serves(capabilities, purpose) || capability === undefined) {
    return unsupported("purpose", `${purpose} is not served; served are ${Object.keys(capabilities).join(", ")}`)
  }
  const issues = malformed(capability, request)
  if (issues.length > 0) return Result.fail(new InvalidRequestError({ issues }))
  const { region } = request
  if (region !== undefined && !capability.regions.includes(region)) {
    return unsupported("region", regionDetail(capability, purpose, region))
  }
  const lacking = missing(capability, request)
  const first = lacking.find((one) => one.feature !== "singleUse" || request.singleUse === true)
  if (first !== undefined && request.onUnsupported !== "relax") return unsupported(first.feature, first.detail)
  const ignored = request.subject !== undefined && capability.subject.effect === "ignored"
  const relaxed: ReadonlyArray<Feature> = [
    ...lacking.map((one) => one.feature),
    ...(ignored ? (["subject"] as const) : [])
  ]
  return Result.succeed({
    purpose,
    ttlSeconds: clamp(ttlOf(capability, request), capability.ttlSeconds),
    subject: request.subject,
    singleUse: capability.singleUse !== false && isForOneUse(capability, request),
    maxSessionSeconds: within(capability.maxSessionSeconds, seconds(request.maxSession)),
    usableForSeconds: within(capability.usableForSeconds, usableFor(capability, request)),
    session: bound(capability, request.session),
    region,
    relaxed
  })
}

const unsupported = (feature: Feature, detail: string): Result.Result<never, UnsupportedError> =>
  Result.fail(new UnsupportedError({ feature, detail }))

const seconds = (length: Duration.Duration | undefined): number | undefined =>
  length === undefined ? undefined : Duration.toSeconds(length)

const clamp = (value: number, range: Range): number => Math.min(range.max, Math.max(range.min, value))

const within = (range: Range | undefined, value: number | undefined): number | undefined =>
  value === undefined || range === undefined ? undefined : clamp(value, range)

/** Returns the ttl in seconds. A shorter `usableFor` limits the default ttl. */
const ttlOf = ({ ttlSeconds, usableForSeconds }: Capability, { ttl, usableFor }: Decoded): number => {
  const end = usableForSeconds === undefined ? undefined : seconds(usableFor)
  return seconds(ttl) ?? Math.min(ttlSeconds.default, end ?? Infinity)
}

/** Returns `usableFor` in seconds. Its default is at least the ttl. */
const usableFor = (capability: Capability, request: Decoded): number | undefined =>
  seconds(request.usableFor) ??
  (capability.usableForSeconds && Math.max(capability.usableForSeconds.default, ttlOf(capability, request)))

const strength = (lock: SessionLock | undefined): number => SessionLock.literals.indexOf(lock ?? "none")

/** Sorts the vendor's session locks, weakest first. */
const byStrength = ({ sessionLocks = [] }: Pick<Capability, "sessionLocks">): ReadonlyArray<SessionLock> =>
  sessionLocks.toSorted((one, other) => strength(one) - strength(other))

/** Chooses the weakest sufficient lock, or the strongest available one if none is sufficient. */
const bound = (capability: Capability, asked: SessionBinding | undefined): Resolved["session"] => {
  const locks = byStrength(capability)
  const lock = locks.find((one) => strength(one) >= strength(asked?.lock)) ?? locks.at(-1)
  return asked === undefined || lock === undefined ? undefined : { config: asked.config, lock }
}

const regionDetail = ({ regions, regionsNeedKeys }: Capability, purpose: Purpose, asked: string): string => {
  const names = regions.join(", ")
  const region = quote(asked)
  if (regionsNeedKeys === true)
    return `no long-lived key is configured for region "${region}"; there are keys for ${names}`
  return regions.length === 0
    ? `${purpose} has no regions to choose from`
    : `${purpose} is not served in region "${region}"; served are ${names}`
}

const between = (range: Range): string => `${range.min} to ${range.max} seconds`

/** Lists the fields with values that no vendor accepts, or that this vendor documents as malformed. */
const malformed = (capability: Capability, request: Decoded) => {
  const issues: Array<{ readonly field: string; readonly message: string }> = []
  const whole = (field: "ttl" | "maxSession" | "usableFor", range: Range | undefined) => {
    const value = seconds(request[field])
    if (value === undefined || (Number.isSafeInteger(value) && value > 0)) return
    issues.push({ field, message: `must be whole seconds${range === undefined ? "" : `, ${between(range)}`}` })
  }
  whole("ttl", capability.ttlSeconds)
  whole("maxSession", capability.maxSessionSeconds)
  whole("usableFor", capability.usableForSeconds)
  const [ttl, usable] = [seconds(request.ttl), seconds(request.usableFor)]
  if (ttl !== undefined && usable !== undefined && usable < ttl) {
    issues.push({ field: "usableFor", message: "must be no shorter than ttl" })
  }
  if (capability.usableForSeconds !== undefined && usable !== undefined && usable < capability.ttlSeconds.min) {
    issues.push({
      field: "usableFor",
      message: `must be no shorter than the shortest ttl, ${capability.ttlSeconds.min} seconds`
    })
  }
  const { maxLength, printable, requiredForClient } = capability.subject
  if (printable === true && request.subject !== undefined && !/^[\u0021-\u007e]+$/.test(request.subject)) {
    issues.push({ field: "subject", message: "must be printable ASCII without spaces" })
  }
  if (maxLength !== undefined && request.subject !== undefined && [...request.subject].length > maxLength) {
    issues.push({ field: "subject", message: `must be at most ${maxLength} characters` })
  }
  if (requiredForClient === true && request.subject === undefined && request.exposure !== "server") {
    issues.push({
      field: "subject",
      message: `is required for ${request.purpose} when the credential leaves the backend (exposure "client")`
    })
  }
  return issues
}

/** Lists the requested features that this vendor does not support. */
const missing = (capability: Capability, request: Decoded) => {
  const lacking: Array<{ readonly feature: Feature; readonly detail: string }> = []
  const ttl = seconds(request.ttl)
  const { ttlSeconds, maxSessionSeconds, usableForSeconds } = capability
  if (ttl !== undefined && clamp(ttl, ttlSeconds) !== ttl) {
    lacking.push({ feature: "ttl", detail: `ttl is ${ttl} seconds; allowed: ${between(ttlSeconds)}` })
  }
  if ((request.singleUse ?? false) !== false && !capability.singleUse) {
    lacking.push({ feature: "singleUse", detail: "the vendor cannot limit a credential to one use" })
  }
  const limited = (feature: "maxSession" | "usableFor", range: Range | undefined, otherwise: string) => {
    const value = seconds(request[feature])
    if (value === undefined || (range !== undefined && clamp(value, range) === value)) return
    const detail = range === undefined ? otherwise : `${feature} is ${value} seconds; allowed: ${between(range)}`
    lacking.push({ feature, detail })
  }
  limited("maxSession", maxSessionSeconds, "the vendor cannot cut a session")
  limited("usableFor", usableForSeconds, "the vendor has no such end beside that of ttl")
  const strongest = byStrength(capability).at(-1)
  if (request.session !== undefined && strongest === undefined) {
    lacking.push({ feature: "session", detail: "the vendor cannot bind a session's configuration" })
  } else if (strength(request.session?.lock) > strength(strongest)) {
    lacking.push({
      feature: "session",
      detail: `session.lock is "${request.session?.lock}"; the vendor supports at most "${strongest}"`
    })
  }
  return lacking
}
