/** Help for the tests of an app. */
import { assert, describe, it } from "vitest"
import { ClosedError, TempcredError } from "../src/index.ts"
import { buildCredential, fakeMinter } from "../src/testing.ts"

describe("fakeMinter", () => {
  it("returns a credential for each request, and keeps the requests", async () => {
    const minter = fakeMinter()
    const one = await minter.mint({ purpose: "tts.batch", subject: "ana" })
    const other = await minter.mint({ purpose: "stt.realtime", singleUse: true })
    assert.deepInclude(one, { purpose: "tts.batch", subject: "ana", token: "fake-token-1", uses: "many" })
    assert.deepInclude(other, { token: "fake-token-2", uses: "once" })
    assert.deepStrictEqual(
      minter.requests.map(({ purpose }) => purpose),
      ["tts.batch", "stt.realtime"]
    )
    await minter.invalidate(one)
    assert.deepStrictEqual(minter.invalidated, [one])
  })

  it("returns or throws what the test says", async () => {
    const late = fakeMinter(() => ({ expiresAt: new Date(0) }))
    assert.strictEqual((await late.mint({ purpose: "stt.realtime" })).expiresAt.getTime(), 0)
    const reason = { provider: "soniox", reason: "QuotaError", message: "none left", isRetryable: false } as const
    const failing = fakeMinter(() => {
      throw new TempcredError(reason)
    })
    const error = await failing.mint({ purpose: "stt.realtime" }).catch((cause: unknown) => cause)
    assert.instanceOf(error, TempcredError)
  })

  it("takes a whole credential, also as a promise", async () => {
    const credential = buildCredential({ token: "of-the-test" })
    for (const answer of [() => credential, async () => credential]) {
      assert.strictEqual(await fakeMinter(answer).mint({ purpose: "stt.realtime" }), credential)
    }
  })

  it("is aborted and closed like any minter", async () => {
    const minter = fakeMinter()
    const aborted = minter.mint({ purpose: "stt.realtime" }, { signal: AbortSignal.abort(new Error("left")) })
    assert.strictEqual(String(await aborted.catch((cause: unknown) => cause)), "Error: left")
    await minter.close()
    const closed = await minter.mint({ purpose: "stt.realtime" }).catch((cause: unknown) => cause)
    assert.instanceOf(closed, ClosedError)
  })
})

describe("buildCredential", () => {
  it("fills in what a test does not care about, and hides its token as a real one", () => {
    const credential = buildCredential({ provider: "deepgram" })
    assert.strictEqual(credential.provider, "deepgram")
    assert.notInclude(JSON.stringify(credential), credential.token)
    assert.strictEqual(credential.toClient().token, credential.token)
  })
})
