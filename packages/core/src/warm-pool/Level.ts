/**
 * The credentials of one scope in a pool, and the number that it aims at. The functions are pure. Lengths and times are
 * monotonic milliseconds, with the wall clock as a second check.
 */
import type { ClockReading } from "../ClockReading.ts"
import { lifeLeft } from "../CredentialEnd.ts"
import type { TempCredential } from "../TempCredential.ts"

/** A credential in stock. */
interface Kept {
  readonly credential: TempCredential
  /** The latest time to give it out, by both clocks. */
  readonly until: ClockReading
  /** The remaining lifetime at that time. */
  readonly spare: number
}

/** The stock of one scope. */
export interface Level {
  readonly kept: ReadonlyArray<Kept>
  /** How many credentials to keep ready: more after a request that found none, fewer after credentials that nobody took. */
  readonly target: number
  /** Whether the scope was requested before, and when it was last. */
  readonly isAsked: boolean
  readonly askedAt: number
}

/** The bounds of the target. */
export interface Bounds {
  readonly min: number
  readonly max: number
}

/** Makes the empty stock of a scope that is requested now. */
export const make = ({ min }: Bounds, now: number): Level => ({ kept: [], target: min, isAsked: false, askedAt: now })

/** Discards old credentials, and lowers the target by their number. */
export const aged = (level: Level, at: ClockReading, { min }: Bounds): Level => {
  const kept = level.kept.filter(({ until }) => lifeLeft(until, at) > 0)
  return { ...level, kept, target: Math.max(min, level.target - (level.kept.length - kept.length)) }
}

/** Takes the oldest credential that has at least so many milliseconds left, if there is one. */
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

/** Adds a credential that ends then, unless it has no more than the spare lifetime left. */
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

/** Tells for how many milliseconds nothing ages; `Infinity` for an empty stock. */
export const untilNext = ({ kept }: Level, now: number): number =>
  Math.min(...kept.map(({ until }) => until.monotonic - now))
