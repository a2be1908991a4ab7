import * as Events from "@tempcred/core/Events"
import type { MintRequest } from "@tempcred/core/MintRequest"
import * as RateGate from "@tempcred/core/RateGate"
import * as RetryPolicy from "@tempcred/core/RetryPolicy"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as TestClock from "effect/testing/TestClock"
import { within } from "../src/Deadline.ts"
import * as Acme from "./acme.ts"
import * as Store from "./store.ts"

type Vendor = ReturnType<typeof Acme.vendor>

const providing = (vendor: Vendor, part: Layer.Layer<never, unknown> = Layer.empty) =>
  Effect.provide(Acme.layer().pipe(Layer.provide(vendor.layer), Layer.provide(Layer.orDie(part))))

const mint = (request: Partial<MintRequest> = {}) =>
  TempCredentialProvider.use((provider) => provider.mint({ purpose: "stt.realtime", ...request }))

const start = (request?: Partial<MintRequest>) =>
  Effect.forkChild(Effect.exit(mint(request)), { startImmediately: true })

const starting = (count: number, request?: Partial<MintRequest>) =>
  Effect.forEach(Array.from({ length: count }), () => start(request))

const refusal = (headers: Readonly<Record<string, string>>): Acme.Step => ({ status: 429, headers })

/** The times of the calls, relative to the first. */
const times = (vendor: Vendor) => vendor.times.map((at) => at - (vendor.times[0] ?? 0))

describe("a rate limit response (429)", () => {
  it.effect("delays all callers until Retry-After, and the refused call goes first", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(refusal({ "retry-after": "3" }), Acme.ok)
      yield* Effect.gen(function* () {
        yield* start({ subject: "first" })
        yield* TestClock.adjust("1 second")
        yield* start({ subject: "second" })
        yield* TestClock.adjust("1999 millis")
        assert.deepStrictEqual(times(vendor), [0])
        yield* TestClock.adjust("1 second")
        assert.strictEqual(times(vendor)[1], 3000)
        assert.strictEqual(vendor.sent.length, 3)
      }).pipe(providing(vendor))
    })
  )
  it.effect("without Retry-After delays callers by a backoff that doubles, and resets after a success", () =>
    Effect.gen(function* () {
      const no: Acme.Step = { status: 429 }
      const vendor = Acme.vendor(no, no, no, Acme.ok, no, Acme.ok)
      yield* Effect.gen(function* () {
        yield* start()
        yield* TestClock.adjust("1 minute")
        yield* start()
        yield* TestClock.adjust("1 minute")
      }).pipe(providing(vendor, RetryPolicy.layer({ attempts: 4 })))
      assert.deepStrictEqual(times(vendor), [0, 500, 1500, 3500, 60_000, 60_500])
    })
  )
  it.effect("a call whose deadline has passed is not sent", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(Acme.ok)
      const { reason } = yield* Effect.flip(within(0)(mint())).pipe(providing(vendor))
      assert.isTrue(reason.isRetryable)
      assert.strictEqual(vendor.sent.length, 0)
    })
  )
  it.effect("a call whose wait exceeds its deadline fails at once, with retryAfter", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(refusal({ "retry-after": "60" }))
      yield* Effect.gen(function* () {
        yield* Effect.flip(mint())
        yield* TestClock.adjust("10 seconds")
        const error = yield* Effect.flip(mint())
        assert.strictEqual(error.reason._tag, "RateLimitError")
        assert.strictEqual(Duration.toSeconds(error.retryAfter ?? 0), 50)
        assert.strictEqual(vendor.sent.length, 1)
      }).pipe(providing(vendor))
    })
  )
  it.effect("fails waiting calls at once if their deadline comes before Retry-After", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(Acme.ok, refusal({ "retry-after": "60" }))
      yield* Effect.gen(function* () {
        yield* starting(2)
        const waiting = yield* Effect.forkChild(Effect.flip(mint()), { startImmediately: true })
        yield* TestClock.adjust("1 second")
        const error = yield* Fiber.join(waiting)
        assert.strictEqual(error.reason._tag, "RateLimitError")
        assert.strictEqual(Duration.toSeconds(error.retryAfter ?? 0), 60)
        assert.strictEqual(vendor.sent.length, 2)
      }).pipe(providing(vendor, RateGate.layer({ perMinute: 60 })))
    })
  )
  it.effect("publishes one GateClosed event for five concurrent 429 responses", () =>
    Effect.gen(function* () {
      const seen: Array<Events.Event> = []
      const vendor = Acme.vendor(refusal({ "retry-after": "2" }))
      const events = Events.layer((event) => Effect.sync(() => event._tag.startsWith("Mint") || seen.push(event)))
      yield* Effect.gen(function* () {
        yield* starting(5)
        yield* TestClock.adjust("1 second")
      }).pipe(providing(vendor, Layer.merge(events, RetryPolicy.layerNone)))
      assert.deepStrictEqual(seen, [{ _tag: "GateClosed", provider: "acme", milliseconds: 2000 }])
    })
  )
  it.effect("delays callers for an hour at most", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(refusal({ "retry-after": "99999999" }), Acme.ok)
      yield* Effect.gen(function* () {
        yield* Effect.flip(mint())
        yield* TestClock.adjust("1 hour")
        yield* mint()
      }).pipe(providing(vendor))
    })
  )
  it.effect("does not delay calls to other vendors", () =>
    Effect.gen(function* () {
      const refusing = Acme.vendor(refusal({ "retry-after": "60" }))
      const well = Acme.vendor(Acme.ok)
      yield* Effect.flip(mint()).pipe(providing(refusing))
      yield* mint().pipe(providing(well))
    })
  )
})

