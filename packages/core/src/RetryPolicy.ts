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
import * as Layer from "effect/Layer"
import { ConfigurationError, type Issue } from "./ConfigurationError.ts"
import { notPositive, positive } from "./Length.ts"
import type { Length } from "./mint-request/Fields.ts"

/**
 * A token bucket that limits retries during an outage. A retry takes `cost` tokens, and is skipped if
 * fewer are left. A success returns `refund` tokens.
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
 * The settings of retries. The wait before attempt n+1 is random between zero and `base` ×
 * `factor`^(n-1), at most `cap`. After a 429, the rate limiter determines the wait.
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
   * the wait at the rate limiter.
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
 * Changes to the standard policy. A time is text, such as "5 seconds", or a `Duration`.
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
 * Turns retries off for the providers below it. The time limits of the standard policy apply.
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
