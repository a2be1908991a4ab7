/** Mints with side effects are not repeated if the vendor may have processed the first request. */
import * as Errors from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { Transport } from "@tempcred/core/Transport"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as Provider from "../src/adapter/Provider.ts"
import * as Acme from "./acme.ts"
import { among, during, layerOf, served, vendor, type Step } from "./failover.ts"

const withEffects = { ...Acme.capabilities["stt.realtime"], mintingHasSideEffects: true }

const capabilities = { ...Acme.capabilities, "stt.realtime": withEffects }

const provider = Layer.effect(TempCredentialProvider, Effect.orDie(Provider.make({ ...Acme.spec(), capabilities })))

describe("a mint with side effects", () => {
  /** Mints under virtual time, and returns the number of calls to the vendor. */
  const calls = Effect.fnUntraced(function* (
    transport: Layer.Layer<Transport>,
    sent: ReadonlyArray<unknown>,
    purpose: keyof typeof capabilities = "stt.realtime"
  ) {
    const minting = TempCredentialProvider.use(({ mint }) => mint({ purpose, subject: "u1" }))
    const fiber = yield* Effect.forkChild(Effect.result(Effect.provide(minting, Layer.provide(provider, transport))), {
      startImmediately: true
    })
    yield* TestClock.adjust("1 hour")
    yield* Fiber.join(fiber)
    return sent.length
  })

  const cases: ReadonlyArray<readonly [step: Acme.Step, calls: number]> = [
    ["reset", 1],
    ["hang", 1],
    [{ status: 500 }, 1],
    [{ status: 502 }, 1],
    [{ status: 504 }, 1],
    [{ status: 524 }, 1],
    [{ status: 408 }, 3],
    [{ status: 425 }, 3],
    [{ status: 429 }, 3],
    [{ status: 503 }, 3]
  ]
  it.effect.each(cases)(
    "is retried only after a response that rules out side effects: %j, calls: %d",
    ([step, expected]) =>
      Effect.gen(function* () {
        const { layer, sent } = Acme.vendor(step)
        assert.strictEqual(yield* calls(layer, sent), expected)
      })
  )

  it.effect.each([
    ["ECONNREFUSED", 3],
    ["ENOTFOUND", 3],
    ["EAI_AGAIN", 3],
    ["ECONNRESET", 1]
  ] as const)("is retried only if the connection was never made: %s, calls: %d", ([code, expected]) =>
    Effect.gen(function* () {
      const sent: Array<unknown> = []
      const send: Transport["Service"]["send"] = (outgoing) => {
        sent.push(outgoing)
        return Effect.fail(new Errors.TransportError({ timedOut: false, code }))
      }
      assert.strictEqual(yield* calls(Layer.succeed(Transport, { send }), sent), expected)
    })
  )

  it.effect("does not limit retries of another purpose of the same vendor", () =>
    Effect.gen(function* () {
      const { layer, sent } = Acme.vendor("reset")
      assert.strictEqual(yield* calls(layer, sent, "stt.batch"), 3)
    })
  )
})

describe("a failover after a mint with side effects", () => {
  /** Mints once, where A follows this script and B is healthy, and returns which of them were called. */
  const asked = Effect.fnUntraced(function* (step: Step, purpose: keyof typeof capabilities = "stt.realtime") {
    const a = vendor("a", step)
    const b = vendor("b", "minted")
    yield* during("1 minute", among([layerOf(a, { capabilities }), layerOf(b)], served({ purpose, subject: "u1" })))
    return [a, b].flatMap(({ id, times }) => (times.length === 0 ? [] : [id])).join()
  })

  const lost = new Errors.TransportError({ timedOut: true })

  it.effect("stops if the first vendor may have processed the request", () =>
    Effect.gen(function* () {
      const reasons = [new Errors.UnavailableError({ status: 500 }), new Errors.InvalidResponseError({ status: 200 })]
      for (const reason of [lost, ...reasons, "hang"] as const) assert.strictEqual(yield* asked(reason), "a")
    })
  )

  it.effect("continues if the first vendor did not process the request, or for a purpose without side effects", () =>
    Effect.gen(function* () {
      const reasons = [
        new Errors.TransportError({ timedOut: false, code: "ECONNREFUSED" }),
        new Errors.UnavailableError({ status: 503 }),
        new Errors.UnavailableError({ detail: "skipped because it failed repeatedly" }),
        new Errors.RateLimitError({ status: 429 }),
        new Errors.QuotaError({ status: 402 })
      ]
      for (const reason of reasons) assert.strictEqual(yield* asked(reason), "a,b")
      assert.strictEqual(yield* asked(lost, "stt.batch"), "a,b")
    })
  )

  it.effect("stops after a nested failover in which a vendor may have processed the request", () =>
    Effect.gen(function* () {
      const down = new Errors.UnavailableError({ status: 503 })
      const inner = (provider: string, reason: Errors.Reason) => ({ provider, reason })
      const error = new Errors.TempCredentialError({
        ...inner("x", down),
        failures: [inner("x", down), inner("y", lost)]
      })
      const b = vendor("b", "minted")
      const a = layerOf(vendor("a", down), { capabilities, mint: () => Effect.fail(error) })
      yield* among([a, layerOf(b)], served())
      assert.strictEqual(b.times.length, 0)
    })
  )
})