describe("rate limit headers", () => {
  const cases: ReadonlyArray<readonly [name: string, headers: Readonly<Record<string, string>>]> = [
    ["RateLimit-Remaining and RateLimit-Reset", { "ratelimit-remaining": "0", "ratelimit-reset": "4" }],
    ["X-RateLimit-Remaining and X-RateLimit-Reset", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "4" }],
    [
      "X-RateLimit-Reset in epoch seconds",
      { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1700000004", date: "Tue, 14 Nov 2023 22:13:20 GMT" }
    ],
    ["RateLimit", { ratelimit: '"default";r=0;t=4' }],
    ["RateLimit with several policies", { ratelimit: '"burst";r=3;t=1, "minute";r=0;t=4' }]
  ]
  for (const [name, headers] of cases) {
    it.effect(`${name}: with no calls left, the next call waits until the reset`, () =>
      Effect.gen(function* () {
        const vendor = Acme.vendor({ status: 201, headers, body: { token: Acme.token } }, Acme.ok)
        yield* Effect.gen(function* () {
          yield* mint()
          yield* start()
          yield* TestClock.adjust("1 minute")
        }).pipe(providing(vendor))
        assert.deepStrictEqual(times(vendor), [0, 4000])
      })
    )
  }
  it.effect("a successful response delays callers for a minute at most", () =>
    Effect.gen(function* () {
      const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "86400" }
      const vendor = Acme.vendor({ status: 201, headers, body: { token: Acme.token } }, Acme.ok)
      yield* Effect.gen(function* () {
        yield* mint()
        yield* TestClock.adjust("1 minute")
        yield* mint()
      }).pipe(providing(vendor))
      assert.deepStrictEqual(times(vendor), [0, 60_000])
    })
  )
  for (const reset of ["Infinity", "-1", "NaN", "1e3", "1700000004000000", "tomorrow"]) {
    it.effect(`a reset of ${reset} delays no call`, () =>
      Effect.gen(function* () {
        const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset }
        const vendor = Acme.vendor({ status: 201, headers, body: { token: Acme.token } }, Acme.ok)
        yield* Effect.andThen(mint(), mint()).pipe(providing(vendor))
      })
    )
  }
  it.effect("with calls left, no call waits", () =>
    Effect.gen(function* () {
      const headers = { "ratelimit-remaining": "1", "ratelimit-reset": "4" }
      const vendor = Acme.vendor({ status: 201, headers, body: { token: Acme.token } }, Acme.ok)
      yield* Effect.andThen(mint(), mint()).pipe(providing(vendor))
    })
  )
  it.effect("a retry after a 429 without Retry-After waits until the reset", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(refusal({ "ratelimit-remaining": "0", "ratelimit-reset": "4" }), Acme.ok)
      yield* Effect.andThen(start(), TestClock.adjust("1 minute")).pipe(providing(vendor))
      assert.deepStrictEqual(times(vendor), [0, 4000])
    })
  )
})

