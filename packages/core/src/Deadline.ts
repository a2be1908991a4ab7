/**
 * The deadline of the current mint. A wrapper that has only so much time sets it, so that nothing below begins a wait that would not fit.
 * It is monotonic time, which no change of the wall clock moves.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

/** In monotonic milliseconds; it is read again at each step, as a caller with more time may join a mint that is under way. */
const Deadline: Context.Reference<() => number> = Context.Reference("@tempcred/core/Deadline", {
  defaultValue: () => () => Number.POSITIVE_INFINITY
})

/** Reads the deadline of a fiber from its context, in monotonic milliseconds. */
export const endOf = (context: Context.Context<never>): number => Context.get(context, Deadline)()

/** Replaces the deadline of what runs inside by one that may move. */
export const until =
  (end: () => number) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.provideService(self, Deadline, end)

/** Reads the monotonic time of a fiber's clock in milliseconds, with microseconds behind the point. */
export const millisUnsafe = (fiber: Fiber.Fiber<unknown, unknown>): number =>
  Number(fiber.getRef(Clock.Clock).monotonicTimeNanosUnsafe() / 1000n) / 1000

/** Reads the monotonic time in milliseconds. */
export const monotonicMillis: Effect.Effect<number> = Effect.withFiber((fiber) => Effect.succeed(millisUnsafe(fiber)))

/** Tells how many milliseconds a fiber has left at a moment; infinitely many where nobody set a deadline. */
export const remainingUnsafe = (fiber: Fiber.Fiber<unknown, unknown>, now: number): number =>
  fiber.getRef(Deadline)() - now

/** Tells how many milliseconds are left; infinitely many where nobody set a deadline. */
export const remaining: Effect.Effect<number> = Effect.withFiber((fiber) =>
  Effect.succeed(remainingUnsafe(fiber, millisUnsafe(fiber)))
)

/** Sets a deadline in so many milliseconds, or keeps an earlier one. It interrupts nothing. */
export const within =
  (millis: number) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.withFiber((fiber) => {
      const end = millisUnsafe(fiber) + millis
      const outer = fiber.getRef(Deadline)
      return Effect.provideService(self, Deadline, () => Math.min(outer(), end))
    })

/** The longest time of a platform's timer, in milliseconds; a longer one would end at once. */
const longestTimer = 2 ** 31 - 1

const live = Context.get(Context.empty(), Clock.Clock)

/**
 * Calls back after so many milliseconds by the clock of a fiber, and returns what stops that. The platform's own clock needs the platform's timer only;
 * any other clock, such as that of a test, is slept by.
 */
export const after = (fiber: Fiber.Fiber<unknown, unknown>, milliseconds: number, then: () => void): (() => void) => {
  if (milliseconds === Number.POSITIVE_INFINITY) return () => {}
  const clock = fiber.getRef(Clock.Clock)
  if (clock === live) {
    const timer = setTimeout(then, Math.min(milliseconds, longestTimer))
    return () => clearTimeout(timer)
  }
  const sleep = clock.sleep(Duration.millis(milliseconds))
  const sleeper = Effect.runForkWith(fiber.context)(Effect.andThen(sleep, Effect.sync(then)))
  return () => sleeper.interruptUnsafe()
}
