/**
 * The current time by two clocks. The monotonic clock measures durations. The wall clock also counts
 * the time that the machine slept.
 */
import type * as Clock from "effect/Clock"

/** The current time in milliseconds, by the monotonic clock and by the wall clock. */
export interface ClockReading {
  readonly monotonic: number
  readonly wall: number
}

/** Reads both clocks. */
export const moment = (clock: Clock.Clock): ClockReading => ({
  monotonic: Number(clock.monotonicTimeNanosUnsafe()) / 1e6,
  wall: clock.currentTimeMillisUnsafe()
})
