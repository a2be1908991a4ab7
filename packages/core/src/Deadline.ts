/**
 * The deadline of the current mint. A wrapper with a time limit sets it, so that the layers below start
 * no wait beyond it. It is in monotonic time, which does not change with the wall clock.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

/**
 * The deadline in monotonic milliseconds. Each step reads it again, because a caller with more time
 * can join the mint.
 */
const Deadline: Context.Reference<() => number> = Context.Reference("@tempcred/core/Deadline", {
  defaultValue: () => () => Number.POSITIVE_INFINITY
})

/** Reads the deadline of a fiber from its context, in monotonic milliseconds. */
export const endOf = (context: Context.Context<never>): number => Context.get(context, Deadline)()

/** Replaces the deadline of an effect with the result of a function, which may change. */
export const until =
  (end: () => number) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.provideService(self, Deadline, end)

/** Reads the monotonic time of a fiber's clock in milliseconds, to the microsecond. */
export const millisUnsafe = (fiber: Fiber.Fiber<unknown, unknown>): number =>
  Number(fiber.getRef(Clock.Clock).monotonicTimeNanosUnsafe() / 1000n) / 1000

/** Reads the monotonic time in milliseconds. */
export const monotonicMillis: Effect.Effect<number> = Effect.withFiber((fiber) => Effect.succeed(millisUnsafe(fiber)))

/** Returns the milliseconds from `now` until a fiber's deadline; infinite without one. */
export const remainingUnsafe = (fiber: Fiber.Fiber<unknown, unknown>, now: number): number =>
  fiber.getRef(Deadline)() - now

/** Returns the milliseconds left until the deadline; infinite without one. */
export const remaining: Effect.Effect<number> = Effect.withFiber((fiber) =>
  Effect.succeed(remainingUnsafe(fiber, millisUnsafe(fiber)))
)

/** Sets a deadline this many milliseconds from now, unless an earlier one is set. Does not interrupt the effect. */
export const within =
  (millis: number) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.withFiber((fiber) => {
      const end = millisUnsafe(fiber) + millis
      const outer = fiber.getRef(Deadline)
      return Effect.provideService(self, Deadline, () => Math.min(outer(), end))
    })

/** The longest timer that platforms support, in milliseconds. A longer one would fire at once. */
const longestTimer = 2 ** 31 - 1

const live = Context.get(Context.empty(), Clock.Clock)

/**
 * Calls `then` after a delay by a fiber's clock, and returns a function that cancels the call. With the
 * platform's clock, it uses one platform timer. With another clock, such as a test's, it starts a fiber
 * that sleeps.
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
