import * as RetryPolicy from "@tempcred/core/RetryPolicy"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import * as TestClock from "effect/testing/TestClock"
import * as Acme from "./acme.ts"

type Vendor = ReturnType<typeof Acme.vendor>

const mint = TempCredentialProvider.use((provider) => provider.mint({ purpose: "stt.realtime" }))

const providing = (vendor: Vendor, policy: Layer.Layer<never, unknown> = Layer.empty) =>
  Effect.provide(Acme.layer().pipe(Layer.provide(vendor.layer), Layer.provide(Layer.orDie(policy))))

/** Runs to the end under virtual time, for an hour at most. */
const settle = Effect.fnUntraced(function* (vendor: Vendor, policy?: Layer.Layer<never, unknown>) {
  const fiber = yield* Effect.forkChild(Effect.result(mint.pipe(providing(vendor, policy))), { startImmediately: true })
  yield* TestClock.adjust("1 hour")
  const result = yield* Fiber.join(fiber)
  return result._tag === "Success" ? "minted" : result.failure.reason
})

/** Replaces every random number with this one. */
const always = (share: number) =>
  Effect.provideService(Random.Random, { nextDoubleUnsafe: () => share, nextIntUnsafe: () => 0 })

const down: Acme.Step = { status: 503 }

describe("which failures are retried", () => {
  const cases: ReadonlyArray<readonly [step: Acme.Step, tag: string, calls: number]> = [
    [{ status: 400 }, "InvalidRequestError", 1],
    [{ status: 401 }, "AuthenticationError", 1],
    [{ status: 402 }, "QuotaError", 1],
    [{ status: 403 }, "PermissionError", 1],
    [{ status: 404 }, "InvalidRequestError", 1],
    [{ status: 408 }, "UnavailableError", 3],
    [{ status: 422 }, "InvalidRequestError", 1],
    [{ status: 425 }, "UnavailableError", 3],
    [{ status: 429 }, "RateLimitError", 3],
    [{ status: 500 }, "UnavailableError", 3],
    [{ status: 501 }, "UnavailableError", 3],
    [{ status: 502 }, "UnavailableError", 3],
    [{ status: 503 }, "UnavailableError", 3],
    [{ status: 504 }, "UnavailableError", 3],
    [{ status: 505 }, "UnavailableError", 3],
    [{ status: 307 }, "InvalidResponseError", 1],
    [{ status: 200, body: "<html>" }, "InvalidResponseError", 1],
    [{ status: 200, body: {} }, "InvalidResponseError", 1],
    ["reset", "TransportError", 3],
    ["hang", "TransportError", 2]
  ]
  for (const [step, tag, calls] of cases) {
    it.effect(`${JSON.stringify(step)} is ${tag} after ${calls} calls`, () =>
      Effect.gen(function* () {
        const vendor = Acme.vendor(step)
        const reason = yield* settle(vendor)
        assert.strictEqual(reason === "minted" ? reason : reason._tag, tag)
        assert.strictEqual(vendor.sent.length, calls)
      })
    )
  }

  it.effect("makes three attempts, of which the third can succeed", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* settle(Acme.vendor(down, "reset", Acme.ok)), "minted")
    })
  )
})

