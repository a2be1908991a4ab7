/**
 * The capabilities of a vendor for each purpose, as plain data, and the check of a request against
 * them. A guarantee is never dropped silently: an unsupported one fails before any call or, with
 * `onUnsupported: "relax"`, is left out and listed in `relaxed`.
 *
 * ```ts
 * import * as Capabilities from "@tempcred/core/Capabilities"
 * import * as MintRequest from "@tempcred/core/MintRequest"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 * import * as Result from "effect/Result"
 *
 * const resolved = MintRequest.decode({ purpose: "stt.realtime", ttl: "2 hours" }).pipe(
 *   Result.flatMap((request) => Capabilities.resolve(Soniox.adapter.capabilities, request))
 * )
 * console.log(Result.isFailure(resolved) && resolved.failure.detail)
 * // => ttl is 7200 seconds; allowed are 1 to 3600 seconds
 * ```
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import { type MintRequest, type Decoded, type SessionBinding, SessionLock } from "./MintRequest.ts"
import type { Purpose } from "./Purpose.ts"
import { quote } from "./LogText.ts"
import { type Feature, InvalidRequestError, UnsupportedError } from "./TempCredentialError.ts"

/**
 * An allowed range, inclusive.
 *
 * @category models
 * @since 0.1.0
 */
export interface Range {
  readonly min: number
  readonly max: number
}

/**
 * How a vendor treats the subject, which is the app's id of its end user: binds the credential to
 * it (`"enforced"`), stores it for reports (`"recorded"`), or ignores it.
 *
 * @category models
 * @since 0.1.0
 */
export interface SubjectSupport {
  readonly effect: "enforced" | "recorded" | "ignored"
  /** The maximum length in characters. */
  readonly maxLength?: number
  /** Whether only printable ASCII without spaces is allowed. */
  readonly printable?: boolean
  /** Whether a credential that leaves the backend needs a subject. */
  readonly requiredForClient?: boolean
}

/**
 * The capabilities of a vendor for one purpose.
 *
 * @category models
 * @since 0.1.0
 */
export interface Capability {
  /** How long a credential can be used to connect, in whole seconds. */
  readonly ttlSeconds: Range & { readonly default: number }
  /** Whether the vendor supports single-use credentials; `"always"` means that it issues no others. */
  readonly singleUse: boolean | "always"
  /** The session limits that the vendor can enforce, in whole seconds. Absent: it cannot end sessions. */
  readonly maxSessionSeconds?: Range
  /**
   * How long the credential can be used at all, open sessions included, in whole seconds. Absent:
   * the vendor has no such limit.
   */
  readonly usableForSeconds?: Range & { readonly default: number }
  /** How the vendor can lock a session's configuration. Absent: it cannot. */
  readonly sessionLocks?: ReadonlyArray<SessionLock>
  readonly subject: SubjectSupport
  /** The allowed values of `region`; empty when the vendor has no regions. */
  readonly regions: ReadonlyArray<string>
  /** Whether each region has its own long-lived key. If so, `regions` lists those with a configured key. */
  readonly regionsNeedKeys?: boolean
  /**
   * Whether a mint has effects besides the credential, such as a room or a call. If so, nothing is
   * minted in advance, and a mint that may have succeeded is not repeated here or at another
   * vendor.
   */
  readonly mintingHasSideEffects: boolean
  /** Whether the client sends the credential only to connect or with every request. */
  readonly needed: "connect" | "every-request"
}

/**
 * The purposes that a vendor serves, with the capabilities for each.
 *
 * @category models
 * @since 0.1.0
 */
export type Capabilities<P extends Purpose = Purpose> = { readonly [K in P]?: Capability }

/**
 * A request that the vendor can serve: checked, with defaults filled in, and with durations in
 * whole seconds.
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
  readonly usableForSeconds: number | undefined
  /** The session configuration to bind, and its lock. */
  readonly session: { readonly config: SessionBinding["config"]; readonly lock: SessionLock } | undefined
  readonly region: string | undefined
  /** The requested guarantees that the vendor will not enforce. */
  readonly relaxed: ReadonlyArray<Feature>
}

/**
 * Tells whether the request results in a single-use credential: it requires one, prefers one and
 * the vendor supports it, or the vendor issues no others.
 *
 * @category guards
 * @since 0.1.0
 */
export const isForOneUse = (capability: Capability, { singleUse }: Pick<MintRequest, "singleUse">): boolean =>
  singleUse === true || capability.singleUse === "always" || (singleUse === "preferred" && capability.singleUse)

const serves = <P extends Purpose>(capabilities: Capabilities<P>, purpose: Purpose): purpose is P =>
  Object.hasOwn(capabilities, purpose)

/**
 * Checks a request against the capabilities. `region` is the default region; for a purpose without
 * regions, it is listed as relaxed.
 *
 * @category combinators
 * @since 0.1.0
 */
export const resolve = <P extends Purpose>(
  capabilities: Capabilities<P>,
  request: Decoded,
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

/** The ttl. An earlier `usableFor` limits the default. */
const ttlOf = ({ ttlSeconds, usableForSeconds }: Capability, { ttl, usableFor }: Decoded): number => {
  const end = usableForSeconds === undefined ? undefined : seconds(usableFor)
  return seconds(ttl) ?? Math.min(ttlSeconds.default, end ?? Infinity)
}

/** The time of all use, which is at least the ttl. */
const usableFor = (capability: Capability, request: Decoded): number | undefined =>
  seconds(request.usableFor) ??
  (capability.usableForSeconds && Math.max(capability.usableForSeconds.default, ttlOf(capability, request)))

const strength = (lock: SessionLock | undefined): number => SessionLock.literals.indexOf(lock ?? "none")

/** The vendor's locks, weakest first. */
const byStrength = ({ sessionLocks = [] }: Pick<Capability, "sessionLocks">): ReadonlyArray<SessionLock> =>
  sessionLocks.toSorted((one, other) => strength(one) - strength(other))

/** The weakest sufficient lock, or the strongest available when none is sufficient. */
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

/** The fields that no vendor accepts, or that this vendor documents as malformed. */
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

/** The requested features that this vendor does not support. */
const missing = (capability: Capability, request: Decoded) => {
  const lacking: Array<{ readonly feature: Feature; readonly detail: string }> = []
  const ttl = seconds(request.ttl)
  const { ttlSeconds, maxSessionSeconds, usableForSeconds } = capability
  if (ttl !== undefined && clamp(ttl, ttlSeconds) !== ttl) {
    lacking.push({ feature: "ttl", detail: `ttl is ${ttl} seconds; allowed are ${between(ttlSeconds)}` })
  }
  if ((request.singleUse ?? false) !== false && !capability.singleUse) {
    lacking.push({ feature: "singleUse", detail: "the vendor cannot limit a credential to one use" })
  }
  const limited = (feature: "maxSession" | "usableFor", range: Range | undefined, otherwise: string) => {
    const value = seconds(request[feature])
    if (value === undefined || (range !== undefined && clamp(value, range) === value)) return
    const detail = range === undefined ? otherwise : `${feature} is ${value} seconds; allowed are ${between(range)}`
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
      detail: `session.lock is "${request.session?.lock}"; the vendor has at most "${strongest}"`
    })
  }
  return lacking
}
