/** Terms of issuance: limits on what one identity may request, and their application to a request. */
import type { Capability, Range } from "@tempcred/core/Capabilities"
import type { Issue } from "@tempcred/core/ConfigurationError"
import * as MintRequest from "@tempcred/core/MintRequest"
import { Purpose } from "@tempcred/core/Purpose"
import type { Request } from "@tempcred/core/TokenEndpoint"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const uses = ["required", "preferred", "asked"] as const

/** Limits on what one identity may request. */
export interface Terms {
  /** The allowed purposes. @default every purpose that the provider serves */
  readonly purposes?: ReadonlyArray<Purpose> | undefined
  /**
   * The longest ttl, in whole seconds. It also caps the provider's default for a request without a ttl. A purpose whose shortest ttl is longer is refused.
   *
   * @default "5 minutes", or the provider's shortest ttl for the purpose if that is longer
   */
  readonly maxTtl?: MintRequest.Length | undefined
  /**
   * Single use of credentials: always (`"required"`, which fails for vendors without it), if the vendor has it (`"preferred"`), or if the client asks
   * (`"asked"`).
   *
   * @default "preferred"
   */
  readonly singleUse?: (typeof uses)[number] | undefined
  /**
   * The longest session, in whole seconds, and the default for requests without one. The vendor's longest caps it. It fails for vendors that cannot cut
   * sessions.
   *
   * @default no limit
   */
  readonly maxSession?: MintRequest.Length | undefined
  /**
   * The session configuration for each purpose. Clients cannot change it as far as it is locked. It fails for vendors that cannot bind it.
   *
   * @default none: the client configures its sessions
   */
  readonly session?: { readonly [P in Purpose]?: MintRequest.SessionBinding | undefined } | undefined
  /**
   * The time after which the vendor also closes open sessions, for each purpose; whole seconds. The vendor's longest caps it, and it caps the ttl. It fails for
   * vendors without such an end.
   *
   * @default the vendor's, if it has one
   */
  readonly usableFor?: { readonly [P in Purpose]?: MintRequest.Length | undefined } | undefined
  /**
   * The allowed regions. A request without a region gets the first one that serves its purpose, whatever the provider's own region is. A purpose without any of
   * them is refused before any call.
   *
   * @default every region that the provider serves
   */
  readonly regions?: ReadonlyArray<string> | undefined
  /**
   * Permission for purposes whose vendor has no regions, so that the location of the audio is unknown, while `regions` is set.
   *
   * @default false
   */
  readonly allowNoRegion?: boolean | undefined
}

/** In seconds: the default of `maxTtl`, unless the vendor's shortest ttl is longer. */
const defaultMaxTtl = 300

/** Checked terms with defaults. Times are whole seconds. */
export interface CheckedTerms {
  readonly purposes: ReadonlyArray<Purpose> | undefined
  readonly maxTtl: number | undefined
  readonly singleUse: (typeof uses)[number]
  readonly maxSession: number | undefined
  readonly session: NonNullable<Terms["session"]>
  readonly usableFor: { readonly [P in Purpose]?: number | undefined }
  readonly regions: ReadonlyArray<string> | undefined
  readonly allowNoRegion: boolean
}

/** An issue with a field that the client can change. */
type FieldIssue = { readonly field: keyof Request; readonly message: string }

const names: ReadonlySet<string> = new Set([
  "purposes",
  "maxTtl",
  "singleUse",
  "maxSession",
  "session",
  "usableFor",
  "regions",
  "allowNoRegion"
] satisfies ReadonlyArray<keyof Terms>)

/** Checks that a value is terms at all: untyped code may return `false` for a caller, or misspell a limit, and must not lift all limits. */
const foreign = (terms: unknown): ReadonlyArray<Issue> => {
  if (typeof terms !== "object" || terms === null || Array.isArray(terms)) {
    return [{ name: "IssuancePolicy.terms", message: "must be an object of terms" }]
  }
  const unknown = Object.keys(terms).filter((name) => !names.has(name))
  return unknown.map((name) => ({
    name: `IssuancePolicy.${name.slice(0, 40)}`,
    message: `is not a term; the terms are ${[...names].join(", ")}`
  }))
}

