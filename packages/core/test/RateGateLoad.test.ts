import * as RateGate from "@tempcred/core/RateGate"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Acme from "./acme.ts"
import * as Limited from "./limited.ts"

type Vendor = ReturnType<typeof Limited.vendor>

/** So many callers ask a vendor as fast as they can. */
const run = (vendor: Vendor, seconds: number, gate: Layer.Layer<never, unknown> = Layer.empty) =>
  TempCredentialProvider.use((provider) => Limited.load(provider, 200, seconds)).pipe(
    Effect.provide(Acme.layer().pipe(Layer.provide(vendor.layer), Layer.provide(Layer.orDie(gate))))
  )

const kinds: ReadonlyArray<Limited.Kind> = ["a fixed window", "a sliding window", "a token bucket"]
const tellings: ReadonlyArray<Limited.Telling> = ["nothing", "whole seconds", "milliseconds"]

// Minutes of virtual time with 200 callers: seconds of real time on a machine that is busy.
describe("200 callers at a vendor that takes 20 calls a second", { timeout: 30_000 }, () => {
  for (const kind of kinds) {
    it.effect(`mint-bucket: ${kind} of a known size is used whole, and nothing is refused`, () =>
      Effect.gen(function* () {
        const vendor = Limited.vendor(kind, "nothing", () => 20)
        yield* run(vendor, 30, RateGate.layer({ perMinute: 1200 }))
        assert.isAtLeast(vendor.rate(0, 30), 19.8)
        assert.strictEqual(vendor.refused.length, 0)
      })
    )
    for (const telling of tellings) {
      it.effect(`adaptive-converges: ${kind} of unknown size, whose refusals tell ${telling}`, () =>
        Effect.gen(function* () {
          const vendor = Limited.vendor(kind, telling, () => 20)
          yield* run(vendor, 60)
          assert.isAtLeast(vendor.rate(10, 60), 18.4)
          assert.isAtMost(vendor.share(0, 60), 0.05)
        })
      )
    }
  }
  it.effect("adaptive-converges: the limit drops to 10 and comes back", () =>
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
