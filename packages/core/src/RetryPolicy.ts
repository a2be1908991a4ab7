/**
 * Retries failed mints. The standard policy is the default; `layer` changes it for the providers
 * below it, and `layerNone` turns retries off. Only retryable errors are retried. A vendor's
 * `Retry-After` takes precedence over the backoff, and no wait exceeds the deadline. A mint with
 * side effects is not repeated if the last attempt may have succeeded.
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
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import { ConfigurationError, type Issue } from "./ConfigurationError.ts"
import { notPositive, positive } from "./Length.ts"
import type { Length } from "./mint-request/Fields.ts"
import { millisUnsafe, remaining, remainingUnsafe, within } from "./Deadline.ts"
import type { Gate } from "./rate-gate/Gate.ts"
import type { Reason } from "./TempCredentialError.ts"
import { annotate } from "./Tracing.ts"

/**
 * A token bucket that limits retries during an outage. A retry takes `cost`, and does not happen if
 * fewer tokens are left. A success returns `refund`.
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
 * How failed mints are retried. The wait before attempt n+1 is random between zero and `base` ×
 * `factor`^(n-1), at most `cap`. After a 429, the rate gate determines the wait.
 *
 * @category models
 * @since 0.1.0
 */
export interface Policy {
  /** The number of attempts, including the first; 1 means no retries. */
  readonly attempts: number
  readonly base: Duration.Duration
  readonly factor: number
  readonly cap: Duration.Duration
  /**
   * The time limit of one attempt, from the first byte sent to the last byte received. It excludes
   * the wait at the rate gate.
   */
  readonly attemptTimeout: Duration.Duration
  /** The time limit of all attempts and waits. */
  readonly deadline: Duration.Duration
  readonly budget: Budget
}

/**
 * The standard policy: three attempts; waits of up to 100 ms, doubling to at most 5 s; 5 s for one
 * attempt and 10 s in total.
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
 * The retry policy that adapters read when their layer is built.
 *
 * @category services
 * @since 0.1.0
 */
export const RetryPolicy: Context.Reference<Policy> = Context.Reference("@tempcred/core/RetryPolicy", {
  defaultValue: () => standard
})

/**
 * Changes of the standard policy. Times are text, such as "5 seconds", or a `Duration`.
 *
 * @category models
 * @since 0.1.0
 */
export type Options = { readonly [Name in keyof Policy]?: Name extends Time ? Length : Policy[Name] }

type Time = "base" | "cap" | "attemptTimeout" | "deadline"

/**
 * Changes parts of the standard policy for the providers below it. Fails with `ConfigurationError`
 * if a value is invalid.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (changes: Options): Layer.Layer<never, ConfigurationError> => {
  const given = { ...standard, ...changes }
  const policy = {
    ...given,
    base: positive(given.base),
    cap: positive(given.cap),
    attemptTimeout: positive(given.attemptTimeout),
    deadline: positive(given.deadline)
  }
  const issues = check(policy)
  return Layer.effect(
    RetryPolicy,
    issues.length === 0 ? Effect.succeed(policy) : Effect.fail(new ConfigurationError({ issues }))
  )
}

/**
 * Turns retries off for the providers below it. Both time limits stay.
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
    if (Duration.isZero(policy[name])) issues.push(issue(name, notPositive))
  }
  for (const name of ["capacity", "cost", "refund"] as const) {
    if (!(policy.budget[name] >= 0)) issues.push(issue(`budget.${name}`, "must be zero or more"))
  }
  return issues
}

const retries = Metric.counter("tempcred_retries_total", {
  description: "Retries by reason",
  incremental: true
})

/** An orphaned credential expires by itself. */
const orphans = Metric.counter("tempcred_possible_orphans_total", {
  description: "Mints retried after an attempt that may have minted",
  incremental: true
})

/** Error codes of requests that never reached the vendor. */
const unsent: ReadonlyArray<string | undefined> = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"]

