import * as Adapter from "@tempcred/core/Adapter"
import * as Minter from "@tempcred/core/Minter"
import { TempCredentialError } from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { assert, it } from "vitest"
import * as Acme from "./acme.ts"

const provider = Layer.effect(TempCredentialProvider, Adapter.make(Acme.spec()))
const request = { purpose: "stt.realtime" } as const

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => assert.fail("it resolved"),
    (error: unknown) => error
  )

it("resolves to a credential", async () => {
  await using minter = Minter.make(provider, { transport: Acme.vendor(Acme.ok).layer })
  assert.strictEqual(Redacted.value((await minter.mint(request)).token), Acme.token)
})

it("rejects with the same typed error as the Effect door", async () => {
  await using minter = Minter.make(provider, { transport: Acme.vendor({ status: 403 }).layer })
  const error = await rejection(minter.mint(request))
  assert.instanceOf(error, TempCredentialError)
  assert.strictEqual(error.reason._tag, "PermissionError")
})

it("rejects with the signal's reason, before and during a mint, and interrupts it", async () => {
  const vendor = Acme.vendor("hang")
  await using minter = Minter.make(provider, { transport: vendor.layer })
  const reason = new Error("the user left")
  assert.strictEqual(await rejection(minter.mint(request, { signal: AbortSignal.abort(reason) })), reason)
  assert.strictEqual(vendor.sent.length, 0)
  const controller = new AbortController()
  const pending = rejection(minter.mint(request, { signal: controller.signal }))
  setTimeout(() => controller.abort(reason), 20)
  assert.strictEqual(await pending, reason)
  assert.strictEqual(vendor.state.interrupted, 1)
})

it("builds the layer once, on the first mint, and closes it", async () => {
  const events: Array<string> = []
  const noted = Layer.effect(
    TempCredentialProvider,
    Effect.acquireRelease(
      Effect.andThen(
        Effect.sync(() => events.push("opened")),
        Adapter.make(Acme.spec())
      ),
      () => Effect.sync(() => events.push("closed"))
    )
  )
  const minter = Minter.make(noted, { transport: Acme.vendor(Acme.ok).layer })
  assert.deepStrictEqual(events, [])
  await Promise.all([minter.mint(request), minter.mint(request)])
  await minter.close()
  assert.deepStrictEqual(events, ["opened", "closed"])
})

it("closing ends what is under way, and what comes after is refused", { timeout: 2000 }, async () => {
  const vendor = Acme.vendor("hang")
  const minter = Minter.make(provider, { transport: vendor.layer })
  const pending = rejection(minter.mint(request))
  await new Promise((resolve) => setTimeout(resolve, 20))
  await minter.close()
  assert.instanceOf(await pending, Minter.ClosedError)
  assert.strictEqual(vendor.state.interrupted, 1)
  assert.instanceOf(await rejection(minter.mint(request)), Minter.ClosedError)
})

it("is ready, or says at start what is wrong with its configuration", async () => {
  await using good = Minter.make(provider, { transport: Acme.vendor(Acme.ok).layer })
  await good.ready()
  const issues = [{ name: "ACME_API_KEY", message: "is not set" }]
  await using bad = Minter.make(Layer.effect(TempCredentialProvider, Adapter.make({ ...Acme.spec(), issues })))
  assert.match(String(await rejection(bad.ready())), /ACME_API_KEY is not set/)
})
