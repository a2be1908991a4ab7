/**
 * Rate limiter for the calls to a vendor account. Every provider has one: after a 429 it stops all
 * calls for as long as the vendor says, and subjects take turns. Consecutive 429s slow the calls
 * down from then on. `layer` enforces a known limit from the start; `layerShared` enforces it
 * across machines.
 *
 * ```ts
 * import * as Minter from "@tempcred/core/Minter"
 * import * as RateGate from "@tempcred/core/RateGate"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 * import * as Layer from "effect/Layer"
 *
 * const gated = Soniox.layerConfig.pipe(Layer.provide(RateGate.layer({ perMinute: 600 })))
 * const minter = Minter.make(gated)
 * const credential = await minter.mint({ purpose: "stt.realtime" })
 * console.log(credential.provider) // => soniox
 * await minter.close()
 * ```
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RateLimiter from "effect/persistence/RateLimiter"
import { ConfigurationError, type Issue } from "./ConfigurationError.ts"
import * as Gate from "./rate-gate/Gate.ts"
import { type Gates, RateGate } from "./rate-gate/Gates.ts"
import * as RateLimits from "./rate-gate/RateLimits.ts"

export { type Gates, RateGate } from "./rate-gate/Gates.ts"

/**
 * A vendor's rate limit.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Calls per minute to one account, for all who share the limiter; spread evenly. */
  readonly perMinute: number
  /**
   * The number of calls that can start at once after an idle time, in addition to the calls of the
   * following minute.
   *
   * @default 1
   */
  readonly burst?: number | undefined
}

/**
 * Enforces a rate limit for the providers below it, one for each account. Fails with
 * `ConfigurationError` if an option is invalid.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<never, ConfigurationError> =>
  Layer.effect(
    RateGate,
    Effect.flatMap(RateLimits.local, (limiter) => make(options, () => Effect.succeed(limiter)))
  )

/**
 * Enforces a rate limit, and shares 429s, with all who use the same `RateLimiter` store, such as
 * Redis. While the store is unavailable, each process enforces the limit by itself.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerShared = (options: Options): Layer.Layer<never, ConfigurationError, RateLimiter.RateLimiter> =>
  Layer.effect(
    RateGate,
    Effect.gen(function* () {
      const limiter = yield* RateLimiter.RateLimiter
      const instead = yield* RateLimits.local
      return yield* make(options, (provider) => RateLimits.withFallback(provider, limiter, instead))
    })
  )

const make = Effect.fnUntraced(function* (
  { perMinute, burst = 1 }: Options,
  limiterOf: (provider: string) => Effect.Effect<RateLimits.Limiter>
): Effect.fn.Return<Gates, ConfigurationError> {
  const issues = check(perMinute, burst)
  if (issues.length > 0) return yield* new ConfigurationError({ issues })
  const settings = { perMillisecond: perMinute / 60_000, burst, firstWindow: Infinity }
  const gates = new Map<string, Gate.Gate>()
  return Effect.fnUntraced(function* (provider, account) {
    const key = `${provider} ${yield* account}`
    const limits = RateLimits.make(yield* limiterOf(provider), key, perMinute, burst)
    const made = yield* Gate.make(provider, limits, settings)
    // Another call may have made the account's gate in the meantime.
    const gate = gates.get(key) ?? made
    gates.set(key, gate)
    return gate
  })
})

const check = (perMinute: number, burst: number): ReadonlyArray<Issue> => {
  const issues: Array<Issue> = []
  if (!(perMinute > 0 && Number.isFinite(perMinute))) {
    issues.push({ name: "RateGate.perMinute", message: "must be more than zero and finite" })
  }
  if (!Number.isSafeInteger(burst) || burst < 1) {
    issues.push({ name: "RateGate.burst", message: "must be a whole number, 1 or more" })
  }
  return issues
}