/**
 * Tells whether a failed attempt may have minted: the response was lost or unreadable, or is a 5xx
 * other than 503.
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
 * Options of an attempt: `lane` is the queue at the rate gate (lanes take turns), and
 * `hasSideEffects` prevents a repeat that could have effects twice.
 *
 * @category models
 * @since 0.1.0
 */
export interface AttemptOptions {
  readonly lane: string
  readonly hasSideEffects: boolean
}

/**
 * An attempt, which ends within so many milliseconds or fails as `timedOut`.
 *
 * @category models
 * @since 0.1.0
 */
export type Attempt<A, R = never> = (milliseconds: number) => Effect.Effect<A, Reason, R>

/**
 * Runs attempts under a policy, each after its turn at the gate. All runs from one `makeRun` share
 * one retry budget.
 *
 * @category models
 * @since 0.1.0
 */
export type Run = <A, R>(attempt: Attempt<A, R>, gate: Gate, options: AttemptOptions) => Effect.Effect<A, Reason, R>

/**
 * Makes the runner of one provider, with its own retry budget.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeRun = (policy: Policy, provider: string): Run => {
  const attemptTimeout = Duration.toMillis(policy.attemptTimeout)
  const deadline = Duration.toMillis(policy.deadline)
  const { capacity, cost, refund } = policy.budget
  let budget = capacity

  const afford = (): boolean => {
    if (budget < cost) return false
    budget -= cost
    return true
  }
  const delays = delaysOf(policy)
  const again = ({ hasSideEffects }: AttemptOptions) =>
    Schedule.while(
      delays,
      Effect.fnUntraced(function* ({ duration, input }) {
        const wait = Duration.max(duration, input.retryAfter ?? Duration.zero)
        const fits = Duration.toMillis(wait) < (yield* remaining)
        const isOrphaned = mayHaveMinted(input)
        if (!input.isRetryable || !fits || (hasSideEffects && isOrphaned) || !afford()) return false
        yield* Metric.update(Metric.withAttributes(retries, { provider, outcome: input._tag }), 1)
        if (isOrphaned) yield* Metric.update(Metric.withAttributes(orphans, { provider }), 1)
        return true
      })
    )

  return <A, R>(attempt: Attempt<A, R>, gate: Gate, options: AttemptOptions) =>
    Effect.suspend(() => {
      let attempts = 0
      const bounded = Effect.withFiber<A, Reason, R>((fiber) => {
        attempts += 1
        return attempt(Math.min(attemptTimeout, remainingUnsafe(fiber, millisUnsafe(fiber))))
      })
      const tried = Effect.suspend(() => gate.pass({ lane: options.lane, again: attempts > 0 }, bounded))
      return Effect.onExit(
        within(deadline)(
          Effect.catch(
            tried,
            repeat(tried, () => again(options))
          )
        ),
        (exit) => {
          if (Exit.isSuccess(exit)) budget = Math.min(capacity, budget + refund)
          return annotate("tempcred.attempts", attempts)
        }
      )
    })
}

/** Repeats a failed effect. The schedule is made only then, and starts with that failure. */
const repeat =
  <A, R>(
    tried: Effect.Effect<A, Reason, R>,
    again: () => Schedule.Schedule<unknown, Reason>
  ): ((reason: Reason) => Effect.Effect<A, Reason, R>) =>
  (reason) => {
    let isFirst = true
    const next = Effect.suspend(() => {
      if (!isFirst) return tried
      isFirst = false
      return Effect.fail(reason)
    })
    return Effect.retry(next, again())
  }

const delaysOf = ({ attempts, base, cap, factor }: Policy) =>
  Schedule.min([Schedule.exponential(base, factor), Schedule.spaced(cap)]).pipe(
    Schedule.setInputType<Reason>(),
    Schedule.modifyDelay(({ duration, input }) => {
      // After a 429, the gate delays every call.
      if (input._tag === "RateLimitError") return Effect.succeed(Duration.zero)
      return input.retryAfter === undefined
        ? Effect.map(Random.next, (share) => Duration.times(duration, share))
        : Effect.succeed(input.retryAfter)
    }),
    Schedule.upTo({ times: attempts - 1 })
  )