/** Checks terms. */
export const check = (terms: Terms): Result.Result<CheckedTerms, ReadonlyArray<Issue>> => {
  const wrong = foreign(terms)
  return wrong.length > 0 ? Result.fail(wrong) : checkEach(terms)
}

const checkEach = (terms: Terms): Result.Result<CheckedTerms, ReadonlyArray<Issue>> => {
  const { allowNoRegion = false, maxSession, maxTtl, purposes, regions, session = {}, singleUse = "preferred" } = terms
  const issues: Array<Issue> = []
  const note = (name: string, message: string) => void issues.push({ name: `IssuancePolicy.${name}`, message })
  const seconds = (name: string, length: MintRequest.Length | undefined) => {
    if (length === undefined) return undefined
    const value = Option.match(Duration.fromInput(length), { onNone: () => Number.NaN, onSome: Duration.toSeconds })
    if (!Number.isSafeInteger(value) || value < 1) {
      note(name, 'must be whole seconds with their unit, such as "60 seconds"')
    }
    return value
  }
  if (!isListOf(purposes, Schema.is(Purpose))) note("purposes", `must each be one of ${Purpose.literals.join(", ")}`)
  if (!isListOf(regions, MintRequest.isName)) note("regions", "must be a list of names of regions")
  if (typeof allowNoRegion !== "boolean") note("allowNoRegion", "must be true or false")
  if (!uses.includes(singleUse)) note("singleUse", `must be one of ${uses.join(", ")}`)
  const usableFor = entries("usableFor", note, terms.usableFor).map(
    ([purpose, length]) => [purpose, seconds(`usableFor.${purpose}`, length)] as const
  )
  for (const [purpose, binding] of entries("session", note, session)) {
    const wrong = Result.getFailure(MintRequest.decode({ purpose, session: binding }))
    for (const { field, message } of Option.match(wrong, { onNone: () => [], onSome: (error) => error.issues })) {
      note(`session.${purpose}${field.slice("session".length)}`, message)
    }
  }
  const checked = {
    purposes,
    maxTtl: seconds("maxTtl", maxTtl),
    singleUse,
    maxSession: seconds("maxSession", maxSession),
    session,
    usableFor: Object.fromEntries(usableFor),
    regions,
    allowNoRegion
  }
  return issues.length === 0 ? Result.succeed(checked) : Result.fail(issues)
}

/** Tells whether a value is a list. Untyped callers may pass one name. */
const isListOf = (list: unknown, isOne: (value: unknown) => boolean): boolean =>
  list === undefined || (Array.isArray(list) && list.every(isOne))

/** Lists the entries of a record by purpose. */
const entries = <A>(
  name: string,
  note: (name: string, message: string) => void,
  byPurpose: { readonly [P in Purpose]?: A | undefined } = {}
): ReadonlyArray<readonly [Purpose, A]> =>
  Object.entries(byPurpose).flatMap(([purpose, value]) => {
    if (value === undefined) return []
    if (Schema.is(Purpose)(purpose)) return [[purpose, value] as const]
    note(`${name}.${purpose}`, `is not a purpose: it must be one of ${Purpose.literals.join(", ")}`)
    return []
  })

