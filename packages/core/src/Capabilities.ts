/**
 * What a vendor can serve and enforce for each purpose, as plain data, and the check of a request against it. A guarantee is never
 * dropped silently: what the vendor lacks is refused before any call, or, when the request says so, left out and listed.
 *
 * ```ts
 * import * as Capabilities from "@tempcred/core/Capabilities"
 * import * as MintRequest from "@tempcred/core/MintRequest"
 * import { capabilities } from "@tempcred/soniox/Soniox"
 * import * as Result from "effect/Result"
 *
 * const resolved = MintRequest.decode({ purpose: "stt.realtime", ttl: "2 hours" }).pipe(
 *   Result.flatMap((request) => Capabilities.resolve(capabilities, request))
 * )
 * console.log(Result.isFailure(resolved) && resolved.failure.detail)
 * // => ttl is 7200 seconds; allowed are 1 to 3600 seconds
 * ```
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import type * as MintRequest from "./MintRequest.ts"
import type { Purpose } from "./Purpose.ts"
import { quote } from "./Sentence.ts"
import { type Feature, InvalidRequestError, UnsupportedError } from "./TempCredentialError.ts"

/**
 * An allowed range, both ends included.
 *
 * @category models
 * @since 0.1.0
 */
export interface Range {
  readonly min: number
  readonly max: number
}

/**
 * What a vendor does with the app's id of its end user: binds the credential to it, only writes it down, or ignores it.
 *
 * @category models
 * @since 0.1.0
 */
export interface SubjectSupport {
  readonly effect: "enforced" | "recorded" | "ignored"
  /** In characters. */
  readonly maxLength?: number
  /** Whether a credential that leaves the backend must have one. */
  readonly requiredForClient?: boolean
}

/**
 * What a vendor can serve and enforce for one purpose.
 *
 * @category models
 * @since 0.1.0
 */
export interface Capability {
  /** How long a credential may be redeemed, in whole seconds. */
  readonly ttlSeconds: Range & { readonly default: number }
  /** Whether the vendor can make it good for one connection only. */
  readonly singleUse: boolean
  /** How long a session may be limited to, in whole seconds; absent where the vendor cannot cut sessions. */
  readonly maxSessionSeconds?: Range
  readonly subject: SubjectSupport
  /** The names that `region` may take; none where the vendor has one place for all. */
  readonly regions: ReadonlyArray<string>
  /** Whether `regions` are those for which a long-lived key is configured, as each region has keys of its own. */
  readonly regionsNeedKeys?: boolean
  /** Whether a mint has effects beyond the credential (a room, a call), so that nothing may mint ahead of need. */
  readonly mintingHasSideEffects: boolean
  /** Whether the client needs the credential only to connect, or on every request. */
  readonly needed: "connect" | "every-request"
}

/**
 * The purposes that a vendor serves, each with what it can do.
 *
 * @category models
 * @since 0.1.0
 */
export type Capabilities<P extends Purpose = Purpose> = { readonly [K in P]?: Capability }

/**
 * A request that a vendor can serve as it stands: checked, with defaults filled in, in the vendor's unit (whole seconds).
 *
 * @category models
 * @since 0.1.0
 */
export interface Resolved<P extends Purpose = Purpose> {
  readonly purpose: P
  readonly ttlSeconds: number
  readonly subject: string | undefined
  readonly singleUse: boolean
  readonly maxSessionSeconds: number | undefined
  readonly region: string | undefined
  /** What was asked for and will not be enforced. */
  readonly relaxed: ReadonlyArray<Feature>
}

/**
 * Whether a request is for a credential that is good for one connection only: it says so, or prefers it and the vendor has it.
 *
 * @category guards
 * @since 0.1.0
 */
export const isForOneUse = (
  capability: Capability,
  { singleUse }: Pick<MintRequest.MintRequest, "singleUse">
): boolean => singleUse === true || (singleUse === "preferred" && capability.singleUse)

const serves = <P extends Purpose>(capabilities: Capabilities<P>, purpose: Purpose): purpose is P =>
  Object.hasOwn(capabilities, purpose)

/**
 * Checks a request against what a vendor can do. A request that names no region gets the given one; where the purpose has no regions,
 * that is listed as relaxed.
 *
 * @category combinators
 * @since 0.1.0
 */
