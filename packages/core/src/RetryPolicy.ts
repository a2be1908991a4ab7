/**
 * When a failed mint is tried again. The standard policy is on by default; `layer` replaces it for the providers below it, and
 * `layerNone` switches retries off. Only reasons that say so are retried, a vendor's `Retry-After` wins over the backoff, and
 * nothing sleeps past the deadline. What has side effects is not repeated where the try before may have had them.
 *
 * ```ts
 * import * as Minter from "@tempcred/core/Minter"
 * import * as RetryPolicy from "@tempcred/core/RetryPolicy"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 * import * as Layer from "effect/Layer"
 *
 * const patient = Soniox.layerConfig.pipe(Layer.provide(RetryPolicy.layer({ attempts: 5 })))
 * const minter = Minter.make(patient)
 * const credential = await minter.mint({ purpose: "stt.realtime" })
 * console.log(credential.provider) // => soniox
 * await minter.close()
 * ```
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import { ConfigurationError, type Issue } from "./ConfigurationError.ts"
import { remaining, within } from "./Deadline.ts"
import type { Gate } from "./rate-gate/Gate.ts"
import { type Reason, TransportError } from "./TempCredentialError.ts"

/**
 * A token bucket that keeps an outage from multiplying traffic: a retry takes `cost` and is not made when the bucket lacks it, a
 * success gives `refund` back.
 *
 * @category models
 * @since 0.1.0
 */
export interface Budget {
  readonly capacity: number
  readonly cost: number
  readonly refund: number
}

/**
 * How a mint is retried. The wait before try n+1 is random between zero and `base` × `factor`^(n-1), at most `cap`.
 * After a 429 the rate gate waits instead.
 *
 * @category models
 * @since 0.1.0
 */
export interface Policy {
  /** Tries in all, the first included; 1 means no retry. */
  readonly attempts: number
  readonly base: Duration.Duration
  readonly factor: number
  readonly cap: Duration.Duration
  /** Bound on one try, from the first byte sent to the last byte of the answer; waiting at the rate gate is not part of it. */
  readonly attemptTimeout: Duration.Duration
  /** Bound on all tries and waits together. */
  readonly deadline: Duration.Duration
  readonly budget: Budget
}

/**
 * Three tries, waits of up to 100 ms doubling to at most 5 s, 5 s for one try, 10 s for all of it.
 *
 * @category constants
 * @since 0.1.0
 */
export const standard: Policy = {
  attempts: 3,
  base: Duration.millis(100),
  factor: 2,
  cap: Duration.seconds(5),
  attemptTimeout: Duration.seconds(5),
  deadline: Duration.seconds(10),
  budget: { capacity: 100, cost: 5, refund: 1 }
}

/**
 * The policy that adapters read when their layer is built.
 *
 * @category services
 * @since 0.1.0
 */
export const RetryPolicy: Context.Reference<Policy> = Context.Reference("@tempcred/core/RetryPolicy", {
  defaultValue: () => standard
})

/**
 * Replaces parts of the standard policy for the providers that it is provided to; fails where a value makes no sense.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (changes: Partial<Policy>): Layer.Layer<never, ConfigurationError> => {
  const policy = { ...standard, ...changes }
  const issues = check(policy)
  return Layer.effect(
    RetryPolicy,
    issues.length === 0 ? Effect.succeed(policy) : Effect.fail(new ConfigurationError({ issues }))
  )
}

/**
 * Switches retries off for the providers that it is provided to; both time-outs stay.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerNone: Layer.Layer<never> = Layer.succeed(RetryPolicy, { ...standard, attempts: 1 })

const check = (policy: Policy): ReadonlyArray<Issue> => {
  const issue = (name: string, message: string): Issue => ({ name: `RetryPolicy.${name}`, message })
  const issues: Array<Issue> = []
  if (!Number.isSafeInteger(policy.attempts) || policy.attempts < 1) {
    issues.push(issue("attempts", "must be a whole number, 1 or more"))
  }
  if (!(policy.factor >= 1)) issues.push(issue("factor", "must be 1 or more"))
  for (const name of ["base", "cap", "attemptTimeout", "deadline"] as const) {
    const value = Duration.toMillis(policy[name])
    if (!(value > 0 && Number.isFinite(value))) issues.push(issue(name, "must be longer than zero and finite"))
  }
  for (const name of ["capacity", "cost", "refund"] as const) {
    if (!(policy.budget[name] >= 0)) issues.push(issue(`budget.${name}`, "must be zero or more"))
  }
  return issues
}

const retries = Metric.counter("tempcred_retries_total", {
  description: "Tries that were repeated, by why",
  incremental: true
})

/** A credential that nobody holds ends by itself. */
const orphans = Metric.counter("tempcred_possible_orphans_total", {
  description: "Mints retried after a try that may have minted",
  incremental: true
})

