/**
 * By when the mint under way must be over, for whoever below would wait: a wrapper that has only so much time to give says so here, so that a
 * wait that would not fit is not begun. It is kept in monotonic time, which no stepped clock moves.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

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

/** Tells the monotonic time in milliseconds, with microseconds behind the point. */
export const monotonicMillis: Effect.Effect<number> = Effect.map(
  Clock.monotonicTimeNanos,
  (nanos) => Number(nanos / 1000n) / 1000
)

/** Tells how many milliseconds are left; infinitely many where nobody set an end. */
export const remaining: Effect.Effect<number> = Effect.zipWith(Deadline, monotonicMillis, (end, now) => end() - now)

/** Tells what runs inside that it has so many milliseconds, or fewer where an end was set further out; it does not interrupt. */
export const within =
  (millis: number) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(monotonicMillis, (now) =>
      Effect.updateService(self, Deadline, (end) => () => Math.min(end(), now + millis))
    )