describe("the wait before a retry", () => {
  const policy = RetryPolicy.layer({ attempts: 6, base: Duration.millis(100), cap: Duration.millis(500) })

  it.effect("at the largest jitter, grows by factor from base to cap", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(down)
      yield* settle(vendor, policy).pipe(always(1))
      assert.deepStrictEqual(vendor.times, [0, 100, 300, 700, 1200, 1700])
    })
  )
  it.effect("at the smallest jitter, is zero", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(down)
      yield* settle(vendor, policy).pipe(always(0))
      assert.deepStrictEqual(vendor.times, [0, 0, 0, 0, 0, 0])
    })
  )
  it.effect("is spread evenly between zero and the backoff", () =>
    Effect.gen(function* () {
      const waits: Array<number> = []
      for (let seed = 0; seed < 300; seed++) {
        const vendor = Acme.vendor(down, Acme.ok)
        const before = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
        yield* settle(vendor).pipe(Random.withSeed(`seed ${seed}`))
        waits.push((vendor.times[1] ?? 0) - before)
      }
      assert.isTrue(waits.every((wait) => wait >= 0 && wait <= 100))
      const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length
      assert.closeTo(mean, 50, 8)
    })
  )

  const asked: ReadonlyArray<readonly [name: string, headers: Readonly<Record<string, string>>, waited: number]> = [
    ["Retry-After in seconds", { "retry-after": "3" }, 3000],
    ["Retry-After as an HTTP date", { "retry-after": new Date(4000).toUTCString() }, 4000],
    [
      "Retry-After as a date, relative to the Date header",
      { date: new Date(60_000).toUTCString(), "retry-after": new Date(62_000).toUTCString() },
      2000
    ],
    ["Retry-After-Ms", { "retry-after-ms": "250" }, 250],
    ["Retry-After as a date in RFC 850 format", { "retry-after": "Thursday, 01-Jan-70 00:00:04 GMT" }, 4000],
    ["Retry-After as a date in asctime format", { "retry-after": "Thu Jan  1 00:00:04 1970" }, 4000],
    [
      "Retry-After as a date, with a Date header of 1800",
      { date: "Wed, 01 Jan 1800 00:00:00 GMT", "retry-after": "Thu, 01 Jan 1970 00:00:04 GMT" },
      4000
    ]
  ]
  for (const [name, headers, waited] of asked) {
    it.effect(`${name}: overrides the backoff`, () =>
      Effect.gen(function* () {
        const vendor = Acme.vendor({ status: 429, headers }, Acme.ok)
        assert.strictEqual(yield* settle(vendor), "minted")
        assert.deepStrictEqual(vendor.times, [0, waited])
      })
    )
  }
  const unreadable: ReadonlyArray<Readonly<Record<string, string>>> = [
    { "retry-after": "soon", "retry-after-ms": "-1" },
    { "retry-after": "seconds 12" },
    { "retry-after": "12 seconds" },
    { "retry-after": "1.5" },
    { "retry-after": "0x10" },
    { "retry-after": "-3" },
    { "retry-after": "0" },
    { "retry-after-ms": "0" },
    { "retry-after": "Infinity" },
    { "retry-after": "Jan 4 1970" },
    { "retry-after": "1970-01-01T00:00:04Z" },
    { "retry-after": "Thu, 01 Jan 1970 00:00:04 CET" },
    { "retry-after": "Thu, 31 Feb 1970 00:00:04 GMT" },
    { "retry-after": "Thu, 01 Jan 1970 24:00:04 GMT" },
    { "retry-after": "Thu, 01 Jan 1970 00:00:00 GMT" },
    { date: "Thu, 01 Jan 1970 01:00:00 GMT", "retry-after": "Thu, 01 Jan 1970 00:59:00 GMT" },
    { "ratelimit-remaining": "0", "ratelimit-reset": "Infinity" },
    { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1e3" },
    { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1700000004000000" },
    { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "0" },
    { ratelimit: '"default";r=0;t=many' }
  ]
  for (const headers of unreadable) {
    it.effect(`${JSON.stringify(headers)} is no usable wait: the rate limiter's backoff applies`, () =>
      Effect.gen(function* () {
        const vendor = Acme.vendor({ status: 429, headers }, Acme.ok)
        assert.strictEqual(yield* settle(vendor), "minted")
        // The rate limiter delays this call as long as all others.
        assert.deepStrictEqual(vendor.times, [0, 500])
      })
    )
  }
  it.effect("ten callers with an invalid Retry-After do not retry at once", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor({ status: 429, headers: { "retry-after": "seconds 12" } })
      yield* Effect.forEach(
        Array.from({ length: 10 }),
        () => Effect.forkChild(Effect.ignore(mint), { startImmediately: true }),
        { discard: true }
      ).pipe(Effect.andThen(TestClock.adjust(400)), providing(vendor))
      assert.isAtMost(vendor.sent.length, 10)
    })
  )
  const endless: ReadonlyArray<Readonly<Record<string, string>>> = [
    { "retry-after": "9".repeat(400) },
    { "retry-after": "86400" },
    { "retry-after-ms": "99999999999" },
    { "retry-after": "Fri, 31 Dec 9999 23:59:59 GMT" },
    { "ratelimit-remaining": "0", "ratelimit-reset": "999999999" },
    { date: "Wed, 01 Jan 1800 00:00:00 GMT", "retry-after": "Fri, 31 Dec 9999 23:59:59 GMT" }
  ]
  for (const headers of endless) {
    it.effect(`${JSON.stringify(headers).slice(0, 60)}: retryAfter of the error is an hour at most`, () =>
      Effect.gen(function* () {
        const error = yield* mint.pipe(providing(Acme.vendor({ status: 503, headers })), Effect.flip)
        assert.deepStrictEqual(error.retryAfter, Duration.hours(1))
      })
    )
  }
  it.effect("a Retry-After beyond the deadline fails at once, and the error states it", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor({ status: 429, headers: { "retry-after": "3600" } })
      const error = yield* mint.pipe(providing(vendor), Effect.flip)
      assert.strictEqual(error.reason._tag, "RateLimitError")
      assert.deepStrictEqual(error.retryAfter, Duration.hours(1))
      assert.deepStrictEqual(vendor.times, [0])
    })
  )
})

