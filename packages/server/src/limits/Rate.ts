/**
 * So many in a minute, counted by Effect's `RateLimiter`: whoever has had them all waits until a minute has passed since the first of them.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as RateLimiter from "effect/persistence/RateLimiter"

const window = Duration.minutes(1)

/**
 * Counts one more for a key, or tells how long until it may have more.
 *
 * @category models
 * @since 0.1.0
 */
export type Rate = (key: string) => Effect.Effect<Duration.Duration | undefined, RateLimiter.RateLimiterError>

/**
 * Makes a rate that a limiter counts.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make =
  (limiter: RateLimiter.RateLimiter, perMinute: number): Rate =>
  (key) =>
    limiter.consume({ algorithm: "fixed-window", key, limit: perMinute, window }).pipe(
      Effect.as(undefined),
      Effect.catchReason("RateLimiterError", "RateLimitExceeded", ({ retryAfter }) => Effect.succeed(retryAfter))
    )

/** In milliseconds. */
interface Counter {
  count: number
  endsAt: number
}

/**
 * Makes a limiter of this process. Counts that have ended are forgotten within two minutes, which Effect's own store in memory never does, and they end by the
 * monotonic clock, as a clock that is set back would hold everybody for as long.
 *
 * @category constructors
 * @since 0.1.0
 */
export const local: Effect.Effect<RateLimiter.RateLimiter> = Effect.gen(function* () {
  const memory = yield* Effect.provide(RateLimiter.RateLimiterStore, RateLimiter.layerStoreMemory)
  const counters = new Map<string, Counter>()
  let sweptAt = 0

  const sweep = (now: number) => {
    if (now - sweptAt < Duration.toMillis(window)) return
    sweptAt = now
    for (const [key, { endsAt }] of counters) if (endsAt <= now) counters.delete(key)
  }
  const fixedWindow: typeof memory.fixedWindow = ({ key, limit = Infinity, refillRate, tokens }) =>
    Effect.map(Clock.monotonicTimeNanos, (nanos) => {
      const now = Number(nanos / 1000n) / 1000
      sweep(now)
      const known = counters.get(key)
      const counter = known === undefined || known.endsAt <= now ? { count: 0, endsAt: now } : known
      const count = counter.count + tokens
      if (count > limit) return [count, counter.endsAt - now]
      counters.set(key, { count, endsAt: counter.endsAt + Duration.toMillis(refillRate) * tokens })
      return [count, counter.endsAt - now]
    })
  return yield* Effect.provideService(RateLimiter.make, RateLimiter.RateLimiterStore, { ...memory, fixedWindow })
})
