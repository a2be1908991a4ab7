/**
 * The scope of a request as text. Requests with equal fields have the same scope and can share a
 * credential. An absent field equals `undefined` and the default, and a `Duration` equals its text.
 * The key does not contain the provider, because each cache belongs to one provider.
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { findForeign } from "./Json.ts"
import { isName, type MintRequest } from "./mint-request/Fields.ts"

const fields: ReadonlySet<string> = new Set(
  Object.keys({
    purpose: true,
    ttl: true,
    subject: true,
    singleUse: true,
    maxSession: true,
    usableFor: true,
    session: true,
    region: true,
    exposure: true,
    onUnsupported: true
  } satisfies Record<keyof MintRequest, true>)
)

const isText = (value: unknown): boolean => value === undefined || isName(value)

const isOneOf = <A>(value: unknown, one: A, other: A): boolean =>
  value === undefined || value === one || value === other

/** Tells whether a request has only known fields with valid values. Does not check purpose, durations and session. */
const isWellFormed = (request: MintRequest): boolean => {
  if (!Predicate.isObject(request)) return false
  for (const name in request) if (!fields.has(name)) return false
  return (
    isText(request.subject) &&
    isText(request.region) &&
    (isOneOf(request.singleUse, true, false) || request.singleUse === "preferred") &&
    isOneOf(request.exposure, "client", "server") &&
    isOneOf(request.onUnsupported, "reject", "relax")
  )
}

/** Tells whether all fields but purpose and subject are absent or have their defaults. */
const isPlain = (request: MintRequest): boolean =>
  request.ttl === undefined &&
  request.region === undefined &&
  request.session === undefined &&
  request.maxSession === undefined &&
  request.usableFor === undefined &&
  (request.singleUse ?? false) === false &&
  request.exposure !== "server" &&
  request.onUnsupported !== "relax"

/** Formats a duration in milliseconds; `undefined` if it is not a duration. */
const lengthKey = (length: MintRequest["ttl"]): string | undefined => {
  if (length === undefined) return ""
  if (Duration.isDuration(length)) return String(Duration.toMillis(length))
  if (typeof length !== "string") return undefined
  const read = Duration.fromInput(length)
  return Option.isSome(read) ? String(Duration.toMillis(read.value)) : undefined
}

/** Formats a value as JSON with sorted object keys, so that equal values are equal text. */
const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    Predicate.isObject(part) && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : part
  )

/** Formats a session; `undefined` if JSON cannot represent it. An absent lock equals the weakest one. */
const sessionKey = (session: MintRequest["session"]): string | undefined => {
  if (session === undefined) return ""
  if (!Predicate.isObject(session)) return undefined
  const { lock = "none" } = session
  const bound = { ...session, lock }
  return findForeign(bound, "session") === undefined ? sorted(bound) : undefined
}

/**
 * Formats the scope key of a request; `undefined` for a malformed request. The key contains the
 * subject in plain text and must not leave the process.
 */
export const of = (request: MintRequest): string | undefined => {
  if (!isWellFormed(request)) return undefined
  // The most common requests have the shortest key, because formatting and hashing the key is most of the
  // cost of a cache hit.
  if (isPlain(request))
    return request.subject === undefined ? request.purpose : `${request.purpose} =${request.subject}`
  const ttl = lengthKey(request.ttl)
  const maxSession = lengthKey(request.maxSession)
  const usableFor = lengthKey(request.usableFor)
  if (ttl === undefined || maxSession === undefined || usableFor === undefined) return undefined
  const { purpose, exposure, onUnsupported, region, session, singleUse, subject } = request
  // A region and a subject can be any text. To keep keys unambiguous, the region is prefixed with its
  // length, and the subject comes last.
  const place = region === undefined ? "" : `${region.length}:${region}`
  const owner = subject === undefined ? "" : `=${subject}`
  const bound = sessionKey(session)
  if (bound === undefined) return undefined
  return `${purpose} ${ttl} ${maxSession} ${usableFor} ${bound.length}:${bound} ${singleUse ?? false} ${exposure ?? "client"} ${onUnsupported ?? "reject"} ${place} ${owner}`
}

/** A copy of the defined fields of a request, and their number, for comparison with later requests. */
export interface Kept {
  readonly request: MintRequest
  readonly size: number
}

/** Copies the defined fields of a request. */
export const keep = (given: MintRequest): Kept => {
  // Fields are read by name, because a request may be a class instance with getters.
  const { exposure, maxSession, onUnsupported, purpose, region, session, singleUse, subject, ttl, usableFor } = given
  const others = { exposure, maxSession, onUnsupported, region, session, singleUse, subject, ttl, usableFor }
  const present = Object.entries(others).filter(([, value]) => value !== undefined)
  return { request: { purpose, ...Object.fromEntries(present) }, size: present.length + 1 }
}

/**
 * Tells whether a request equals a copied one, without formatting its key. May return false for equal
 * durations in different notations. Always returns false for requests with a session.
 */
export const saysTheSame = ({ request, size }: Kept, other: MintRequest): boolean => {
  let count = 0
  for (const _ in other) count += 1
  return (
    count === size &&
    request.purpose === other.purpose &&
    request.subject === other.subject &&
    request.ttl === other.ttl &&
    request.region === other.region &&
    request.exposure === other.exposure &&
    request.maxSession === other.maxSession &&
    request.usableFor === other.usableFor &&
    request.session === undefined &&
    other.session === undefined &&
    request.singleUse === other.singleUse &&
    request.onUnsupported === other.onUnsupported
  )
}
