import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Acme from "./acme.ts"

describe("the options of a mint without a cache", () => {
  for (const minRemaining of [20_000, "soon", Number.NaN, null]) {
    it.effect(`a minRemaining of ${minRemaining} is rejected before any call to the vendor`, () =>
      Effect.gen(function* () {
        const acme = Acme.vendor(Acme.ok)
        const error = yield* TempCredentialProvider.use((provider) =>
          // JavaScript callers may pass any value.
          Effect.flip(provider.mint({ purpose: "stt.realtime" }, { minRemaining } as never))
        ).pipe(Effect.provide(Layer.provide(Acme.layer(), acme.layer)))
        assert.strictEqual(
          error.message,
          'acme: the request is invalid: minRemaining: must be a finite duration with its unit, such as "20 seconds"'
        )
        assert.strictEqual(acme.sent.length, 0)
      })
    )
  }
})
