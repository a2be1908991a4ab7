import { CredentialCache } from "@tempcred/core/CredentialCache"
import * as Minter from "@tempcred/core/Minter"
import { TempCredentialError } from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { Transport } from "@tempcred/core/Transport"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { assert, describe, it } from "vitest"
import * as Provider from "../src/adapter/Provider.ts"
import * as Acme from "./acme.ts"

const provider = Layer.effect(TempCredentialProvider, Provider.make(Acme.spec()))
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

it("rejects with the same typed error as the Effect API", async () => {
  await using minter = Minter.make(provider, { transport: Acme.vendor({ status: 403 }).layer })
  const error = await rejection(minter.mint(request))
  assert.instanceOf(error, TempCredentialError)
  assert.strictEqual(error.reason._tag, "PermissionError")
})

it("rejects with the abort signal's reason before and during a mint, and interrupts the mint", async () => {
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

it("builds the layer once, at the first mint, and releases it on close", async () => {
  const events: Array<string> = []
  const noted = Layer.effect(
    TempCredentialProvider,
    Effect.acquireRelease(
      Effect.andThen(
        Effect.sync(() => events.push("opened")),
        Provider.make(Acme.spec())
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

it("close interrupts pending mints, and later mints reject with ClosedError", { timeout: 2000 }, async () => {
  const vendor = Acme.vendor("hang")
  const minter = Minter.make(provider, { transport: vendor.layer })
  const pending = rejection(minter.mint(request))
  await new Promise((resolve) => setTimeout(resolve, 20))
  await minter.close()
  assert.instanceOf(await pending, Minter.ClosedError)
  assert.strictEqual(vendor.state.interrupted, 1)
  assert.instanceOf(await rejection(minter.mint(request)), Minter.ClosedError)
})

it("ready resolves for a valid configuration, and otherwise rejects with the error", async () => {
  await using good = Minter.make(provider, { transport: Acme.vendor(Acme.ok).layer })
  await good.ready()
  const issues = [{ name: "ACME_API_KEY", message: "is not set" }]
  await using bad = Minter.make(Layer.effect(TempCredentialProvider, Provider.make({ ...Acme.spec(), issues })))
  assert.match(String(await rejection(bad.ready())), /ACME_API_KEY is not set/)
})

describe("with a cache", () => {
  const asked = { ...request, subject: "user-1" }
  const layer = CredentialCache.layer().pipe(Layer.provide(provider))

  it("a cache hit returns the same object without a call to the vendor", async () => {
    const vendor = Acme.vendor(Acme.ok)
    await using minter = Minter.make(layer, { transport: vendor.layer })
    const credential = await minter.mint(asked)
    for (let time = 0; time < 10; time++) assert.strictEqual(await minter.mint({ ...asked }), credential)
    assert.strictEqual(vendor.sent.length, 1)
    assert.notStrictEqual(await minter.mint({ ...asked, subject: "user-2" }), credential)
    assert.strictEqual(await minter.mint(asked), credential)
  })

  it("a cache hit also rejects after an abort or close", async () => {
    const minter = Minter.make(layer, { transport: Acme.vendor(Acme.ok).layer })
    await minter.mint(asked)
    const reason = new Error("the user left")
    assert.strictEqual(await rejection(minter.mint(asked, { signal: AbortSignal.abort(reason) })), reason)
    await minter.close()
    assert.instanceOf(await rejection(minter.mint(asked)), Error)
  })

  it("20 concurrent callers share one mint, and an abort by one does not affect the others", async () => {
    const vendor = Acme.vendor(Acme.ok)
    const slow = Layer.effect(
      Transport,
      Transport.useSync(({ send }) => ({ send: (outgoing) => Effect.delay(send(outgoing), 20) }))
    )
    await using minter = Minter.make(layer, { transport: slow.pipe(Layer.provide(vendor.layer)) })
    const controller = new AbortController()
    const reason = new Error("the user left")
    const others = Array.from({ length: 20 }, () => minter.mint(asked))
    const leaver = rejection(minter.mint(asked, { signal: controller.signal }))
    controller.abort(reason)
    assert.strictEqual(await leaver, reason)
    assert.strictEqual(new Set(await Promise.all(others)).size, 1)
    assert.strictEqual(vendor.sent.length, 1)
  })

  it("20 concurrent callers get the error of one shared mint", async () => {
    const vendor = Acme.vendor({ status: 403 })
    await using minter = Minter.make(layer, { transport: vendor.layer })
    await rejection(minter.mint({ ...asked, subject: "other" }))
    const errors = await Promise.all(Array.from({ length: 20 }, () => rejection(minter.mint(asked))))
    for (const error of errors) assert.instanceOf(error, TempCredentialError)
    assert.strictEqual(vendor.sent.length, 2)
  })

  it("close rejects all callers of a shared mint", { timeout: 2000 }, async () => {
    const minter = Minter.make(layer, { transport: Acme.vendor("hang").layer })
    const pending = Array.from({ length: 3 }, () => rejection(minter.mint(asked)))
    await new Promise((resolve) => setTimeout(resolve, 20))
    await minter.close()
    for (const error of await Promise.all(pending)) assert.instanceOf(error, Error)
  })
})

it("invalidates a credential that the vendor refused", async () => {
  const vendor = Acme.vendor(Acme.ok)
  await using minter = Minter.make(Layer.provide(CredentialCache.layer(), provider), { transport: vendor.layer })
  const held = { ...request, subject: "u1" }
  const first = await minter.mint(held)
  assert.strictEqual(await minter.mint(held), first)
  await minter.invalidate(first)
  assert.notStrictEqual(await minter.mint(held), first)
  assert.strictEqual(vendor.sent.length, 2)
})
