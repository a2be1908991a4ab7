/**
 * Keeps the calls to a vendor account under its rate limit. There is always a gate: one refusal (429) holds every call of that provider for as long as the
 * vendor says, and subjects take turns. Where refusals in a row show a limit, the calls are paced from then on. `layer` keeps under a known limit to begin
 * with, and `layerShared` does so together with other machines.
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
 * What is known of a vendor's limit.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Calls to one account in a minute, by all that share the gate; they are spread evenly. */
  readonly perMinute: number
  /** How many may go at once after a rest; they come on top in the minute that follows. @default 1 */
  readonly burst?: number | undefined
}

/**
 * Gives the providers that it is provided to a budget, which is one for all that have the same account; fails where a value makes no sense.
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
 * Gives the providers that it is provided to a budget that they share, as they share a refusal, with all who use the same store of the `RateLimiter`, such
 * as Redis. While the store does not answer, each process keeps to the budget by itself.
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
    // Another may have been made meanwhile, and there is one for an account.
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
