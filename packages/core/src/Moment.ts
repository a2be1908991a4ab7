/**
 * Now, by both clocks: lengths are measured by the monotonic one, and the wall clock is a second opinion.
 *
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"

/**
 * Now, in milliseconds, by the clock that nobody sets and by the one on the wall.
 *
 * @category models
 * @since 0.1.0
 */
export interface Moment {
  readonly monotonic: number
  readonly wall: number
}

/**
 * Reads both clocks.
 *
 * @category constructors
 * @since 0.1.0
 */
export const moment = (clock: Clock.Clock): Moment => ({
  monotonic: Number(clock.monotonicTimeNanosUnsafe()) / 1e6,
  wall: clock.currentTimeMillisUnsafe()
})