describe("perMinute and burst", () => {
  const perSecond = (count: number, burst = 1) => RateGate.layer({ perMinute: count * 60, burst })

  it.effect("50 calls at 5 per second with a burst of 5 start on schedule", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(Acme.ok)
      yield* Effect.gen(function* () {
        yield* Effect.forEach(
          Array.from({ length: 50 }, (_, index) => `user-${index}`),
          (subject) => start({ subject })
        )
        yield* TestClock.adjust("10 seconds")
      }).pipe(providing(vendor, perSecond(5, 5)))
      const expected = Array.from({ length: 50 }, (_, index) => Math.max(0, index - 4) * 200)
      assert.deepStrictEqual(times(vendor), expected)
    })
  )
  it.effect("one subject's call waits at most one round while another subject has 40 calls queued", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(Acme.ok)
      yield* Effect.gen(function* () {
        yield* starting(40, { subject: "A" })
        yield* TestClock.adjust("1 second")
        const before = vendor.sent.length
        const fiber = yield* start({ subject: "B" })
        while (fiber.pollUnsafe() === undefined) yield* TestClock.adjust(50)
        assert.isAtMost(vendor.sent.length - before, 3)
      }).pipe(providing(vendor, perSecond(5)))
    })
  )
  it.effect("a call whose turn comes after its deadline fails at once, and delays no other subject", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(Acme.ok)
      yield* Effect.gen(function* () {
        yield* starting(100, { subject: "A" })
        const error = yield* Effect.flip(mint({ subject: "A" }))
        assert.strictEqual(error.reason._tag, "RateLimitError")
        assert.isAtLeast(Duration.toSeconds(error.retryAfter ?? 0), 9)
        const other = yield* start({ subject: "B" })
        yield* TestClock.adjust("1 second")
        assert.isDefined(other.pollUnsafe())
      }).pipe(providing(vendor, perSecond(5)))
    })
  )
  it.effect("after an idle time, at most burst calls start at once", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(Acme.ok)
      yield* Effect.gen(function* () {
        for (let round = 0; round < 3; round++) {
          const before = vendor.sent.length
          yield* starting(20)
          yield* TestClock.adjust(0)
          assert.strictEqual(vendor.sent.length - before, 3)
          yield* TestClock.adjust("1 minute")
        }
      }).pipe(providing(vendor, perSecond(5, 3)))
    })
  )
  it.effect("the wait counts toward the deadline, and not toward the time-out of an attempt", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(Acme.ok)
      const policy = RetryPolicy.layer({ attemptTimeout: Duration.millis(100) })
      yield* Effect.gen(function* () {
        yield* starting(1)
        const second = yield* start()
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual((yield* Fiber.join(second))._tag, "Success")
        assert.deepStrictEqual(times(vendor), [0, 5000])
      }).pipe(providing(vendor, Layer.merge(policy, RateGate.layer({ perMinute: 12 }))))
    })
  )
  it.effect("an interrupted call frees its place in the queue", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(Acme.ok)
      yield* Effect.gen(function* () {
        yield* starting(1)
        const leaving = yield* starting(3)
        const last = yield* start()
        // The first of these is at the head of the queue.
        yield* Effect.forEach(leaving, Fiber.interrupt)
        yield* TestClock.adjust("1 second")
        assert.isDefined(last.pollUnsafe())
      }).pipe(providing(vendor, RateGate.layer({ perMinute: 60 })))
    })
  )
  it.effect("setting the wall clock back delays no call", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(Acme.ok)
      yield* Effect.gen(function* () {
        yield* mint()
        yield* TestClock.adjust("1 second")
        const clock = yield* Clock.Clock
        const back: Clock.Clock = {
          ...clock,
          currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() - 3_600_000,
          currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => now - 3_600_000)
        }
        yield* Effect.provideService(mint(), Clock.Clock, back)
      }).pipe(providing(vendor, RateGate.layer({ perMinute: 60 })))
    })
  )
  it.effect("two providers with one account and one rate limiter share the limit", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(Acme.ok)
      const adapter = Layer.provide(Acme.layer(), vendor.layer)
      yield* Effect.gen(function* () {
        const one = yield* Layer.build(Layer.fresh(adapter))
        const other = yield* Layer.build(Layer.fresh(adapter))
        yield* Effect.provide(start(), one)
        yield* Effect.provide(start(), other)
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(times(vendor), [0, 1000])
      }).pipe(Effect.scoped, Effect.provide(Layer.orDie(RateGate.layer({ perMinute: 60 }))))
    })
  )
  it.effect("an invalid option fails the layer with its name", () =>
    Effect.gen(function* () {
      const nonsense: ReadonlyArray<readonly [RateGate.Options, RegExp]> = [
        [{ perMinute: 0 }, /RateGate\.perMinute must be more than zero and finite/],
        [{ perMinute: Number.POSITIVE_INFINITY }, /RateGate\.perMinute/],
        [{ perMinute: Number.NaN }, /RateGate\.perMinute/],
        [{ perMinute: 1, burst: 0 }, /RateGate\.burst must be a whole number, 1 or more/],
        [{ perMinute: 1, burst: 1.5 }, /RateGate\.burst/]
      ]
      for (const [options, message] of nonsense) {
        const error = yield* Effect.flip(Effect.scoped(Layer.build(RateGate.layer(options))))
        assert.match(error.message, message)
      }
    })
  )
})

