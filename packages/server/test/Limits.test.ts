import * as Limits from "@tempcred/server/Limits"
import type { LimitStore } from "@tempcred/server/Limits"
import { assert, describe, it, vi } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"

const done = Effect.succeed("done")

/** Runs this many requests in sequence, and returns their outcomes. */
const outcomes = (limits: Limits.Limits, subject: string, times: number) =>
  Effect.forEach(Array.from({ length: times }), () =>
    Effect.result(limits.limited(subject, done)).pipe(
      Effect.map((result) => (result._tag === "Success" ? result.success : result.failure.limit))
    )
  )

const refusal = (limits: Limits.Limits, subject: string) => Effect.flip(limits.limited(subject, done))

/** A pause in milliseconds, sometimes as long as a window. */
const pause = Schema.Union([
  Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20_000 })),
  Schema.Literals([0, 1, 59_999, 60_000])
])

const times = (count: number, outcome: string) => Array.from({ length: count }, () => outcome)

describe("requests per minute", () => {
  it.effect("are served up to the limit; the next one fails with the rest of the minute as retryAfter", () =>
    Effect.gen(function* () {
      const limits = yield* Limits.make({ perMinute: 3 })
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* outcomes(limits, "ana", 2), times(2, "done"))
      yield* TestClock.adjust("15 seconds")
      assert.deepStrictEqual(yield* outcomes(limits, "ana", 2), ["done", "perMinute"])
      const error = yield* refusal(limits, "ana")
      assert.strictEqual(Duration.toSeconds(error.retryAfter), 45)
      assert.strictEqual(error.message, "too many requests in a minute")
      yield* TestClock.adjust("44999 millis")
      assert.deepStrictEqual(yield* outcomes(limits, "ana", 1), ["perMinute"])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* outcomes(limits, "ana", 4), [...times(3, "done"), "perMinute"])
    })
  )
  it.effect.prop(
    "never exceed the limit in a window, or twice the limit in any 60 seconds",
    { perMinute: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 })), pauses: Schema.Array(pause) },
    ({ pauses, perMinute }) =>
      Effect.gen(function* () {
        const limits = yield* Limits.make({ perMinute })
        let now = 0
        let window = { began: -Infinity, count: 0 }
        const served: Array<number> = []
        for (const length of [...pauses, ...pauses]) {
          yield* TestClock.adjust(length)
          now += length
          if (now - window.began >= 60_000) window = { began: now, count: 0 }
          const result = yield* Effect.result(limits.limited("ana", done))
          const wait = result._tag === "Success" ? 0 : Duration.toMillis(result.failure.retryAfter)
          // Below the limit of the window, the request is served; above it, the error says when the window ends.
          assert.strictEqual(wait, window.count < perMinute ? 0 : window.began + 60_000 - now)
          if (wait > 0) continue
          window.count += 1
          served.push(now)
          assert.isAtMost(served.filter((time) => time > now - 60_000).length, 2 * perMinute)
        }
      }),
    { arbitrary: { runs: 200, seed: 5 } }
  )
  it.effect("are limited to 60 by default, separately for each subject", () =>
    Effect.gen(function* () {
      const limits = yield* Limits.make()
      assert.deepStrictEqual(yield* outcomes(limits, "ana", 61), [...times(60, "done"), "perMinute"])
      assert.deepStrictEqual(yield* outcomes(limits, "bo", 1), ["done"])
    })
  )
  it.effect("are all served at an even rate within the limit", () =>
    Effect.gen(function* () {
      const limits = yield* Limits.make({ perMinute: 6 })
      for (let second = 0; second < 600; second += 10) {
        assert.deepStrictEqual(yield* outcomes(limits, "ana", 1), ["done"])
        yield* TestClock.adjust("10 seconds")
      }
    })
  )
  it.effect("of inactive subjects use no memory after a minute", () =>
    Effect.gen(function* () {
      const kept = vi.spyOn(Map.prototype, "set")
      yield* Effect.addFinalizer(() => Effect.sync(() => kept.mockRestore()))
      const limits = yield* Limits.make({ perMinute: 10 })
      for (let index = 0; index < 1000; index += 1) yield* outcomes(limits, `idle ${index}`, 1)
      const names = () => [...new Set(kept.mock.contexts)].flatMap((map) => (map instanceof Map ? [...map.keys()] : []))
      const size = () => names().filter((name) => String(name).startsWith("idle ")).length
      assert.strictEqual(size(), 1000)
      yield* TestClock.adjust("1 minute")
      yield* outcomes(limits, "ana", 1)
      assert.strictEqual(size(), 0)
    })
  )
})

