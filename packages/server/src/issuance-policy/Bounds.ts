/** Terms that have been read: lengths are whole seconds, and defaults are filled in. */
import type { Capability, Range } from "@tempcred/core/Capabilities"
import type { Issue } from "@tempcred/core/ConfigurationError"
import * as MintRequest from "@tempcred/core/MintRequest"
import { Purpose } from "@tempcred/core/Purpose"
import type { Request } from "@tempcred/core/TokenEndpoint"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Terms } from "../IssuancePolicy.ts"

const uses = ["required", "preferred", "asked"] as const

/** In seconds: the longest ttl where terms say none, unless the shortest one of the vendor is longer. */
const defaultMaxTtl = 300

/** What one identity may have. */
export interface Bounds {
  readonly purposes: ReadonlyArray<Purpose> | undefined
  readonly maxTtl: number | undefined
  readonly singleUse: (typeof uses)[number]
  readonly maxSession: number | undefined
  readonly session: NonNullable<Terms["session"]>
  readonly usableFor: { readonly [P in Purpose]?: number | undefined }
  readonly regions: ReadonlyArray<string> | undefined
  readonly allowNoRegion: boolean
}

/** What of a request a client can change. */
type FieldIssue = { readonly field: keyof Request; readonly message: string }

/** Reads terms, or says what of them makes no sense. */
export const read = (terms: Terms): Result.Result<Bounds, ReadonlyArray<Issue>> => {
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
  if (!isListOf(regions, MintRequest.isName)) note("regions", "must be a list of the names of regions")
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
  const bounds = {
    purposes,
    maxTtl: seconds("maxTtl", maxTtl),
    singleUse,
    maxSession: seconds("maxSession", maxSession),
    session,
    usableFor: Object.fromEntries(usableFor),
    regions,
    allowNoRegion
  }
  return issues.length === 0 ? Result.succeed(bounds) : Result.fail(issues)
}

/** Untyped callers may give one name in place of a list. */
const isListOf = (list: unknown, isOne: (value: unknown) => boolean): boolean =>
  list === undefined || (Array.isArray(list) && list.every(isOne))

/** What is told by purpose. */
const entries = <A>(
  name: string,
  note: (name: string, message: string) => void,
  byPurpose: { readonly [P in Purpose]?: A | undefined } = {}
): ReadonlyArray<readonly [Purpose, A]> =>
  Object.entries(byPurpose).flatMap(([purpose, value]) => {
    if (value === undefined) return []
    if (Schema.is(Purpose)(purpose)) return [[purpose, value] as const]
    note(`${name}.${purpose}`, `names no purpose: it must be one of ${Purpose.literals.join(", ")}`)
    return []
  })

/** Makes what a client asks for a request within bounds, or says what of it is not. The purpose may be one that the provider does not serve. */
export const apply = (
  bounds: Bounds,
  capability: Capability | undefined,
  request: Request
): Result.Result<MintRequest.MintRequest, ReadonlyArray<FieldIssue>> => {
  const { maxSession } = bounds
  const usable = atMost(bounds.usableFor[request.purpose], capability?.usableForSeconds)
  const shortest = capability?.ttlSeconds.min ?? 1
  const maxTtl = Math.min(bounds.maxTtl ?? Math.max(defaultMaxTtl, shortest), usable ?? Infinity)
  const issues = outside({ ...bounds, maxTtl }, capability, request)
  if (issues.length > 0) return Result.fail(issues)
  const ttl = request.ttlSeconds ?? Math.min(capability?.ttlSeconds.default ?? maxTtl, maxTtl)
  const longest = request.maxSessionSeconds ?? atMost(maxSession, capability?.maxSessionSeconds)
  const session = bounds.session[request.purpose]
  const region = request.region ?? ownRegion(bounds, capability)
  const singleUse = once(bounds, request)
  return Result.succeed({
    purpose: request.purpose,
    ttl: Duration.seconds(ttl),
    ...(singleUse === undefined ? {} : { singleUse }),
    ...(longest === undefined ? {} : { maxSession: Duration.seconds(longest) }),
    ...(session === undefined ? {} : { session }),
    ...(usable === undefined ? {} : { usableFor: Duration.seconds(usable) }),
    ...(region === undefined ? {} : { region })
  })
}

/** What terms say, or the vendor's longest, if that is shorter. */
const atMost = (length: number | undefined, range: Range | undefined): number | undefined =>
  length === undefined ? undefined : Math.min(length, range?.max ?? Infinity)

const once = ({ singleUse }: Bounds, request: Request): MintRequest.MintRequest["singleUse"] => {
  switch (singleUse) {
    case "required":
      return true
    case "preferred":
      return request.singleUse === true ? true : "preferred"
    case "asked":
      return request.singleUse
  }
}

/** The region of a request that names none, where terms say something of regions. */
const ownRegion = ({ regions }: Bounds, capability: Capability | undefined): string | undefined =>
  capability === undefined || capability.regions.length === 0
    ? undefined
    : regions?.find((region) => capability.regions.includes(region))

const oneOf = (allowed: ReadonlyArray<string>): string =>
  allowed.length === 0 ? "must not be asked for" : `must be one of ${allowed.join(", ")}`

const outside = (
  bounds: Bounds & { readonly maxTtl: number },
  capability: Capability | undefined,
  request: Request
): ReadonlyArray<FieldIssue> => {
  const { maxSession, maxTtl, purposes, regions } = bounds
  const { maxSessionSeconds, purpose, region, ttlSeconds } = request
  const issues: Array<FieldIssue> = []
  const note = (field: FieldIssue["field"], message: string) => void issues.push({ field, message })
  if (purposes?.includes(purpose) === false) note("purpose", oneOf(purposes))
  if (ttlSeconds !== undefined && ttlSeconds > maxTtl) note("ttlSeconds", `must be at most ${maxTtl}`)
  const shortest = capability?.ttlSeconds.min ?? 1
  if (shortest > maxTtl) {
    note("purpose", `${purpose} has credentials of ${shortest} seconds or more, and the policy allows ${maxTtl}`)
  }
  if (maxSession !== undefined && maxSessionSeconds !== undefined && maxSessionSeconds > maxSession) {
    note("maxSessionSeconds", `must be at most ${maxSession}`)
  }
  if (regions !== undefined && region !== undefined && !regions.includes(region)) note("region", oneOf(regions))
  if (region === undefined && !isInRegion(bounds, capability)) {
    note("purpose", `${purpose} is not served in an allowed region`)
  }
  return issues
}

/** Whether a request that names no region stays within the allowed ones. A purpose that the provider does not serve is its own to refuse. */
const isInRegion = ({ allowNoRegion, regions }: Bounds, capability: Capability | undefined): boolean => {
  if (regions === undefined || capability === undefined) return true
  if (capability.regions.length === 0) return allowNoRegion
  return regions.some((region) => capability.regions.includes(region))
}
