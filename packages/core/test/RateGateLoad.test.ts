import * as RateGate from "@tempcred/core/RateGate"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { Transport } from "@tempcred/core/Transport"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as Acme from "./acme.ts"
import * as Limited from "./limited.ts"

type Vendor = ReturnType<typeof Limited.vendor>

/** 200 callers mint from a vendor as fast as they can. */
const run = (vendor: Vendor, seconds: number, gate: Layer.Layer<never, unknown> = Layer.empty) =>
  TempCredentialProvider.use((provider) => Limited.load(provider, 200, seconds)).pipe(
    Effect.provide(Acme.layer().pipe(Layer.provide(vendor.layer), Layer.provide(Layer.orDie(gate))))
  )

const kinds: ReadonlyArray<Limited.Kind> = ["a fixed window", "a sliding window", "a token bucket"]
const tellings: ReadonlyArray<Limited.Telling> = ["nothing", "whole seconds", "milliseconds"]

// Minutes of virtual time with 200 callers take seconds of real time on a busy machine.
describe("200 callers of a vendor that accepts 20 calls a second", { timeout: 30_000 }, () => {
  for (const kind of kinds) {
    it.effect(`${kind} with a configured rate limit: the limit is used fully, and no call is refused`, () =>
      Effect.gen(function* () {
        const vendor = Limited.vendor(kind, "nothing", () => 20)
        yield* run(vendor, 30, RateGate.layer({ perMinute: 1200 }))
        assert.isAtLeast(vendor.rate(0, 30), 19.8)
        assert.strictEqual(vendor.refused.length, 0)
      })
    )
    for (const telling of tellings) {
      it.effect(
        `${kind} without a configured rate limit, whose 429 responses state ${telling}: 92 % of it is used, and 5 % of calls are refused at most`,
        () =>
          Effect.gen(function* () {
            const vendor = Limited.vendor(kind, telling, () => 20)
            yield* run(vendor, 80)
            assert.isAtLeast(vendor.rate(20, 80), 18.4)
            assert.isAtMost(vendor.share(0, 80), 0.05)
          })
      )
    }
  }
  it.effect("the calls adapt if the vendor's limit drops to 10 a second and recovers", () =>
    Effect.gen(function* () {
      let perSecond = 20
      const vendor = Limited.vendor("a token bucket", "whole seconds", () => perSecond)
      const change = (second: number, to: number) =>
        Effect.forkChild(
          Effect.delay(
            Effect.sync(() => void (perSecond = to)),
            second * 1000
          )
        )
      yield* change(30, 10)
      yield* change(90, 20)
      yield* run(vendor, 180)
      assert.closeTo(vendor.rate(15, 30), 20, 2)
      assert.closeTo(vendor.rate(45, 90), 10, 1)
      assert.isAtLeast(vendor.rate(165, 180), 15)
      assert.isAtMost(vendor.share(0, 180), 0.05)
    })
  )
})

/** A vendor that responds in 5 ms, and refuses only one call, after the twelfth second. */
const healthy = (now: () => number) => {
  let refusals = 0
  const send = Effect.fnUntraced(function* () {
    const sentAt = yield* Clock.currentTimeMillis
    yield* Effect.sleep(5)
    const receivedAt = yield* Clock.currentTimeMillis
    const isStray = now() >= 12_000 && refusals === 0
    if (isStray) refusals += 1
    return isStray
      ? { status: 429, headers: { "retry-after": "1" }, text: "{}", sentAt, receivedAt }
      : { status: 201, headers: {}, text: JSON.stringify({ token: Acme.token }), sentAt, receivedAt }
  })
  return { layer: Layer.succeed(Transport, Transport.of({ send })), refusals: () => refusals }
}

describe("a vendor without a rate limit that refuses single calls", () => {
  /** Calls at a steady rate. Returns a function for the share of successful calls between two seconds. */
  const steadily = Effect.fnUntraced(function* (perSecond: (second: number) => number, seconds: number) {
    const { mint } = yield* TempCredentialProvider
    const calls: Array<{ readonly at: number; served: boolean }> = []
    for (let second = 0; second < seconds; second++) {
      const step = 1000 / perSecond(second)
      for (let count = 0; count < perSecond(second); count++) {
        const call = { at: second + (count * step) / 1000, served: false }
        calls.push(call)
        const asking = Effect.map(mint({ purpose: "stt.realtime" }), () => void (call.served = true))
        yield* Effect.forkChild(Effect.ignore(asking), { startImmediately: true })
        yield* TestClock.adjust(step)
      }
    }
    yield* TestClock.adjust("15 seconds")
    return (from: number, to: number) => {
      const asked = calls.filter(({ at }) => at >= from && at < to)
      return asked.filter(({ served }) => served).length / asked.length
    }
  })
  for (const perSecond of [2, 5, 10, 20, 40]) {
    it.effect(`after one 429, an increase from 2 to ${perSecond} calls a second is served`, () =>
      Effect.gen(function* () {
        const clock = yield* Clock.Clock
        const vendor = healthy(() => clock.currentTimeMillisUnsafe())
        const served = yield* steadily((second) => (second < 12 ? 2 : perSecond), 72).pipe(
          Effect.provide(Layer.provide(Acme.layer(), vendor.layer))
        )
        assert.strictEqual(vendor.refusals(), 1)
        assert.isAtLeast(served(18, 72), 0.98)
        assert.isAtLeast(served(12, 18), 0.98)
      })
    )
  }
  it.effect("at one 429 in about fifty calls, 20 calls a second are served", () =>
    Effect.gen(function* () {
      const steps = Array.from({ length: 40 }, (_, index): ReadonlyArray<Acme.Step> => {
        const taken = Array.from({ length: 40 + ((index * 7) % 20) }, () => Acme.ok)
        return [...taken, { status: 429, headers: { "retry-after": "1" } }]
      })
      const vendor = Acme.vendor(Acme.ok, ...steps.flat())
      const served = yield* steadily(() => 20, 90).pipe(Effect.provide(Layer.provide(Acme.layer(), vendor.layer)))
      assert.isAtLeast(served(0, 90), 0.98)
    })
  )
})