describe("concurrent requests", () => {
  const busy = Effect.fnUntraced(function* (limits: Limits.Limits, count: number) {
    const fibers = yield* Effect.forEach(Array.from({ length: count }), () =>
      Effect.forkChild(limits.limited("ana", Effect.never), { startImmediately: true })
    )
    return fibers
  })

  it.effect("are served up to the limit; the next one fails with a retryAfter of 1 second", () =>
    Effect.gen(function* () {
      const limits = yield* Limits.make({ concurrent: 2 })
      const [first] = yield* busy(limits, 2)
      const error = yield* refusal(limits, "ana")
      assert.deepStrictEqual([error.limit, Duration.toSeconds(error.retryAfter)], ["concurrent", 1])
      assert.deepStrictEqual(yield* outcomes(limits, "bo", 1), ["done"])
      if (first !== undefined) yield* Fiber.interrupt(first)
      assert.deepStrictEqual(yield* outcomes(limits, "ana", 1), ["done"])
    })
  )
  it.effect("are limited to 8 by default", () =>
    Effect.gen(function* () {
      const limits = yield* Limits.make()
      const fibers = yield* busy(limits, 7)
      assert.deepStrictEqual(yield* outcomes(limits, "ana", 1), ["done"])
      yield* busy(limits, 1)
      assert.deepStrictEqual(yield* outcomes(limits, "ana", 1), ["concurrent"])
      assert.lengthOf(fibers, 7)
    })
  )
  it.effect("free their slot after a success, failure, defect or interruption", () =>
    Effect.gen(function* () {
      const limits = yield* Limits.make({ concurrent: 1, perMinute: 4 })
      assert.strictEqual(yield* Effect.flip(limits.limited("ana", Effect.fail("failed"))), "failed")
      yield* Effect.exit(limits.limited("ana", Effect.die("a defect")))
      const fiber = yield* Effect.forkChild(limits.limited("ana", Effect.never), { startImmediately: true })
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* outcomes(limits, "ana", 2), ["done", "perMinute"])
      // The refused request freed its slot, too.
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* outcomes(limits, "ana", 1), ["done"])
    })
  )
  it.effect("that are refused do not count toward the limit per minute", () =>
    Effect.gen(function* () {
      const limits = yield* Limits.make({ concurrent: 1, perMinute: 2 })
      const [fiber] = yield* busy(limits, 1)
      assert.deepStrictEqual(yield* outcomes(limits, "ana", 5), times(5, "concurrent"))
      if (fiber !== undefined) yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* outcomes(limits, "ana", 2), ["done", "perMinute"])
    })
  )
})

it.effect("invalid limits fail with the name of the option", () =>
  Effect.gen(function* () {
    for (const value of [0, -1, 1.5, Number.NaN, Infinity]) {
      const error = yield* Effect.flip(Limits.make({ perMinute: value, concurrent: value }))
      assert.strictEqual(
        error.message,
        "Limits.perMinute must be a whole number, 1 or more; Limits.concurrent must be a whole number, 1 or more"
      )
    }
    const error = yield* Effect.flip(Limits.make({ limit: Duration.infinity, lease: "0 seconds" }))
    const rule = "must be a millisecond or longer, and finite"
    assert.strictEqual(error.message, `Limits.limit ${rule}; Limits.lease ${rule}`)
  })
)

describe("a shared store that is unavailable", () => {
  const logged: Array<string> = []
  const logger = Logger.layer([
    Logger.make(({ logLevel, message }) => void logged.push(`${logLevel} ${String(message)}`))
  ])
  /** A store that reports an outage when it is opened, and its end when the test runs `over`. */
  const unavailable = () => {
    const over: Array<Effect.Effect<void>> = []
    const store: LimitStore = {
      limits: ({ onDown, onUp }) =>
        Effect.gen(function* () {
          over.push(onUp)
          yield* onDown("no connection: WRONGPASS")
          return {
            enter: () => Effect.succeedNone,
            stay: () => Effect.never,
            leave: () => Effect.void,
            count: () => Effect.succeedNone
          }
        })
    }
    return { store, over }
  }

  it.effect("makes each process count for itself, with one log line at its start and one at its end", () =>
    Effect.gen(function* () {
      logged.length = 0
      const { over, store } = unavailable()
      const limits = yield* Limits.make({ perMinute: 2, concurrent: 1, store })
      assert.deepStrictEqual(yield* outcomes(limits, "ana", 3), ["done", "done", "perMinute"])
      const running = yield* Deferred.make<void>()
      yield* Effect.forkChild(limits.limited("bo", Effect.andThen(Deferred.succeed(running, undefined), Effect.never)))
      yield* Deferred.await(running)
      assert.deepStrictEqual(yield* outcomes(limits, "bo", 1), ["concurrent"])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* outcomes(limits, "ana", 1), ["done"])
      for (const up of over) yield* up
      assert.deepStrictEqual(logged, [
        "Warn Limits: the shared store is unavailable (no connection: WRONGPASS); each process counts for itself",
        "Info Limits: the shared store is available again"
      ])
    }).pipe(Effect.provide(logger))
  )
})
