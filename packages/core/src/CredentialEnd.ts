/**
 * The expiry of a credential by the monotonic clock. It is computed once per credential, so that a
 * wall clock that is set back later does not extend it.
 */
import * as DateTime from "effect/DateTime"
import type { ClockReading } from "./ClockReading.ts"
import type { TempCredential } from "./TempCredential.ts"

const ends = new WeakMap<TempCredential, ClockReading>()

/**
 * Returns the expiry of a credential, which the first call computes. `begun` is the start of the
 * mint. A wall clock that was set back during the mint does not extend the lifetime.
 */
export const endOf = (credential: TempCredential, begun: ClockReading, now: ClockReading): ClockReading => {
  const known = ends.get(credential)
  if (known !== undefined) return known
  const setBack = Math.max(0, now.monotonic - begun.monotonic - (now.wall - begun.wall))
  const wall = DateTime.toEpochMillis(credential.expiresAt)
  const end = { monotonic: now.monotonic + wall - now.wall - setBack, wall }
  ends.set(credential, end)
  return end
}

/** Copies the expiry of a credential to a copy of it. */
export const inheritEnd = (copy: TempCredential, original: TempCredential): TempCredential => {
  const end = ends.get(original)
  if (end !== undefined) ends.set(copy, end)
  return copy
}

/**
 * Returns the remaining milliseconds by the stricter clock. Only the wall clock counts the time that
 * the machine slept. Only the monotonic clock is unaffected when the wall clock is set back.
 */
export const lifeLeft = (end: ClockReading, now: ClockReading): number =>
  Math.min(end.monotonic - now.monotonic, end.wall - now.wall)