describe("a shared store", () => {
  /** Two machines with one store. */
  const machines = Effect.fnUntraced(function* (vendor: Vendor, options: RateGate.Options) {
    const { store } = yield* Store.make()
    const machine = Layer.fresh(Acme.layer()).pipe(
      Layer.provide(vendor.layer),
      Layer.provide(Layer.fresh(Layer.orDie(RateGate.layer({ ...options, store }))))
    )
    return { one: yield* Layer.build(machine), other: yield* Layer.build(machine) }
  })

  it.effect("two machines share one limit", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(Acme.ok)
      const { one, other } = yield* machines(vendor, { perMinute: 60 })
      yield* Effect.provide(starting(3), one)
      yield* Effect.provide(starting(3), other)
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(times(vendor), [0, 1000, 2000, 3000, 4000, 5000])
    }).pipe(Effect.scoped)
  )
  it.effect("a 429 on one machine delays the other", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(refusal({ "retry-after": "5" }), Acme.ok)
      const { one, other } = yield* machines(vendor, { perMinute: 6000, burst: 100 })
      yield* Effect.provide(start(), one)
      yield* TestClock.adjust("1 second")
      yield* Effect.provide(start(), other)
      yield* TestClock.adjust("3999 millis")
      assert.strictEqual(vendor.sent.length, 1)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(vendor.sent.length, 3)
    }).pipe(Effect.scoped)
  )

  it.effect(
    "if unavailable, each process applies the limit alone, with one event at the start and end of the outage",
    () =>
      Effect.gen(function* () {
        const { state, store } = yield* Store.make()
        const seen: Array<Events.Event> = []
        const vendor = Acme.vendor(Acme.ok)
        state.isUp = false
        yield* Effect.gen(function* () {
          yield* starting(5)
          yield* TestClock.adjust("10 seconds")
          assert.strictEqual(vendor.sent.length, 5)
          assert.isTrue(times(vendor).every((at, index) => at >= index * 990))
          state.isUp = true
          yield* starting(2)
          yield* TestClock.adjust("10 seconds")
          assert.strictEqual(vendor.sent.length, 7)
        }).pipe(
          providing(
            vendor,
            Layer.merge(
              RateGate.layer({ perMinute: 60, store }),
              Events.layer((event) => Effect.sync(() => event._tag.startsWith("Mint") || seen.push(event)))
            )
          )
        )
        assert.deepStrictEqual(seen, [
          { _tag: "SharingDegraded", provider: "acme", reason: "no connection" },
          { _tag: "SharingRestored", provider: "acme" }
        ])
      })
  )
})

describe("metrics", () => {
  it.effect("record the waits by provider and outcome, without the subject", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(Acme.ok)
      const read = Effect.map(Metric.snapshot, (all) =>
        all.filter((one) => one.id === "tempcred_gate_wait_milliseconds")
      )
      yield* Effect.gen(function* () {
        yield* starting(2, { subject: "private" })
        yield* TestClock.adjust("1 minute")
      }).pipe(providing(vendor, RateGate.layer({ perMinute: 60 })))
      const found = yield* read
      assert.deepStrictEqual(
        new Set(found.flatMap((one) => Object.keys(one.attributes ?? {}))),
        new Set(["provider", "outcome"])
      )
      assert.notInclude(JSON.stringify(found), "private")
    })
  )
})

it.effect("calls of one subject start in order", () =>
  Effect.gen(function* () {
    const vendor = Acme.vendor(Acme.ok)
    const seconds = [60, 61, 62, 63]
    yield* TempCredentialProvider.use(({ mint }) =>
      Effect.forEach(seconds, (ttl) =>
        Effect.forkChild(mint({ purpose: "stt.realtime", subject: "u1", ttl: `${ttl} seconds` }), {
          startImmediately: true
        })
      ).pipe(Effect.andThen(TestClock.adjust("10 seconds")))
    ).pipe(
      Effect.provide(Acme.layer().pipe(Layer.provide([vendor.layer, Layer.orDie(RateGate.layer({ perMinute: 60 }))])))
    )
    assert.deepStrictEqual(
      vendor.sent.map((one) => one.body),
      seconds.map((ttl) => ({ ttl, session: undefined }))
    )
  })
)
