/** Now, by both clocks: lengths are measured by the monotonic one, and the wall clock is a second opinion. */
import type * as Clock from "effect/Clock"

/** Now, in milliseconds, by the clock that nobody sets and by the one on the wall. */
export interface ClockReading {
  readonly monotonic: number
  readonly wall: number
}

/** Reads both clocks. */
export const moment = (clock: Clock.Clock): ClockReading => ({
  monotonic: Number(clock.monotonicTimeNanosUnsafe()) / 1e6,
  wall: clock.currentTimeMillisUnsafe()
})
