import type { Event } from "@tempcred/core/Events"
import * as Failover from "@tempcred/core/Failover"
import * as TempCredentialErrors from "@tempcred/core/TempCredentialError"
import { TempCredentialError } from "@tempcred/core/TempCredentialError"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as CircuitBreaker from "effect/persistence/CircuitBreaker"
import * as TestClock from "effect/testing/TestClock"
import { among, layerOf, minting, served, vendor } from "./failover.ts"

const { AuthenticationError, QuotaError, RateLimitError, UnavailableError, UnsupportedError } = TempCredentialErrors

const down = new UnavailableError({ status: 503 })

/** The circuit stays open for 30 seconds, plus or minus 20 %, and twice as long the next time. */
const shortest = Duration.seconds(23)
const surely = Duration.seconds(37)

const tags = (events: ReadonlyArray<Event>) => events.map(({ _tag }) => _tag).filter((tag) => tag !== "FailedOver")

const gauge = Metric.snapshot.pipe(
  Effect.map((metrics) =>
    metrics.find(({ attributes, id }) => id === "tempcred_circuit_state" && attributes?.["provider"] === "a")
  ),
  Effect.map((metric) => (metric?.type === "Gauge" ? metric.state.value : undefined))
)

const times = (count: number) => Array.from({ length: count })

const isolated = Effect.provideService(Metric.MetricRegistry, new Map())

describe("a provider that keeps failing", () => {
  it.effect("is skipped for a while, then tried by one mint", () =>
    Effect.gen(function* () {
      const a = vendor("a", down)
      const b = vendor("b", "minted")
      const program = Effect.gen(function* () {
        for (const _ of times(10)) assert.strictEqual(yield* served(), "b")
        assert.strictEqual(a.times.length, 3)
        assert.strictEqual(yield* gauge, 2)
        yield* TestClock.adjust(shortest)
        yield* served()
        assert.strictEqual(a.times.length, 3)
        yield* TestClock.adjust(surely)
        for (const _ of times(10)) yield* served()
        assert.strictEqual(a.times.length, 4)
      })
      const { events } = yield* among([layerOf(a), layerOf(b)], program)
      assert.deepStrictEqual(tags(events), ["CircuitOpened", "CircuitOpened"])
      assert.strictEqual(events.length, 2 + 21)
    }).pipe(isolated)
  )

  it.effect("is skipped by other mints while one mint tries it", () =>
    Effect.gen(function* () {
      const a = vendor("a", down)
      const b = vendor("b", "minted")
      const program = Effect.gen(function* () {
        for (const _ of times(3)) yield* served()
        yield* TestClock.adjust(surely)
        a.next("hang")
        const trying = yield* Effect.forkChild(served(), { startImmediately: true })
        assert.strictEqual(yield* gauge, 1)
        for (const _ of times(5)) assert.strictEqual(yield* served(), "b")
        assert.strictEqual(a.times.length, 4)
        // An interrupted attempt counts neither way: the next mint may try.
        yield* Fiber.interrupt(trying)
        a.next("minted")
        assert.strictEqual(yield* served(), "a")
        assert.strictEqual(yield* gauge, 0)
      })
      const { events } = yield* among([layerOf(a), layerOf(b)], program)
      assert.deepStrictEqual(tags(events), ["CircuitOpened", "CircuitClosed"])
    }).pipe(isolated)
  )

  it.effect("a vendor that recovers only briefly is skipped for longer and longer", () =>
    Effect.gen(function* () {
      const a = vendor("a", down)
      const b = vendor("b", "minted")
      const program = Effect.gen(function* () {
        const rounds: Array<string> = []
        for (let minute = 0; minute < 60; minute++) {
          // A serves one mint in four, which a simple circuit breaker would take for a recovery each time.
          a.next("minted", down, down, down)
          for (const _ of times(6)) {
            const by = yield* served()
            if (typeof by === "string") rounds.push(by)
          }
          yield* TestClock.adjust(surely)
        }
        return rounds
      })
      const { value } = yield* among([layerOf(a), layerOf(b)], program)
      assert.isBelow(value.filter((by) => by === "a").length, 15)
      assert.isBelow(a.times.length, 60)
      assert.strictEqual(value.length, 360)
    })
  )

  it.effect("is called first again after it has recovered", () =>
    Effect.gen(function* () {
      const a = vendor("a", down)
      const b = vendor("b", "minted")
      const program = Effect.gen(function* () {
        for (const _ of times(3)) yield* served()
        a.next("minted")
        assert.strictEqual(yield* served(), "b")
        yield* TestClock.adjust(surely)
        for (const _ of times(20)) assert.strictEqual(yield* served(), "a")
      })
      yield* among([layerOf(a), layerOf(b)], program)
      assert.strictEqual(b.times.length, 4)
    })
  )

  it.effect("with all circuits open, no vendor is called, and the error has a retryAfter", () =>
    Effect.gen(function* () {
      const vendors = [vendor("a", down), vendor("b", down)] as const
      const program = Effect.gen(function* () {
        for (const _ of times(3)) yield* served()
        return yield* Effect.flip(minting())
      })
      const { value } = yield* among([layerOf(vendors[0]), layerOf(vendors[1])], program)
      assert.strictEqual(value.failures?.length, 2)
      for (const { reason } of value.failures ?? []) {
        assert.instanceOf(reason, UnavailableError)
        assert.match(reason.message, /retry after .*: skipped because it failed repeatedly$/)
      }
      const wait = Duration.toSeconds(value.retryAfter ?? Duration.zero)
      assert.isTrue(wait >= 24 && wait <= 36, `${wait} seconds`)
      assert.deepStrictEqual(
        vendors.map((one) => one.times.length),
        [3, 3]
      )
    })
  )

  it.effect("is skipped for as long as its Retry-After", () =>
    Effect.gen(function* () {
      const a = vendor("a", new RateLimitError({ retryAfter: Duration.minutes(10) }))
      const program = Effect.gen(function* () {
        for (const _ of times(3)) yield* served()
        yield* TestClock.adjust("9 minutes")
        yield* served()
        assert.strictEqual(a.times.length, 3)
        yield* TestClock.adjust("1 minute")
        yield* served()
        assert.strictEqual(a.times.length, 4)
      })
      yield* among([layerOf(a), layerOf(vendor("b", "minted"))], program)
    })
  )
})

