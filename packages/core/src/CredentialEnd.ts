/**
 * When a credential ends by the monotonic clock: it is fixed by the first holder that the credential comes to, and travels with it, so that holders
 * above do not work it out again from a wall clock that may have been set back meanwhile.
 */
import * as DateTime from "effect/DateTime"
import type { ClockReading } from "./ClockReading.ts"
import type { TempCredential } from "./TempCredential.ts"

const ends = new WeakMap<TempCredential, ClockReading>()

/**
 * Tells when a credential ends, whose mint began at `begun` if this is its first holder. A wall clock that was set back during the mint lengthens no life.
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

/**
 * Tells how many milliseconds are left until an end. The stricter clock decides: a machine that slept is told by the wall clock, a wall clock that was
 * set back by the monotonic one.
 */
export const lifeLeft = (end: ClockReading, now: ClockReading): number =>
  Math.min(end.monotonic - now.monotonic, end.wall - now.wall)