export const resolve = <P extends Purpose>(
  capabilities: Capabilities<P>,
  request: MintRequest.Decoded,
  defaultRegion?: string
): Result.Result<Resolved<P>, InvalidRequestError | UnsupportedError> => {
  const { purpose } = request
  const capability = serves(capabilities, purpose) ? capabilities[purpose] : undefined
  if (!serves(capabilities, purpose) || capability === undefined) {
    return unsupported("purpose", `${purpose} is not served; served are ${Object.keys(capabilities).join(", ")}`)
  }
  const issues = malformed(capability, request)
  if (issues.length > 0) return Result.fail(new InvalidRequestError({ issues }))
  const region = request.region ?? (capability.regions.length === 0 ? undefined : defaultRegion)
  if (region !== undefined && !capability.regions.includes(region)) {
    return unsupported("region", regionDetail(capability, purpose, region))
  }
  const lacking = missing(capability, request)
  const first = lacking.find((one) => one.feature !== "singleUse" || request.singleUse === true)
  if (first !== undefined && request.onUnsupported !== "relax") return unsupported(first.feature, first.detail)
  const ignored = request.subject !== undefined && capability.subject.effect === "ignored"
  const relaxed: ReadonlyArray<Feature> = [
    ...lacking.map((one) => one.feature),
    ...(ignored ? (["subject"] as const) : []),
    ...(region === undefined && defaultRegion !== undefined ? (["region"] as const) : [])
  ]
  return Result.succeed({
    purpose,
    ttlSeconds: clamp(seconds(request.ttl) ?? capability.ttlSeconds.default, capability.ttlSeconds),
    subject: request.subject,
    singleUse: capability.singleUse && isForOneUse(capability, request),
    maxSessionSeconds: session(capability, seconds(request.maxSession)),
    region,
    relaxed
  })
}

const unsupported = (feature: Feature, detail: string): Result.Result<never, UnsupportedError> =>
  Result.fail(new UnsupportedError({ feature, detail }))

const seconds = (length: Duration.Duration | undefined): number | undefined =>
  length === undefined ? undefined : Duration.toSeconds(length)

const clamp = (value: number, range: Range): number => Math.min(range.max, Math.max(range.min, value))

const session = (capability: Capability, value: number | undefined): number | undefined =>
  value === undefined || capability.maxSessionSeconds === undefined
    ? undefined
    : clamp(value, capability.maxSessionSeconds)

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

/** What no vendor could serve, or what this one documents as malformed. */
const malformed = (capability: Capability, request: MintRequest.Decoded) => {
  const issues: Array<{ readonly field: string; readonly message: string }> = []
  const whole = (field: "ttl" | "maxSession", range: Range | undefined) => {
    const value = seconds(request[field])
    if (value === undefined || (Number.isSafeInteger(value) && value > 0)) return
    issues.push({ field, message: `must be whole seconds${range === undefined ? "" : `, ${between(range)}`}` })
  }
  whole("ttl", capability.ttlSeconds)
  whole("maxSession", capability.maxSessionSeconds)
  const { maxLength, requiredForClient } = capability.subject
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

/** What was asked for and this vendor lacks. */
const missing = (capability: Capability, request: MintRequest.Decoded) => {
  const lacking: Array<{ readonly feature: Feature; readonly detail: string }> = []
  const ttl = seconds(request.ttl)
  const { ttlSeconds, maxSessionSeconds } = capability
  if (ttl !== undefined && clamp(ttl, ttlSeconds) !== ttl) {
    lacking.push({ feature: "ttl", detail: `ttl is ${ttl} seconds; allowed are ${between(ttlSeconds)}` })
  }
  if ((request.singleUse ?? false) !== false && !capability.singleUse) {
    lacking.push({ feature: "singleUse", detail: "the vendor cannot limit a credential to one use" })
  }
  const limit = seconds(request.maxSession)
  if (limit !== undefined && maxSessionSeconds === undefined) {
    lacking.push({ feature: "maxSession", detail: "the vendor cannot cut a session" })
  } else if (limit !== undefined && maxSessionSeconds !== undefined && clamp(limit, maxSessionSeconds) !== limit) {
    lacking.push({
      feature: "maxSession",
      detail: `maxSession is ${limit} seconds; allowed are ${between(maxSessionSeconds)}`
    })
  }
  return lacking
}
