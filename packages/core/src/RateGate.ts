/**
 * Rate limiter for the calls to a vendor account. Every provider has one. Subjects take turns. After a
 * 429, it stops all calls for as long as the vendor says. Consecutive 429s slow the calls down from
 * then on. `layer` enforces a known limit from the start; with a `store`, machines share the limit.
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

import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { ConfigurationError, type Issue } from "./ConfigurationError.ts"
import { type Event, Events } from "./Events.ts"
import { fingerprint } from "./Fingerprint.ts"
import * as Gate from "./rate-gate/Gate.ts"
import { type Gates, RateGate } from "./rate-gate/Gates.ts"
import * as RateLimits from "./rate-gate/RateLimits.ts"
import type { Budget, SharedStore } from "./SharedStore.ts"

export { type Gates, RateGate } from "./rate-gate/Gates.ts"
export type { Budget, RateStore } from "./SharedStore.ts"

/** The time limit of one request to the store. A longer one counts as an outage. */
const answerLimit = Duration.millis(250)

/**
 * A vendor's rate limit.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The number of calls per minute to one account, spread evenly. */
  readonly perMinute: number
  /**
   * The number of calls that can start at once after an idle time, in addition to the calls of the
   * following minute.
   *
   * @default 1
   */
  readonly burst?: number | undefined
  /**
   * The store that machines share, such as `Redis.connect(url)` of `@tempcred/redis`. All machines
   * together stay within the limit, and a 429 on one machine stops all. While the store is
   * unavailable, each process enforces the limit by itself.
   *
   * @default none: each process enforces the limit by itself
   */
  readonly store?: Pick<SharedStore, "rates"> | undefined
}

/**
 * Enforces a rate limit for each account of the providers below it. Fails with `ConfigurationError` if
 * an option is invalid, and never because of the store.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<never, ConfigurationError> => Layer.effect(RateGate, make(options))

const make = Effect.fnUntraced(function* ({
  burst = 1,
  perMinute,
  store
}: Options): Effect.fn.Return<Gates, ConfigurationError, Scope.Scope> {
  const issues = check(perMinute, burst)
  if (issues.length > 0) return yield* new ConfigurationError({ issues })
  const budget = { perMinute, burst }
  const settings = { perMillisecond: perMinute / 60_000, burst, firstWindow: Infinity }
  const gates = new Map<string, Gate.Gate>()
  const limitsOf = store === undefined ? undefined : yield* sharing(store, budget)
  return Effect.fnUntraced(function* (provider, account) {
    const key = `${provider} ${yield* account}`
    const limits = limitsOf === undefined ? RateLimits.local(budget) : yield* limitsOf(provider, key)
    const made = yield* Gate.make(provider, limits, settings)
    // Another fiber may have made the account's gate in the meantime.
    const gate = gates.get(key) ?? made
    gates.set(key, gate)
    return gate
  })
})

/** Opens the store. Publishes an outage of the store as an event of each provider that uses it. */
const sharing = Effect.fnUntraced(function* (store: NonNullable<Options["store"]>, budget: Budget) {
  const publishers = new Map<string, (event: Event) => Effect.Effect<void>>()
  const publish = (event: (provider: string) => Event) =>
    Effect.suspend(() => Effect.forEach(publishers, ([provider, send]) => send(event(provider)), { discard: true }))
  const rates = yield* store.rates({
    limit: answerLimit,
    onDown: (reason) => publish((provider) => ({ _tag: "SharingDegraded", provider, reason })),
    onUp: publish((provider) => ({ _tag: "SharingRestored", provider }))
  })
  return Effect.fnUntraced(function* (provider: string, key: string) {
    publishers.set(provider, yield* Events)
    return RateLimits.shared(rates, yield* fingerprint(Redacted.make(key)), budget)
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
