/** What a cache holds for one scope, and what that means at a given moment. Nothing here waits, mints or reads a clock. */
import type * as Clock from "effect/Clock"
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import { breather, memory, pause, type Shares, type Windows, windows } from "./Windows.ts"
import type { Kept } from "../ScopeKey.ts"
import type { TempCredential } from "../TempCredential.ts"
import type { Reason, TempCredentialError } from "../TempCredentialError.ts"
import { endOf, lifeLeft } from "../CredentialEnd.ts"
import type { ClockReading } from "../ClockReading.ts"

/** A credential and when it ends, by both clocks. */
export interface Held {
  readonly credential: TempCredential
  readonly life: number
  readonly end: ClockReading
  readonly windows: Windows
  /** Until when it is fresh, on the monotonic clock in nanoseconds and on the wall. */
  readonly fresh: { readonly nanos: bigint; readonly wall: number }
}

/** Why nothing is minted for a while. */
export interface Refusal {
  readonly cause: Cause.Cause<TempCredentialError>
  /** On the monotonic clock. */
  readonly until: number
}

/** One scope's place in the cache; `PendingMint` is a mint under way, of which a entry has at most one. */
export interface Entry<PendingMint> {
  readonly key: string
  readonly kept: Kept
  held: Held | undefined
  /** Whether it ever held a credential. */
  hasHeld: boolean
  refusal: Refusal | undefined
  pending: PendingMint | undefined
}

/** What a caller wants beyond a credential that is good now. */
export interface Demand {
  /** In milliseconds; it takes the place of the mandatory window. */
  readonly minRemaining: number | undefined
  /** Whether only a credential that is minted from now on will do. */
  readonly refresh: boolean
  /** The fingerprint of a credential that will not do. */
  readonly refused: string | undefined
  /** Whether more life than a new credential has is an error; otherwise a new credential will do. */
  readonly isStrict: boolean
}

/** What most callers want beyond that. */
export const nothing: Demand = { minRemaining: undefined, refresh: false, refused: undefined, isStrict: false }

/** Where a held credential stands for a caller: it will do, it is in the mandatory window, in which callers wait, or it is spent. */
export type Phase = "good" | "mandatory" | "spent"

/**
 * Holds a credential that arrived from a mint which began at `begun`; nothing if it has already ended. A wall clock that was set back in the
 * meantime cannot lengthen its life.
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

/** Whether a held credential will do and is not due, with one comparison for each clock, as this is the way of every hit. */
export const isFresh = ({ fresh }: Held, clock: Clock.Clock): boolean =>
  clock.monotonicTimeNanosUnsafe() < fresh.nanos && clock.currentTimeMillisUnsafe() < fresh.wall

/** How long a credential lasts from its mint to its end, in milliseconds. */
export const lifetime = ({ issuedAt, expiresAt }: TempCredential): number =>
  DateTime.toEpochMillis(expiresAt) - DateTime.toEpochMillis(issuedAt)

/** Tells how many milliseconds a held credential may still be used. */
export const remaining = ({ end }: Held, now: ClockReading): number => lifeLeft(end, now)

/** Tells where a held credential stands for a caller. */
export const phase = (held: Held, now: ClockReading, { minRemaining, refresh }: Demand): Phase => {
  const left = remaining(held, now)
  if (refresh || left <= 0 || (minRemaining !== undefined && left < minRemaining)) return "spent"
  return minRemaining === undefined && left <= held.windows.mandatory ? "mandatory" : "good"
}

/** The refusal that is in force, if there is one. */
export const refusal = (entry: Entry<unknown>, now: ClockReading): Refusal | undefined =>
  entry.refusal !== undefined && now.monotonic < entry.refusal.until ? entry.refusal : undefined

/** The credential that a caller may be given at once, be it with a renewal beside it. */
export const servable = (entry: Entry<unknown>, now: ClockReading, demand: Demand): Held | undefined => {
  const { held } = entry
  if (held === undefined) return undefined
  const where = phase(held, now, demand)
  const waits = where === "spent" || (where === "mandatory" && refusal(entry, now) === undefined)
  return waits ? undefined : held
}

/** Whether a held credential is to be renewed beside the callers now. */
export const isDue = (entry: Entry<unknown>, held: Held, now: ClockReading): boolean =>
  entry.pending === undefined && remaining(held, now) <= held.windows.advisory && refusal(entry, now) === undefined

/** Whether trying again cannot help and what is held may be void too: such a failure is never hidden behind it. */
export const isTerminal = ({ _tag }: Reason): boolean =>
  _tag === "AuthenticationError" ||
  _tag === "PermissionError" ||
  _tag === "InvalidRequestError" ||
  _tag === "UnsupportedError"

/** Whether a failure tells that the provider of what is held refuses it, also where the error of another provider stands for several. */
export const isRefusal = ({ failures = [], reason }: TempCredentialError, held: Held | undefined): boolean =>
  isTerminal(reason) ||
  failures.some((failure) => failure.provider === held?.credential.provider && isTerminal(failure.reason))

/** What a failed mint leaves behind: no refusal where the next caller may try at once, which is where nothing was ever held. */
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
    // Not beyond the end of what it protects: after that, callers would be refused for nothing.
    return { cause, until: now.monotonic + Math.min(left, Math.max(asked, pause(held.life, chance))) }
  }
  if (error === undefined) return undefined
  if (!error.isRetryable) return { cause, until: now.monotonic + memory(chance) }
  return hasHeld ? { cause, until: now.monotonic + breather(chance) } : undefined
}
