/**
 * The pooled credentials of one scope, and their target number. The functions are pure. Durations and times are
 * monotonic milliseconds; the wall clock is a second check of expiry.
 */
import type { ClockReading } from "../ClockReading.ts"
import { lifeLeft } from "../CredentialEnd.ts"
import type { TempCredential } from "../TempCredential.ts"

/** A credential in stock. */
interface Kept {
  readonly credential: TempCredential
  /** The latest time to serve the credential, by both clocks. */
  readonly until: ClockReading
  /** The remaining lifetime at the time `until`. */
  readonly spare: number
}

/** The stock of one scope. */
export interface Level {
  readonly kept: ReadonlyArray<Kept>
  /** The target number of credentials. It rises when a request finds none, and falls when credentials age unused. */
  readonly target: number
  /** Whether the scope was requested before, and the time of the last request. */
  readonly isAsked: boolean
  readonly askedAt: number
}

/** The bounds of the target. */
export interface Bounds {
  readonly min: number
  readonly max: number
}

/** Makes the empty stock of a scope. */
export const make = ({ min }: Bounds, now: number): Level => ({ kept: [], target: min, isAsked: false, askedAt: now })

/** Discards credentials that are past their latest time, and lowers the target by their number. */
export const aged = (level: Level, at: ClockReading, { min }: Bounds): Level => {
  const kept = level.kept.filter(({ until }) => lifeLeft(until, at) > 0)
  return { ...level, kept, target: Math.max(min, level.target - (level.kept.length - kept.length)) }
}

/** Takes the oldest credential with a remaining lifetime of at least `least`, if there is one. */
export const taken = (
  level: Level,
  at: ClockReading,
  least: number,
  bounds: Bounds
): readonly [TempCredential | undefined, Level] => {
  const { isAsked, kept, target } = aged(level, at, bounds)
  const first = kept.find(({ spare, until }) => lifeLeft(until, at) + spare >= least)
  // The first request of a scope does not raise the target.
  const isShort = kept.length === 0 && isAsked
  return [
    first?.credential,
    {
      kept: kept.filter((one) => one !== first),
      target: isShort ? Math.min(bounds.max, target + 1) : target,
      isAsked: true,
      askedAt: at.monotonic
    }
  ]
}

/** Adds a credential that expires at `end`, unless its lifetime is too short. */
export const added = (
  level: Level,
  at: ClockReading,
  credential: TempCredential,
  end: ClockReading,
  minRemaining: number | undefined
): Level => {
  const life = lifeLeft(end, at)
  const spare = minRemaining ?? life / 2
  if (life <= spare) return level
  const until = { monotonic: end.monotonic - spare, wall: end.wall - spare }
  return { ...level, kept: [...level.kept, { credential, until, spare }] }
}

/** Returns the milliseconds until the next credential must be discarded; `Infinity` for an empty stock. */
export const untilNext = ({ kept }: Level, now: number): number =>
  Math.min(...kept.map(({ until }) => until.monotonic - now))
