import { TempCredential } from "@tempcred/core/TempCredential"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

describe("a credential from TempCredential.make", () => {
  it("without fields is valid for a minute", () => {
    const { expiresAt, issuedAt } = TempCredential.make()
    assert.strictEqual(expiresAt.epochMilliseconds - issuedAt.epochMilliseconds, 60_000)
    assert.isTrue(DateTime.isFutureUnsafe(expiresAt))
  })

  it.effect("decodes to an equal credential after encoding", () =>
    Effect.gen(function* () {
      const credential = TempCredential.make({ provider: "acme", purpose: "agent", uses: "once" })
      assert.deepStrictEqual(yield* TempCredential.decode(TempCredential.encode(credential)), credential)
    })
  )

  it("accepts a token as text or redacted, and prints neither", () => {
    for (const token of ["a-secret", Redacted.make("a-secret")]) {
      const credential = TempCredential.make({ token })
      assert.strictEqual(Redacted.value(credential.token), "a-secret")
      assert.notInclude(JSON.stringify(credential), "a-secret")
    }
  })

  it("expires a minute after the given issuedAt", () => {
    const { expiresAt } = TempCredential.make({ issuedAt: DateTime.makeUnsafe(0) })
    assert.strictEqual(expiresAt.epochMilliseconds, 60_000)
  })
})