describe("time-outs and interruption", () => {
  it.effect("an attempt times out after 5 s and a mint after 10 s, and both interrupt their request", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor("hang")
      const fiber = yield* Effect.forkChild(Effect.flip(mint.pipe(providing(vendor), always(0.5))), {
        startImmediately: true
      })
      yield* TestClock.adjust("9999 millis")
      assert.deepStrictEqual(vendor.times, [0, 5050])
      yield* TestClock.adjust("1 millis")
      const { reason } = yield* Fiber.join(fiber)
      assert.strictEqual(reason._tag, "TransportError")
      assert.isTrue(reason._tag === "TransportError" && reason.timedOut)
      assert.strictEqual(vendor.state.interrupted, 2)
    })
  )
  it.effect("a longer deadline gives each attempt its full time", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor("hang")
      yield* settle(vendor, RetryPolicy.layer({ attemptTimeout: "2 seconds", deadline: "1 minute" }))
      assert.strictEqual(vendor.sent.length, 3)
    })
  )
  it.effect("an interruption during an attempt aborts its request", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor("hang")
      const fiber = yield* Effect.forkChild(mint.pipe(providing(vendor)), { startImmediately: true })
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(vendor.sent.length, 1)
      assert.strictEqual(vendor.state.interrupted, 1)
    })
  )
  it.effect("an interruption during a wait prevents the retry", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor({ status: 429, headers: { "retry-after": "5" } })
      const fiber = yield* Effect.forkChild(mint.pipe(providing(vendor)), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(vendor.sent.length, 1)
    })
  )
})

describe("the retry budget", () => {
  const budget = RetryPolicy.layer({ budget: { capacity: 20, cost: 14, refund: 14 } })

  it.effect("is reduced by a failure and refunded by a success; no retry is made while it is empty", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(down, down, Acme.ok, down, down, Acme.ok)
      const calls: Array<number> = []
      yield* Effect.gen(function* () {
        const provider = yield* TempCredentialProvider
        for (let round = 0; round < 4; round++) {
          const before = vendor.sent.length
          const fiber = yield* Effect.forkChild(Effect.result(provider.mint({ purpose: "stt.realtime" })), {
            startImmediately: true
          })
          yield* TestClock.adjust("1 minute")
          yield* Fiber.join(fiber)
          calls.push(vendor.sent.length - before)
        }
      }).pipe(providing(vendor, budget))
      // Failure: the budget pays for one retry. Success: it is refunded. Then the same again.
      assert.deepStrictEqual(calls, [2, 1, 2, 1])
    })
  )
  it.effect("is separate for each provider", () =>
    Effect.gen(function* () {
      const first = Acme.vendor(down)
      const second = Acme.vendor(down)
      yield* settle(first, budget)
      yield* settle(second, budget)
      assert.strictEqual(second.sent.length, first.sent.length)
    })
  )
})

describe("options and metrics", () => {
  it.effect("layerNone makes one call", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(down)
      yield* settle(vendor, RetryPolicy.layerNone)
      assert.strictEqual(vendor.sent.length, 1)
    })
  )
  it.effect("an invalid option fails the layer with its name", () =>
    Effect.gen(function* () {
      const nonsense: ReadonlyArray<readonly [RetryPolicy.Options, RegExp]> = [
        [{ attempts: 0 }, /RetryPolicy\.attempts must be a whole number, 1 or more/],
        [{ attempts: 1.5 }, /RetryPolicy\.attempts/],
        [{ factor: 0.5 }, /RetryPolicy\.factor must be 1 or more/],
        [{ deadline: Duration.zero }, /RetryPolicy\.deadline must be a time with its unit.*longer than zero/],
        [{ base: "-1 seconds" }, /RetryPolicy\.base must be a time with its unit/],
        // @ts-expect-error A duration needs a unit.
        [{ attemptTimeout: "soon" }, /RetryPolicy\.attemptTimeout must be a time with its unit/],
        [{ cap: Duration.infinity }, /RetryPolicy\.cap .* finite/],
        [{ budget: { capacity: -1, cost: 1, refund: 1 } }, /RetryPolicy\.budget\.capacity/]
      ]
      for (const [changes, message] of nonsense) {
        const error = yield* Effect.flip(Effect.scoped(Layer.build(RetryPolicy.layer(changes))))
        assert.match(error.message, message)
      }
    })
  )
  it.effect("metrics count every retry, and each retry after a lost response as a possible orphan", () =>
    Effect.gen(function* () {
      const count = (id: string) =>
        Effect.map(Metric.snapshot, (all) =>
          all.reduce((sum, one) => (one.id === id && one.type === "Counter" ? sum + Number(one.state.count) : sum), 0)
        )
      const counts = Effect.all([count("tempcred_retries_total"), count("tempcred_possible_orphans_total")])
      const before = yield* counts
      for (const step of ["reset", { status: 504 }, { status: 502 }, { status: 503 }, { status: 429 }] as const) {
        yield* settle(Acme.vendor(step, Acme.ok))
      }
      const after = yield* counts
      assert.deepStrictEqual([after[0] - before[0], after[1] - before[1]], [5, 3])
    })
  )
})
