/** A budget, and a hold that all keep to, over Effect's `RateLimiter`: in this process, or in every process that uses the same store. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as RateLimiter from "effect/persistence/RateLimiter"
import { monotonicMillis } from "../Deadline.ts"
import { Events } from "../Events.ts"
import type { Limits } from "./Gate.ts"

/** What is used of a `RateLimiter`. */
export type Limiter = Pick<RateLimiter.RateLimiter, "consume" | "adaptiveConsume" | "adaptiveFeedback">

/** A store that takes longer counts as one that does not answer. */
const answerLimit = Duration.millis(250)

/** In milliseconds: a store that did not answer is left alone for so long. */
const pause = 5000

/**
 * Makes a limiter of this process. The store in memory reads the wall clock: it is shown the monotonic one, as a clock that is set back would hold
 * everybody for as long.
 */
export const local: Effect.Effect<Limiter> = Effect.gen(function* () {
  const clock = yield* Clock.Clock
  const millis = () => Number(clock.monotonicTimeNanosUnsafe() / 1000n) / 1000
  const steady: Clock.Clock = {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
    currentTimeNanos: clock.monotonicTimeNanos,
    monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: clock.monotonicTimeNanos,
    sleep: (duration) => clock.sleep(duration)
  }
  const limiter = yield* Effect.provide(RateLimiter.make, RateLimiter.layerStoreMemory)
  const steadily = Effect.provideService(Clock.Clock, steady)
  return {
    consume: (options) => steadily(limiter.consume(options)),
    adaptiveConsume: (options) => steadily(limiter.adaptiveConsume(options)),
    adaptiveFeedback: (options) => steadily(limiter.adaptiveFeedback(options))
  }
})

/** Makes a limiter that asks the first, and the second while the first does not answer; tells when that begins and when it is over. */
export const withFallback = Effect.fnUntraced(function* (
  provider: string,
  shared: Limiter,
  instead: Limiter
): Effect.fn.Return<Limiter> {
  const publish = yield* Events
  let downUntil = Number.NEGATIVE_INFINITY
  let down = false

  const lost = Effect.flatMap(monotonicMillis, (now) => {
    downUntil = now + pause
    if (down) return Effect.void
    down = true
    return publish({ _tag: "SharingDegraded", provider, reason: "the store of the rate limiter does not answer" })
  })
  const regained = Effect.suspend(() => {
    if (!down) return Effect.void
    down = false
    return publish({ _tag: "SharingRestored", provider })
  })
  const ask = Effect.fnUntraced(function* <A>(
    request: (limiter: Limiter) => Effect.Effect<A, RateLimiter.RateLimiterError>
  ): Effect.fn.Return<A, RateLimiter.RateLimiterError> {
    if ((yield* monotonicMillis) < downUntil) return yield* request(instead)
    return yield* request(shared).pipe(
      Effect.timeout(answerLimit),
      Effect.tap(regained),
      Effect.catch((error) =>
        error._tag === "RateLimiterError" && error.reason._tag === "RateLimitExceeded"
          ? Effect.andThen(regained, Effect.fail(error))
          : Effect.andThen(lost, request(instead))
      )
    )
  })
  return {
    consume: (options) => ask((limiter) => limiter.consume(options)),
    adaptiveConsume: (options) => ask((limiter) => limiter.adaptiveConsume(options)),
    adaptiveFeedback: (options) => ask((limiter) => limiter.adaptiveFeedback(options))
  }
})

/**
 * Makes the limits that go by this name. What is learned from refusals is learned elsewhere, so the limiter sees no tokens of calls and only keeps
 * the time until which all are held.
 */
export const make = (limiter: Limiter, key: string, perMinute: number, burst: number): Limits => {
  const window = Duration.millis((60_000 * burst) / perMinute)
  const free = { wait: 0, epoch: 0 }
  return {
    ask: Effect.gen(function* () {
      const { delay, epoch } = yield* limiter.adaptiveConsume({
        key,
        tokens: 0,
        fallbackLimit: burst,
        fallbackWindow: window
      })
      if (Duration.isGreaterThan(delay, Duration.zero)) return { wait: Duration.toMillis(delay), epoch }
      const wait = yield* limiter.consume({ algorithm: "token-bucket", key, limit: burst, window }).pipe(
        Effect.as(0),
        Effect.catchReason("RateLimiterError", "RateLimitExceeded", ({ retryAfter }) =>
          Effect.succeed(Math.max(1, Duration.toMillis(retryAfter)))
        )
      )
      return { wait, epoch }
    }).pipe(Effect.orElseSucceed(() => free)),
    close: (epoch, milliseconds) =>
      limiter
        .adaptiveFeedback({ key, epoch, tokens: 0, status: 429, retryAfter: Duration.millis(milliseconds) })
        .pipe(Effect.ignore)
  }
}