/** Makes the mint request for a client's request, or lists the fields that violate the terms. Without a capability, the provider refuses the purpose itself. */
export const apply = (
  terms: CheckedTerms,
  capability: Capability | undefined,
  request: Request
): Result.Result<MintRequest.Decoded, ReadonlyArray<FieldIssue>> => {
  const { maxSession } = terms
  const usable = atMost(terms.usableFor[request.purpose], capability?.usableForSeconds)
  const shortest = capability?.ttlSeconds.min ?? 1
  const maxTtl = Math.min(terms.maxTtl ?? Math.max(defaultMaxTtl, shortest), usable ?? Infinity)
  const issues = outside({ ...terms, maxTtl }, capability, request)
  if (issues.length > 0) return Result.fail(issues)
  const ttl = request.ttlSeconds ?? Math.min(defaultTtl(capability) ?? maxTtl, maxTtl)
  const longest = request.maxSessionSeconds ?? atMost(maxSession, capability?.maxSessionSeconds)
  return Result.succeed({
    purpose: request.purpose,
    ttl: Duration.seconds(ttl),
    singleUse: once(terms, request),
    maxSession: lengthOf(longest),
    session: terms.session[request.purpose],
    usableFor: lengthOf(usable),
    region: request.region ?? ownRegion(terms, capability)
  })
}

const lengthOf = (seconds: number | undefined): Duration.Duration | undefined =>
  seconds === undefined ? undefined : Duration.seconds(seconds)

/** Returns the provider's default ttl. `TEMPCRED_TTL` can set one outside the vendor's range. */
const defaultTtl = (capability: Capability | undefined): number | undefined => {
  if (capability === undefined) return undefined
  const { default: usual, max, min } = capability.ttlSeconds
  return Math.min(max, Math.max(min, usual))
}

/** Caps a length of the terms by the vendor's longest. */
const atMost = (length: number | undefined, range: Range | undefined): number | undefined =>
  length === undefined ? undefined : Math.min(length, range?.max ?? Infinity)

const once = ({ singleUse }: CheckedTerms, request: Request): MintRequest.MintRequest["singleUse"] => {
  switch (singleUse) {
    case "required":
      return true
    case "preferred":
      return request.singleUse === true ? true : "preferred"
    case "asked":
      return request.singleUse
  }
}

/** Picks the region of a request that names none. */
const ownRegion = ({ regions }: CheckedTerms, capability: Capability | undefined): string | undefined =>
  capability === undefined || capability.regions.length === 0
    ? undefined
    : regions?.find((region) => capability.regions.includes(region))

const oneOf = (allowed: ReadonlyArray<string>): string =>
  allowed.length === 0 ? "is not allowed" : `must be one of ${allowed.join(", ")}`

const outside = (
  terms: CheckedTerms & { readonly maxTtl: number },
  capability: Capability | undefined,
  request: Request
): ReadonlyArray<FieldIssue> => {
  const { maxSession, maxTtl, purposes, regions } = terms
  const { maxSessionSeconds, purpose, region, ttlSeconds } = request
  const issues: Array<FieldIssue> = []
  const note = (field: FieldIssue["field"], message: string) => void issues.push({ field, message })
  if (purposes?.includes(purpose) === false) note("purpose", oneOf(purposes))
  if (ttlSeconds !== undefined && ttlSeconds > maxTtl) note("ttlSeconds", `must be at most ${maxTtl}`)
  const shortest = capability?.ttlSeconds.min ?? 1
  if (shortest > maxTtl) {
    note("purpose", `${purpose} has a shortest ttl of ${shortest} seconds, and the policy allows ${maxTtl}`)
  }
  if (maxSession !== undefined && maxSessionSeconds !== undefined && maxSessionSeconds > maxSession) {
    note("maxSessionSeconds", `must be at most ${maxSession}`)
  }
  if (regions !== undefined && region !== undefined && !regions.includes(region)) note("region", oneOf(regions))
  if (region === undefined && !isInRegion(terms, capability)) {
    note("purpose", `${purpose} is not served in an allowed region`)
  }
  return issues
}

/** Tells whether a request without a region can stay within the allowed ones. */
const isInRegion = ({ allowNoRegion, regions }: CheckedTerms, capability: Capability | undefined): boolean => {
  if (regions === undefined || capability === undefined) return true
  if (capability.regions.length === 0) return allowNoRegion
  return regions.some((region) => capability.regions.includes(region))
}