/** What shows that the request never reached a vendor. */
const unsent: ReadonlyArray<string | undefined> = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"]

/**
 * Whether a try that failed for this reason may have minted all the same: its answer was lost or cannot be read, or is a 5xx other than 503.
 *
 * @category guards
 * @since 0.1.0
 */
export const mayHaveMinted = (reason: Reason): boolean => {
  if (reason._tag === "TransportError") return !unsent.includes(reason.code)
  if (reason._tag !== "UnavailableError") return reason._tag === "InvalidResponseError"
  const { status = 0 } = reason
  return status >= 500 && status !== 503
}

/**
 * Whom tries take turns with at the gate, and whether they have effects beyond their answer.
 *
 * @category models
 * @since 0.1.0
 */
export interface AttemptOptions {
  readonly lane: string
  readonly hasSideEffects: boolean
}

/**
 * Runs tries under a policy, each when the gate lets it through, where those of one lane take turns with the others; each run made by `makeRun`
 * shares one budget.
 *
 * @category models
 * @since 0.1.0
 */
export type Run = <A, R>(
  attempt: Effect.Effect<A, Reason, R>,
  gate: Gate,
  options: AttemptOptions
) => Effect.Effect<A, Reason, R>

/**
 * Makes the runner of one provider, with a budget of its own.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeRun = (policy: Policy, provider: string): Run => {
  const attemptTimeout = Duration.toMillis(policy.attemptTimeout)
  const deadline = Duration.toMillis(policy.deadline)
  const counted = Metric.withAttributes(orphans, { provider })
  let budget = policy.budget.capacity

  const afford = (): boolean => {
    if (budget < policy.budget.cost) return false
    budget -= policy.budget.cost
    return true
  }
  const refund = Effect.sync(() => {
    budget = Math.min(policy.budget.capacity, budget + policy.budget.refund)
  })

  const delays = Schedule.min([Schedule.exponential(policy.base, policy.factor), Schedule.spaced(policy.cap)]).pipe(
    Schedule.setInputType<Reason>(),
    Schedule.modifyDelay(({ duration, input }) => {
      // The gate holds everybody for as long as a refusal asks.
      if (input._tag === "RateLimitError") return Effect.succeed(Duration.zero)
      return input.retryAfter === undefined
        ? Effect.map(Random.next, (share) => Duration.times(duration, share))
        : Effect.succeed(input.retryAfter)
    }),
    Schedule.upTo({ times: policy.attempts - 1 })
  )

  return Effect.fnUntraced(function* <A, R>(
    attempt: Effect.Effect<A, Reason, R>,
    gate: Gate,
    { hasSideEffects, lane }: AttemptOptions
  ): Effect.fn.Return<A, Reason, R> {
    let attempts = 0
    const bounded = Effect.flatMap(remaining, (left) => {
      attempts += 1
      return Effect.timeoutOrElse(attempt, {
        duration: Math.min(attemptTimeout, left),
        orElse: () => Effect.fail(new TransportError({ timedOut: true }))
      })
    })
    const again = Schedule.while(
      delays,
      Effect.fnUntraced(function* ({ duration, input }) {
        const wait = Duration.max(duration, input.retryAfter ?? Duration.zero)
        const fits = Duration.toMillis(wait) < (yield* remaining)
        const isOrphaned = mayHaveMinted(input)
        if (!input.isRetryable || !fits || (hasSideEffects && isOrphaned) || !afford()) return false
        yield* Metric.update(Metric.withAttributes(retries, { provider, outcome: input._tag }), 1)
        if (isOrphaned) yield* Metric.update(counted, 1)
        return true
      })
    )
    return yield* Effect.suspend(() => gate.pass({ lane, again: attempts > 0 }, bounded)).pipe(
      Effect.retry(again),
      within(deadline),
      Effect.tap(refund),
      Effect.ensuring(Effect.suspend(() => Effect.annotateCurrentSpan("tempcred.attempts", attempts)))
    )
  })
}