it.effect("20 circuits that open together are retried at different times", () =>
  Effect.gen(function* () {
    const waits = new Set<number>()
    for (let machine = 0; machine < 20; machine++) {
      const mints = Effect.forEach(times(4), () => Effect.flip(minting()))
      const { value } = yield* among([layerOf(vendor("a", down))], mints)
      waits.add(Duration.toMillis(value[3]?.retryAfter ?? Duration.zero))
    }
    assert.isAbove(waits.size, 15)
    assert.isTrue([...waits].every((wait) => wait >= 24_000 && wait <= 36_000))
  })
)

describe("which failures open a circuit", () => {
  it.effect("a refused key or an unsupported request does not open it", () =>
    Effect.gen(function* () {
      for (const reason of [new AuthenticationError({}), new UnsupportedError({ feature: "region" })]) {
        const a = vendor("a", reason)
        const { events } = yield* among(
          [layerOf(a), layerOf(vendor("b", "minted"))],
          Effect.forEach(times(10), () => served())
        )
        assert.strictEqual(a.times.length, 10)
        assert.deepStrictEqual(tags(events), [])
      }
    })
  )

  it.effect("a refused key opens it if goOnAfter includes AuthenticationError", () =>
    Effect.gen(function* () {
      const a = vendor("a", new AuthenticationError({}))
      const mints = Effect.forEach(times(10), () => served())
      const { value } = yield* among([layerOf(a), layerOf(vendor("b", "minted"))], mints, {
        goOnAfter: ["AuthenticationError"]
      })
      assert.deepStrictEqual(new Set(value), new Set(["b"]))
      assert.strictEqual(a.times.length, 3)
    })
  )

  it.effect("a success resets the count of failures", () =>
    Effect.gen(function* () {
      const quota = new QuotaError({})
      const a = vendor("a", quota, quota, "minted", quota, quota, "minted", quota, quota, "minted")
      const { events } = yield* among(
        [layerOf(a), layerOf(vendor("b", "minted"))],
        Effect.forEach(times(9), () => served())
      )
      assert.deepStrictEqual(tags(events), [])
    })
  )

  it.effect("failures of one account do not open another account's circuit", () =>
    Effect.gen(function* () {
      const [broke, rich] = [vendor("a", new QuotaError({})), vendor("a", "minted")]
      const layers = [
        layerOf(broke, { account: Effect.succeed("one") }),
        layerOf(rich, { account: Effect.succeed("two") })
      ] as const
      yield* among(
        layers,
        Effect.forEach(times(10), () => served())
      )
      assert.deepStrictEqual([broke.times.length, rich.times.length], [3, 10])
    })
  )
})

