import { TempCredential } from "@tempcred/core/TempCredential"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

describe("a credential made for a test", () => {
  it("is valid for a minute without any field", () => {
    const { expiresAt, issuedAt } = TempCredential.make()
    assert.strictEqual(expiresAt.epochMilliseconds - issuedAt.epochMilliseconds, 60_000)
    assert.isTrue(DateTime.isFutureUnsafe(expiresAt))
  })

  it.effect("is read again by a client as it was", () =>
    Effect.gen(function* () {
      const credential = TempCredential.make({ provider: "acme", purpose: "agent", uses: "once" })
      assert.deepStrictEqual(yield* TempCredential.decode(TempCredential.encode(credential)), credential)
    })
  )

  it("takes its token as text or redacted, and prints neither", () => {
    for (const token of ["a-secret", Redacted.make("a-secret")]) {
      const credential = TempCredential.make({ token })
      assert.strictEqual(Redacted.value(credential.token), "a-secret")
      assert.notInclude(JSON.stringify(credential), "a-secret")
    }
  })

  it("expires a minute after the time that the test gives", () => {
    const { expiresAt } = TempCredential.make({ issuedAt: DateTime.makeUnsafe(0) })
    assert.strictEqual(expiresAt.epochMilliseconds, 60_000)
  })
})
