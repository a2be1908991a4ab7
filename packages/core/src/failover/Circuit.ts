/**
 * A circuit breaker for one provider, based on Effect's. It opens after consecutive failures. After a
 * pause, it lets one mint through, and closes if that mint succeeds. Each further failure makes the
 * pause longer. Only this module imports `effect/persistence/CircuitBreaker`.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as CircuitBreaker from "effect/persistence/CircuitBreaker"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { Events } from "../Events.ts"
import { type Reason, TempCredentialError, UnavailableError } from "../TempCredentialError.ts"

/** The policy of circuits: when they open, and for how long. */
export interface Policy {
  readonly failures: number
  readonly openFor: Duration.Duration
  /** Tells whether a reason counts as a failure of the provider. */
  readonly counts: (reason: Reason) => boolean
}

/** A function that runs a mint. While the circuit is open, it fails at once with `UnavailableError`. */
export type Circuit = <A>(mint: Effect.Effect<A, TempCredentialError>) => Effect.Effect<A, TempCredentialError>

type Store = CircuitBreaker.CircuitBreakerStore["Service"]

const stateOf = { Closed: 0, HalfOpen: 1, Open: 2 } as const

const state = Metric.gauge("tempcred_circuit_state", {
  description: "0 closed, 1 tried by one mint, 2 open"
})

/** The maximum pause, as a multiple of the first. The pause doubles with each failed test. */
const longest = 16

/** Makes the constructor of circuits. All circuits use the app's store, such as Redis, or else one in memory. */
export const makeCircuits = Effect.fnUntraced(function* ({ counts, failures, openFor }: Policy) {
  const publish = yield* Events
  const given = yield* Effect.serviceOption(CircuitBreaker.CircuitBreakerStore)
  const store = Option.isSome(given) ? given.value : yield* memory
  const openDuration = Schedule.min([
    Schedule.exponential(openFor),
    Schedule.spaced(Duration.times(openFor, longest))
  ]).pipe(Schedule.jittered)

  return Effect.fnUntraced(function* (
    provider: string,
    account: string
  ): Effect.fn.Return<Circuit, never, Scope.Scope> {
    const gauge = Metric.withAttributes(state, { provider })
    yield* Metric.update(gauge, stateOf.Closed)
    const announce = Effect.fnUntraced(function* (transition: CircuitBreaker.Transition | undefined) {
      if (transition === undefined) return
      yield* Metric.update(gauge, stateOf[transition.to])
      if (transition.to === "Closed") yield* publish({ _tag: "CircuitClosed", provider })
      if (transition.to === "Open") yield* publish({ _tag: "CircuitOpened", provider })
    })
    const breaker = yield* CircuitBreaker.make({
      tripPolicy: CircuitBreaker.consecutive(failures),
      openDuration
    }).pipe(Effect.provideService(CircuitBreaker.CircuitBreakerStore, announcing(store, announce)))
    const options = {
      key: `tempcred ${provider} ${account}`,
      classify: (exit: Exit.Exit<unknown, TempCredentialError>) => {
        if (Exit.isSuccess(exit)) return CircuitBreaker.success
        const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
        if (error === undefined || !counts(error.reason)) return CircuitBreaker.ignored
        return CircuitBreaker.failure({ retryAfter: error.retryAfter })
      }
    }
    return (mint) =>
      breaker
        .execute(mint, options)
        .pipe(
          Effect.catchTag(
            "CircuitBreakerError",
            (error) => new TempCredentialError({ provider, reason: skipped(error) })
          )
        )
  })
})

const skipped = ({ reason }: CircuitBreaker.CircuitBreakerError): UnavailableError =>
  reason._tag === "CircuitOpen"
    ? new UnavailableError({ retryAfter: reason.retryAfter, detail: "skipped because it failed repeatedly" })
    : new UnavailableError({ detail: "skipped while another mint tests whether it has recovered" })

/** Announces each change of a circuit's state, without a fiber. */
const announcing = (
  store: Store,
  announce: (transition: CircuitBreaker.Transition | undefined) => Effect.Effect<void>
): Store => ({
  ...store,
  admit: (key) => Effect.tap(store.admit(key), (admission) => announce(admission.transition)),
  record: (options) => Effect.tap(store.record(options), announce)
})

/**
 * Makes the store in memory. It replaces the wall clock of Effect's store with the monotonic clock, so
 * that a change of the wall clock does not affect circuits.
 */
const memory: Effect.Effect<Store, never, Scope.Scope> = Effect.gen(function* () {
  const built = yield* Layer.build(Layer.fresh(CircuitBreaker.layerStoreMemory()))
  const store = Context.get(built, CircuitBreaker.CircuitBreakerStore)
  const steadily = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.updateService(self, Clock.Clock, steady)
  return {
    admit: (key) => steadily(store.admit(key)),
    record: (options) => steadily(store.record(options)),
    state: (key) => steadily(store.state(key))
  }
})

/** Makes a clock that always returns monotonic time. */
const steady = (clock: Clock.Clock): Clock.Clock => {
  const nanos = () => clock.monotonicTimeNanosUnsafe()
  const millis = () => Number(nanos() / 1_000_000n)
  return {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: clock.monotonicTimeNanos,
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: clock.monotonicTimeNanos,
    sleep: (duration) => clock.sleep(duration)
  }
}
