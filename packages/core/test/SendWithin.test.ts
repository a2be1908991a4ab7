import { type Exchange, type Outgoing, type Receiver, Transport } from "@tempcred/core/Transport"
import type { Reason } from "@tempcred/core/TempCredentialError"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { afterEach, vi } from "vitest"

const outgoing: Outgoing = {
  method: "POST",
  url: new URL("https://api.acme.example/v1/token?secret=1"),
  key: Redacted.make("acme-long-lived-key"),
  body: {}
}

/** A platform that responds when the test calls `answer`. `left` counts how often it was aborted. */
const platform = () => {
  const receivers: Array<Receiver> = []
  const state = { left: 0 }
  const exchange: Exchange = (_, receiver) => {
    receivers.push(receiver)
    return () => void (state.left += 1)
  }
  const answer = () => {
    const [receiver] = receivers
    receiver?.begin(200, {})
    receiver?.piece(new TextEncoder().encode("{}"))
    receiver?.end()
  }
  return { exchange, state, answer }
}

const sendWithin = (exchange: Exchange, milliseconds: number, note?: (url: URL) => string | undefined) => {
  const transport = Transport.make(exchange, note)
  return transport.sendWithin?.(outgoing, milliseconds) ?? transport.send(outgoing)
}

const begin = <A, E>(self: Effect.Effect<A, E>) => Effect.forkChild(self, { startImmediately: true })

const failureOf = (exit: Exit.Exit<unknown, Reason> | undefined): Reason | undefined => {
  const reason = exit !== undefined && Exit.isFailure(exit) ? exit.cause.reasons[0] : undefined
  return reason?._tag === "Fail" ? reason.error : undefined
}

afterEach(() => vi.restoreAllMocks())

describe("a request with a time limit", () => {
  it.effect("times out at its limit, and is aborted once", () =>
    Effect.gen(function* () {
      const { exchange, state } = platform()
      const fiber = yield* begin(sendWithin(exchange, 5000))
      yield* TestClock.adjust(4999)
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust(1)
      const reason = failureOf(yield* Fiber.await(fiber))
      assert.strictEqual(reason?.message, "no response in time: api.acme.example:443 did not answer within 5000 ms")
      assert.strictEqual(reason?._tag === "TransportError" && reason.timedOut, true)
      assert.strictEqual(state.left, 1)
    })
  )

  it.effect("appends the transport's note to the time-out error", () =>
    Effect.gen(function* () {
      const { exchange } = platform()
      const fiber = yield* begin(sendWithin(exchange, 5000, (url) => `a proxy is not used for ${url.hostname}`))
      yield* TestClock.adjust(5000)
      const reason = failureOf(yield* Fiber.await(fiber))
      assert.match(reason?.message ?? "", /did not answer within 5000 ms; a proxy is not used for api\.acme\.example$/)
    })
  )

  it.effect("is aborted at once by an interruption", () =>
    Effect.gen(function* () {
      const { exchange, state } = platform()
      const fiber = yield* begin(sendWithin(exchange, 5000))
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(state.left, 1)
    })
  )

  it.effect("ignores a response that arrives after the time-out", () =>
    Effect.gen(function* () {
      const { answer, exchange, state } = platform()
      const fiber = yield* begin(sendWithin(exchange, 5000))
      yield* TestClock.adjust(5000)
      answer()
      assert.strictEqual(failureOf(yield* Fiber.await(fiber))?._tag, "TransportError")
      assert.strictEqual(state.left, 1)
    })
  )

  it.effect("is not sent if no time is left", () =>
    Effect.gen(function* () {
      let begun = 0
      const exchange = () => {
        begun += 1
        return () => {}
      }
      const reason = yield* Effect.flip(sendWithin(exchange, 0))
      assert.strictEqual(reason.message, "no response in time: api.acme.example:443 was not asked, as no time was left")
      assert.strictEqual(begun, 0)
    })
  )

  it.live("leaves no timer behind, however it ends", () =>
    Effect.gen(function* () {
      const set = vi.spyOn(globalThis, "setTimeout")
      const clear = vi.spyOn(globalThis, "clearTimeout")
      const answered = platform()
      const fiber = yield* begin(sendWithin(answered.exchange, 60_000))
      answered.answer()
      yield* Fiber.join(fiber)
      const failing: Exchange = (_, receiver) => {
        receiver.fail(new Error("refused at once"))
        return () => {}
      }
      yield* Effect.flip(sendWithin(failing, 60_000))
      yield* Effect.flatMap(begin(sendWithin(platform().exchange, 60_000)), Fiber.interrupt)
      const timers = set.mock.results.map(({ value }) => value)
      assert.strictEqual(timers.length, 3)
      assert.deepStrictEqual(
        timers.filter((timer) => !clear.mock.calls.some(([cleared]) => cleared === timer)),
        []
      )
    })
  )

  it.live("sets no timer for an infinite limit, and caps a long one at the maximum of setTimeout", () =>
    Effect.gen(function* () {
      const set = vi.spyOn(globalThis, "setTimeout")
      yield* Effect.flatMap(begin(sendWithin(platform().exchange, Infinity)), Fiber.interrupt)
      yield* Effect.flatMap(begin(sendWithin(platform().exchange, 2 ** 40)), Fiber.interrupt)
      assert.deepStrictEqual(
        set.mock.calls.map(([, milliseconds]) => milliseconds),
        [2 ** 31 - 1]
      )
    })
  )
})
