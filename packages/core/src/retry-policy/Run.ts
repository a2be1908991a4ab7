/** Runs attempts under a retry policy. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import { millisUnsafe, remaining, remainingUnsafe, within } from "../Deadline.ts"
import type { Gate } from "../rate-gate/Gate.ts"
import type { Policy } from "../RetryPolicy.ts"
import type { Reason } from "../TempCredentialError.ts"
import { annotate } from "../Tracing.ts"

const retries = Metric.counter("tempcred_retries_total", {
  description: "Retries by reason",
  incremental: true
})

/** Counts retries that may leave an unused (orphaned) credential at the vendor until it expires. */
const orphans = Metric.counter("tempcred_possible_orphans_total", {
  description: "Mints retried after an attempt that may have minted",
  incremental: true
})

/** Error codes of requests that never reached the vendor. */
const unsent: ReadonlyArray<string | undefined> = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"]

/**
 * Tells whether a failed attempt may have minted: the response was lost or unreadable, or is a 5xx
 * other than 503.
 */
export const mayHaveMinted = (reason: Reason): boolean => {
  if (reason._tag === "TransportError") return !unsent.includes(reason.code)
  if (reason._tag !== "UnavailableError") return reason._tag === "InvalidResponseError"
  const { status = 0 } = reason
  return status >= 500 && status !== 503
}

/**
 * Options of an attempt. `lane` is the queue at the rate limiter; lanes take turns. With
 * `hasSideEffects`, an attempt that may have succeeded is not repeated.
 */
interface AttemptOptions {
  readonly lane: string
  readonly hasSideEffects: boolean
}

/** An attempt with a time limit in milliseconds, after which it fails with `timedOut`. */
type Attempt<A, R = never> = (milliseconds: number) => Effect.Effect<A, Reason, R>

/**
 * A function that runs attempts under a policy. Each attempt waits for its turn at the gate. All runs
 * from one `makeRun` share one retry budget.
 */
export type Run = <A, R>(attempt: Attempt<A, R>, gate: Gate, options: AttemptOptions) => Effect.Effect<A, Reason, R>

/** Makes the runner of one provider, with its own retry budget. */
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

/** Repeats a failed effect by a schedule. The schedule is made after the first failure, which is its first input. */
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
      // After a 429, the gate delays all calls, so no other delay is needed.
      if (input._tag === "RateLimitError") return Effect.succeed(Duration.zero)
      return input.retryAfter === undefined
        ? Effect.map(Random.next, (share) => Duration.times(duration, share))
        : Effect.succeed(input.retryAfter)
    }),
    Schedule.upTo({ times: attempts - 1 })
  )