describe("clocks and circuit breaker stores", () => {
  it.effect("a change of the wall clock neither opens nor closes a circuit", () =>
    Effect.gen(function* () {
      for (const step of [-3_600_000, 3_600_000]) {
        let offset = 0
        const clock = yield* Clock.Clock
        const stepped: Clock.Clock = {
          ...clock,
          currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + offset,
          currentTimeMillis: Effect.sync(() => clock.currentTimeMillisUnsafe() + offset)
        }
        const a = vendor("a", down)
        const program = Effect.gen(function* () {
          for (const _ of times(3)) yield* served()
          offset = step
          yield* served()
          assert.strictEqual(a.times.length, 3)
          yield* TestClock.adjust(surely)
          yield* served()
          assert.strictEqual(a.times.length, 4)
        })
        yield* among([layerOf(a), layerOf(vendor("b", "minted"))], program).pipe(
          Effect.provideService(Clock.Clock, stepped)
        )
      }
    })
  )

  it.effect("a circuit breaker store that the app provides is shared between layers", () =>
    Effect.gen(function* () {
      const a = vendor("a", down)
      const b = vendor("b", "minted")
      const store = yield* Layer.build(CircuitBreaker.layerStoreMemory())
      for (const _ of times(5)) {
        const layer = Failover.layer([layerOf(a), layerOf(b)]).pipe(Layer.provide(Layer.succeedContext(store)))
        assert.strictEqual(yield* served().pipe(Effect.provide(layer)), "b")
      }
      assert.strictEqual(a.times.length, 3)
    })
  )

  it.effect("a failing circuit breaker store fails no mint", () =>
    Effect.gen(function* () {
      const error = new CircuitBreaker.CircuitBreakerError({
        reason: new CircuitBreaker.CircuitBreakerStoreError({ message: "gone" })
      })
      const store = CircuitBreaker.CircuitBreakerStore.of({
        admit: () => Effect.fail(error),
        record: () => Effect.fail(error),
        state: () => Effect.fail(error)
      })
      const layer = Failover.layer([layerOf(vendor("a", down)), layerOf(vendor("b", "minted"))]).pipe(
        Layer.provide(Layer.succeed(CircuitBreaker.CircuitBreakerStore, store))
      )
      assert.strictEqual(yield* served().pipe(Effect.provide(layer)), "b")
    })
  )
})

it.effect("a credential has the name of the vendor that minted it", () =>
  Effect.gen(function* () {
    const { value } = yield* among([layerOf(vendor("a", down)), layerOf(vendor("b", "minted"))], minting())
    assert.strictEqual(value.provider, "b")
    assert.notInstanceOf(value, TempCredentialError)
  })
)
