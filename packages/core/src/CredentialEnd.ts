/**
 * The expiry of a credential by the monotonic clock. The first holder fixes it, and it stays with
 * the credential, so that other holders do not compute it from a wall clock that was set back.
 */
import * as DateTime from "effect/DateTime"
import type { ClockReading } from "./ClockReading.ts"
import type { TempCredential } from "./TempCredential.ts"

const ends = new WeakMap<TempCredential, ClockReading>()

/**
 * Returns the expiry of a credential. `begun` is the start of the mint, for the first holder. A
 * wall clock that was set back during the mint does not extend the lifetime.
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

/** Gives a copy of a credential the expiry of its original. */
export const inheritEnd = (copy: TempCredential, original: TempCredential): TempCredential => {
  const end = ends.get(original)
  if (end !== undefined) ends.set(copy, end)
  return copy
}

/**
 * Returns the remaining milliseconds by the stricter clock. The wall clock notices that a machine
 * slept, the monotonic clock that the wall clock was set back.
 */
export const lifeLeft = (end: ClockReading, now: ClockReading): number =>
  Math.min(end.monotonic - now.monotonic, end.wall - now.wall)
