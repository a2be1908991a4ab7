/** Our cache passes every scenario, and no scenario passes what is not a cache. */
import { assert, describe, it } from "@effect/vitest"
import * as CredentialCache from "@tempcred/core/CredentialCache"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as Scenario from "@tempcred/testing/Scenario"
import scenarios from "@tempcred/testing/scenarios.json" with { type: "json" }
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const none = Layer.effect(TempCredentialProvider, TempCredentialProvider)

describe.each(scenarios.map(Scenario.decode))("$name", (scenario) => {
  it.live("is what the cache does", () => Scenario.run(scenario, CredentialCache.layer()))

  it.live("is not what a bare provider does", () =>
    Effect.gen(function* () {
      const mismatch = yield* Effect.flip(Scenario.run(scenario, none))
      assert.strictEqual(mismatch.scenario, scenario.name)
      assert.isAtLeast(mismatch.step, 1)
    })
  )
})

describe("a scenario", () => {
  const base = { name: "example", vendor: [{ lifeSeconds: 60 }], steps: [{ get: "token-1", calls: 1 }] }

  it("is refused where it is malformed", () => {
    const malformed = [
      { ...base, name: "" },
      { ...base, vendor: [] },
      { ...base, vendor: [{ fails: "Oops" }] },
      { ...base, steps: [{ gets: "token-1", calls: 1 }] },
      { ...base, window: 3 }
    ]
    for (const scenario of malformed) assert.throws(() => Scenario.decode(scenario))
  })

  const wrong = [
    [{ get: "token-2", calls: 1 }, 'the outcome must be "token-2", not "token-1"'],
    [{ get: "token-1", calls: 2 }, "the number of vendor calls must be 2, not 1"],
    [{ advanceSeconds: 1, arrive: ["token-1"] }, 'what arrived must be ["token-1"], not []'],
    [{ invalidate: "token-1" }, 'a token that was given must be "token-1", not ""']
  ] as const
  it.live.each(wrong)("says what came instead: %o", ([step, message]) =>
    Effect.gen(function* () {
      const scenario = Scenario.decode({ ...base, steps: [step] })
      const mismatch = yield* Effect.flip(Scenario.run(scenario, CredentialCache.layer()))
      assert.strictEqual(mismatch.message, `example, step 1: ${message}`)
    })
  )
})
