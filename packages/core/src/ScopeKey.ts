/**
 * Which requests may be served with one credential: those whose every field says the same. A field that is absent, `undefined` or its default is
 * one thing, and so are a `Duration` and the text that stands for it. The provider has no place in the key, as each cache stands over one.
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { findForeign } from "./Json.ts"
import { isName, type MintRequest } from "./MintRequest.ts"

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

/** Whether the request is of the shape that its type promises; what is not is left to `MintRequest.decode` to refuse. */
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

/** Whether it says no more than for what and for whom. */
const isPlain = (request: MintRequest): boolean =>
  request.ttl === undefined &&
  request.region === undefined &&
  request.session === undefined &&
  request.maxSession === undefined &&
  request.usableFor === undefined &&
  (request.singleUse ?? false) === false &&
  request.exposure !== "server" &&
  request.onUnsupported !== "relax"

/** In milliseconds, as text; `undefined` where it is no length. */
const lengthKey = (length: MintRequest["ttl"]): string | undefined => {
  if (length === undefined) return ""
  if (Duration.isDuration(length)) return String(Duration.toMillis(length))
  if (typeof length !== "string") return undefined
  const read = Duration.fromInput(length)
  return Option.isSome(read) ? String(Duration.toMillis(read.value)) : undefined
}

/** JSON with the names of every object in order, so that equal values are equal text. */
const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    Predicate.isObject(part) && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : part
  )

/** A lock that is absent is the weakest, whatever the vendor makes of that; what else a session says is for `MintRequest.decode` to judge. */
const sessionKey = (session: MintRequest["session"]): string | undefined => {
  if (session === undefined) return ""
  if (!Predicate.isObject(session)) return undefined
  const { lock = "none" } = session
  const bound = { ...session, lock }
  return findForeign(bound, "session") === undefined ? sorted(bound) : undefined
}

/** Writes the key of a request, or nothing for one that is malformed. It holds the subject in clear, so it must not leave the cache. */
export const scopeKey = (request: MintRequest): string | undefined => {
  if (!isWellFormed(request)) return undefined
  // The shortest text for what is asked most, as to write a key and to hash it is most of what a cache does.
  if (isPlain(request))
    return request.subject === undefined ? request.purpose : `${request.purpose} =${request.subject}`
  const ttl = lengthKey(request.ttl)
  const maxSession = lengthKey(request.maxSession)
  const usableFor = lengthKey(request.usableFor)
  if (ttl === undefined || maxSession === undefined || usableFor === undefined) return undefined
  const { purpose, exposure, onUnsupported, region, session, singleUse, subject } = request
  // A region and a subject are any text: the one has its length before it, the other comes last.
  const place = region === undefined ? "" : `${region.length}:${region}`
  const owner = subject === undefined ? "" : `=${subject}`
  const bound = sessionKey(session)
  if (bound === undefined) return undefined
  return `${purpose} ${ttl} ${maxSession} ${usableFor} ${bound.length}:${bound} ${singleUse ?? false} ${exposure ?? "client"} ${onUnsupported ?? "reject"} ${place} ${owner}`
}

/** A request as it was when it was made, whatever the caller does with its object afterwards: the fields that say something. */
export interface Kept {
  readonly request: MintRequest
  readonly size: number
}

/** Keeps a request. */
export const keep = (given: MintRequest): Kept => {
  // By name, as a request may be an object whose fields are computed.
  const { exposure, maxSession, onUnsupported, purpose, region, session, singleUse, subject, ttl, usableFor } = given
  const own = session === undefined ? undefined : structuredClone(session)
  const rest = { exposure, maxSession, onUnsupported, region, session: own, singleUse, subject, ttl, usableFor }
  const said = Object.entries(rest).filter(([, value]) => value !== undefined)
  return { request: { purpose, ...Object.fromEntries(said) }, size: said.length + 1 }
}

/** Tells, without writing a key, that a request says what a kept one says; it may miss that two lengths written differently are the same. */
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
