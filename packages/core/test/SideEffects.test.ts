/** What happens once: a mint that has effects beyond its credential. */
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
  /** Mints under virtual time, and tells how often the vendor was called. */
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
  it.effect.each(cases)("is not repeated where the first may have had them: %j, %d calls", ([step, expected]) =>
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
  ] as const)("is repeated where no request arrived: %s, %d calls", ([code, expected]) =>
    Effect.gen(function* () {
      const sent: Array<unknown> = []
      const send: Transport["Service"]["send"] = (outgoing) => {
        sent.push(outgoing)
        return Effect.fail(new Errors.TransportError({ timedOut: false, code }))
      }
      assert.strictEqual(yield* calls(Layer.succeed(Transport, { send }), sent), expected)
    })
  )

  it.effect("another purpose of the same vendor is repeated", () =>
    Effect.gen(function* () {
      const { layer, sent } = Acme.vendor("reset")
      assert.strictEqual(yield* calls(layer, sent, "stt.batch"), 3)
    })
  )
})

describe("a failover after a mint with side effects", () => {
  /** Mints once with A by this script and B healthy, and tells which of them were asked. */
  const asked = Effect.fnUntraced(function* (step: Step, purpose: keyof typeof capabilities = "stt.realtime") {
    const a = vendor("a", step)
    const b = vendor("b", "minted")
    yield* during("1 minute", among([layerOf(a, { capabilities }), layerOf(b)], served({ purpose, subject: "u1" })))
    return [a, b].flatMap(({ id, times }) => (times.length === 0 ? [] : [id])).join()
  })

  const lost = new Errors.TransportError({ timedOut: true })

  it.effect("stops where it may have had them", () =>
    Effect.gen(function* () {
      const reasons = [new Errors.UnavailableError({ status: 500 }), new Errors.InvalidResponseError({ status: 200 })]
      for (const reason of [lost, ...reasons, "hang"] as const) assert.strictEqual(yield* asked(reason), "a")
    })
  )

  it.effect("goes on where it had none, and for a purpose without any", () =>
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

  it.effect("stops after a failover in which one of several may have had them", () =>
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
