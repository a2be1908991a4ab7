/**
 * The state of one scope in the cache, with functions that evaluate it at a given time. The functions
 * do not wait, mint or change the state.
 */
import type * as Clock from "effect/Clock"
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import { breather, memory, pause, type Shares, type Windows, windows } from "./Windows.ts"
import type { MintRequest } from "../MintRequest.ts"
import type { Kept } from "../ScopeKey.ts"
import type { TempCredential } from "../TempCredential.ts"
import type { Reason, TempCredentialError } from "../TempCredentialError.ts"
import { endOf, lifeLeft } from "../CredentialEnd.ts"
import type { ClockReading } from "../ClockReading.ts"

/** A credential with its expiry by both clocks. */
export interface Held {
  readonly credential: TempCredential
  readonly life: number
  readonly end: ClockReading
  readonly windows: Windows
  /** The end of freshness: monotonic time in nanoseconds, and wall clock. */
  readonly fresh: { readonly nanos: bigint; readonly wall: number }
}

/** A failed mint, after which the scope does not mint until the pause ends. */
export interface Refusal {
  readonly cause: Cause.Cause<TempCredentialError>
  /** The end of the pause in monotonic time. */
  readonly until: number
}

/** The entry of one scope, with at most one mint in progress. */
export interface Entry<PendingMint> {
  readonly key: string
  readonly kept: Kept
  /** The request to mint with, decoded. */
  readonly request: MintRequest
  held: Held | undefined
  /** Whether the entry ever had a credential. */
  hasHeld: boolean
  refusal: Refusal | undefined
  pending: PendingMint | undefined
}

/** The requirements of a caller. */
export interface Demand {
  /** The minimum remaining lifetime in milliseconds, in place of the mandatory window. */
  readonly minRemaining: number | undefined
  /** Whether a refresh is forced. */
  readonly refresh: boolean
  /** The fingerprint of a credential that the vendor refused. */
  readonly refused: string | undefined
  /** Whether a new credential that does not satisfy `minRemaining` is an error. */
  readonly isStrict: boolean
}

/** The demand of a caller without requirements. */
export const nothing: Demand = { minRemaining: undefined, refresh: false, refused: undefined, isStrict: false }

/**
 * The phase of a credential for a caller: usable, in the mandatory window (callers wait for a new
 * one), or unusable.
 */
export type Phase = "good" | "mandatory" | "spent"

/**
 * Makes the state of a new credential; `undefined` if it has already expired. `begun` is the start
 * of its mint. A wall clock that was set back in the meantime does not extend the lifetime.
 */
export const hold = (
  credential: TempCredential,
  begun: ClockReading,
  now: ClockReading,
  shares: Shares,
  chance: number
): Held | undefined => {
  const end = endOf(credential, begun, now)
  const life = lifeLeft(end, now)
  if (life <= 0) return undefined
  const ahead = windows(life, shares, chance)
  const fresh = { nanos: BigInt(Math.floor((end.monotonic - ahead.advisory) * 1e6)), wall: end.wall - ahead.advisory }
  return { credential, life, end, windows: ahead, fresh }
}

/**
 * Tells whether a credential is usable and not due for a refresh. It compares each clock once,
 * because every cache hit does this.
 */
export const isFresh = ({ fresh }: Held, clock: Clock.Clock): boolean =>
  clock.monotonicTimeNanosUnsafe() < fresh.nanos && clock.currentTimeMillisUnsafe() < fresh.wall

/** Returns the lifetime of a credential in milliseconds. */
export const lifetime = ({ issuedAt, expiresAt }: TempCredential): number =>
  DateTime.toEpochMillis(expiresAt) - DateTime.toEpochMillis(issuedAt)

/** Returns the remaining milliseconds of a credential. */
export const remaining = ({ end }: Held, now: ClockReading): number => lifeLeft(end, now)

/** Returns the phase of a credential for a caller. */
export const phase = (held: Held, now: ClockReading, { minRemaining, refresh }: Demand): Phase => {
  const left = remaining(held, now)
  if (refresh || left <= 0 || (minRemaining !== undefined && left < minRemaining)) return "spent"
  return minRemaining === undefined && left <= held.windows.mandatory ? "mandatory" : "good"
}

/** Returns the failure whose pause has not ended, if there is one. */
export const refusal = (entry: Entry<unknown>, now: ClockReading): Refusal | undefined =>
  entry.refusal !== undefined && now.monotonic < entry.refusal.until ? entry.refusal : undefined

/** Returns the credential that can be served at once, even if it is being refreshed. */
export const servable = (entry: Entry<unknown>, now: ClockReading, demand: Demand): Held | undefined => {
  const { held } = entry
  if (held === undefined) return undefined
  const where = phase(held, now, demand)
  const waits = where === "spent" || (where === "mandatory" && refusal(entry, now) === undefined)
  return waits ? undefined : held
}

/** Tells whether a background refresh is due. */
export const isDue = (entry: Entry<unknown>, held: Held, now: ClockReading): boolean =>
  entry.pending === undefined && remaining(held, now) <= held.windows.advisory && refusal(entry, now) === undefined

/**
 * Tells whether a retry cannot help and cached credentials of this provider may be
 * invalid too. They are then dropped.
 */
const isTerminal = ({ _tag }: Reason): boolean =>
  _tag === "AuthenticationError" ||
  _tag === "PermissionError" ||
  _tag === "InvalidRequestError" ||
  _tag === "UnsupportedError"

/** Tells whether the provider of the cached credential reports an error that may make the credential invalid. */
export const isRefusal = ({ failures, provider, reason }: TempCredentialError, held: Held | undefined): boolean =>
  (failures ?? [{ provider, reason }]).some(
    (failure) => failure.provider === held?.credential.provider && isTerminal(failure.reason)
  )

/**
 * Returns the pause after a failed mint. There is none after a retryable failure of an entry that never
 * had a credential.
 */
export const refuse = (
  cause: Cause.Cause<TempCredentialError>,
  { hasHeld, held }: Entry<unknown>,
  now: ClockReading,
  chance: number
): Refusal | undefined => {
  const error = Option.getOrUndefined(Cause.findErrorOption(cause))
  const left = held === undefined ? 0 : remaining(held, now)
  if (held !== undefined && left > 0) {
    const asked = error?.retryAfter === undefined ? 0 : Duration.toMillis(error.retryAfter)
    // The pause ends at the latest when the cached credential expires.
    return { cause, until: now.monotonic + Math.min(left, Math.max(asked, pause(held.life, chance))) }
  }
  if (error === undefined) return undefined
  if (!error.isRetryable) return { cause, until: now.monotonic + memory(chance) }
  return hasHeld ? { cause, until: now.monotonic + breather(chance) } : undefined
}
