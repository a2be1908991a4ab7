/** A caller reports a credential that the vendor refused, by its fingerprint, and gets another one. */
import { assert, describe, it } from "@effect/vitest"
import { CredentialCache } from "@tempcred/core/CredentialCache"
import * as Failover from "@tempcred/core/Failover"
import { fingerprint } from "@tempcred/core/Fingerprint"
import * as Minter from "@tempcred/core/Minter"
import type { TempCredential } from "@tempcred/core/TempCredential"
import { type MintOptions, TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as WarmPool from "@tempcred/core/WarmPool"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { assert as check, it as test } from "vitest"
import { build, request, seconds, unavailable, vendor } from "./cache.ts"
import * as Host from "./host.ts"
import * as Store from "./store.ts"
import { holding } from "../src/temp-credential-provider/Holding.ts"

const tokenOf = ({ token }: TempCredential) => Redacted.value(token)

const nameOf = ({ token }: TempCredential) => fingerprint(token)

describe("a cache that gets a refused fingerprint", () => {
  it.effect("drops the refused credential and mints a new one, once", () =>
    Effect.gen(function* () {
      const acme = vendor()
      const cache = yield* build(acme)
      const refused = yield* nameOf(yield* cache.credential())
      assert.strictEqual(yield* cache.mint(request, { refused }), "token-2")
      assert.strictEqual(yield* cache.mint(request, { refused }), "token-2")
      assert.strictEqual(yield* cache.mint(), "token-2")
      assert.strictEqual(acme.mints(), 2)
    })
  )

  it.effect("keeps its credential if the fingerprint is another one's", () =>
    Effect.gen(function* () {
      const acme = vendor()
      const cache = yield* build(acme)
      const mine = yield* cache.credential()
      const other = yield* nameOf(yield* cache.credential({ ...request, subject: "user-2" }))
      for (const refused of [other, "0123456789abcdef", "", tokenOf(mine)]) {
        assert.strictEqual(yield* cache.mint(request, { refused }), "token-1")
      }
      assert.strictEqual(yield* cache.mint({ ...request, subject: "user-2" }), "token-2")
      assert.strictEqual(acme.mints(), 2)
    })
  )

  it.effect("mints once for 20 concurrent reports of the same credential", () =>
    Effect.gen(function* () {
      const acme = vendor()
      const cache = yield* build(acme)
      const refused = yield* nameOf(yield* cache.credential())
      acme.state.answer = { life: 60, takes: 1 }
      const fibers = yield* Effect.forEach(Array.from({ length: 20 }), () =>
        Effect.forkChild(cache.mint(request, { refused }), { startImmediately: true })
      )
      yield* Host.until(() => acme.mints() === 2)
      yield* seconds(1)
      yield* Host.until(() => fibers.every((fiber) => fiber.pollUnsafe() !== undefined))
      const tokens = yield* Effect.forEach(fibers, Fiber.join)
      assert.deepStrictEqual([...new Set(tokens)], ["token-2"])
      assert.strictEqual(acme.mints(), 2)
    })
  )

  it.effect("mints again for a caller if the shared mint returns the credential that the caller reported", () =>
    Effect.gen(function* () {
      const acme = vendor()
      let stored: TempCredential | undefined
      const asked: Array<MintOptions | undefined> = []
      const store = Layer.effect(
        TempCredentialProvider,
        TempCredentialProvider.useSync((provider) => ({
          ...provider,
          mint: Effect.fnUntraced(function* (one, options) {
            asked.push(options)
            yield* Effect.sleep("1 second")
            if (stored === undefined || options?.refused === (yield* nameOf(stored))) {
              stored = yield* provider.mint(one)
            }
            return stored
          })
        }))
      ).pipe(Layer.provide(acme.layer))
      const cache = yield* build({ layer: store })
      const first = yield* Effect.forkChild(cache.credential(), { startImmediately: true })
      yield* seconds(1)
      const refused = yield* nameOf(yield* Fiber.join(first))
      yield* cache.invalidate(yield* cache.credential())
      const unaware = yield* Effect.forkChild(cache.mint(), { startImmediately: true })
      const aware = yield* Effect.forkChild(cache.mint(request, { refused }), { startImmediately: true })
      yield* seconds(1)
      yield* Host.until(() => asked.length === 3)
      yield* seconds(1)
      assert.deepStrictEqual([yield* Host.joinNow(unaware), yield* Host.joinNow(aware)], ["token-1", "token-2"])
      assert.strictEqual(acme.mints(), 2)
    })
  )

  it.effect("does not serve the refused credential during an outage, and does not mint during the pause", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 600 })
      const cache = yield* build(acme)
      const refused = yield* nameOf(yield* cache.credential())
      yield* seconds(455)
      acme.state.answer = { fails: unavailable }
      yield* cache.get()
      yield* seconds(0)
      assert.strictEqual(yield* cache.mint(request, { refused }), "UnavailableError")
      assert.strictEqual(yield* cache.mint(request, { refused }), "UnavailableError")
      assert.strictEqual(acme.mints(), 2)
    })
  )

  it.effect("passes the fingerprint to the provider below through all wrappers, also for uncached requests", () =>
    Effect.gen(function* () {
      const told: Array<MintOptions | undefined> = []
      const acme = vendor()
      const below = Layer.effect(
        TempCredentialProvider,
        TempCredentialProvider.useSync((provider) => ({
          ...provider,
          mint: (one, options) => {
            told.push(options)
            return provider.mint(one)
          }
        }))
      ).pipe(Layer.provide(acme.layer))
      const stack = CredentialCache.layer().pipe(
        Layer.provide(CredentialCache.layer()),
        Layer.provide(WarmPool.layer({ min: 0 })),
        Layer.provide(Failover.layer([below]))
      )
      const provider = Context.get(yield* Layer.build(stack), TempCredentialProvider)
      const options = { refused: "0123456789abcdef", minRemaining: "5 seconds" } as const
      yield* provider.mint(request, options)
      yield* provider.mint({ ...request, purpose: "tts.realtime", singleUse: true }, options)
      assert.deepStrictEqual(
        told.map((one) => [one?.refused, String(one?.minRemaining)]),
        [
          ["0123456789abcdef", "5000 millis"],
          ["0123456789abcdef", "5000 millis"]
        ]
      )
    })
  )

  it.effect("drops the credential in the cache below too", () =>
    Effect.gen(function* () {
      const acme = vendor()
      const inner = yield* build(acme)
      const outer = yield* build({ layer: Layer.succeed(TempCredentialProvider, inner.provider) })
      const refused = yield* nameOf(yield* outer.credential())
      assert.strictEqual(yield* outer.mint(request, { refused }), "token-2")
      assert.strictEqual(yield* inner.mint(), "token-2")
      assert.strictEqual(acme.mints(), 2)
    })
  )
})

describe("machines that share credentials and get a refused fingerprint", () => {
  const place = Effect.fnUntraced(function* () {
    const store = yield* Store.make()
    const acme = Host.vendor()
    return { store, acme, start: () => Host.start(store, acme) }
  })

  it.effect("invalidate the credential in the store, and mint once for all machines", () =>
    Effect.gen(function* () {
      const { acme, start } = yield* place()
      const [one, other] = [yield* start(), yield* start()]
      const mine = yield* one.mint()
      const refused = yield* nameOf(mine)
      const next = yield* other.mint(Host.request, { refused })
      assert.notStrictEqual(tokenOf(next), tokenOf(mine))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(one.provider[holding]?.isInvalidated?.(mine), true)
      assert.strictEqual(tokenOf(yield* one.mint()), tokenOf(next))
      assert.strictEqual(tokenOf(yield* one.mint(Host.request, { refused })), tokenOf(next))
      assert.strictEqual(acme.state.mints, 2)
    })
  )

  it.effect("invalidate a machine's older credential, and use the newer one in the store", () =>
    Effect.gen(function* () {
      const { acme, start } = yield* place()
      const [one, other] = [yield* start(), yield* start()]
      const old = yield* one.mint()
      yield* TestClock.adjust("31 seconds")
      const newer = yield* other.mint()
      assert.strictEqual(tokenOf(yield* one.mint(Host.request, { refused: yield* nameOf(old) })), tokenOf(newer))
      assert.strictEqual(one.provider[holding]?.isInvalidated?.(old), true)
      assert.strictEqual(acme.state.mints, 2)
    })
  )

  it.effect("invalidate it in the store even if the reporting machine has cached another credential", () =>
    Effect.gen(function* () {
      const { acme, store, start } = yield* place()
      const [one, other] = [yield* start(), yield* start()]
      const cache = Context.get(
        yield* Layer.build(
          CredentialCache.layer().pipe(Layer.provide(Layer.succeed(TempCredentialProvider, one.provider)))
        ),
        TempCredentialProvider
      )
      const held = yield* cache.mint(Host.request)
      yield* TestClock.adjust("31 seconds")
      const theirs = yield* other.mint()
      const served = yield* cache.mint(Host.request, { refused: yield* nameOf(theirs) })
      assert.strictEqual(tokenOf(served), tokenOf(held))
      assert.strictEqual(store.texts.size, 0)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(other.provider[holding]?.isInvalidated?.(theirs), true)
      assert.strictEqual(acme.state.mints, 2)
    })
  )

  it.effect("keep the credential if the fingerprint is of another subject or unknown", () =>
    Effect.gen(function* () {
      const { acme, start } = yield* place()
      const [one, other] = [yield* start(), yield* start()]
      const mine = yield* one.mint()
      const foreign = yield* one.mint({ ...Host.request, subject: "another" })
      for (const refused of [yield* nameOf(foreign), "0123456789abcdef"]) {
        assert.strictEqual(tokenOf(yield* other.mint(Host.request, { refused })), tokenOf(mine))
      }
      assert.strictEqual(acme.state.mints, 2)
    })
  )
})

test("a Minter accepts refused and minRemaining, and rejects an invalid duration", async () => {
  const acme = vendor()
  await using minter = Minter.make(CredentialCache.layer().pipe(Layer.provide(acme.layer)))
  const first = await minter.mint(request)
  const refused = await Effect.runPromise(nameOf(first))
  const { signal } = new AbortController()
  check.strictEqual(tokenOf(await minter.mint(request, { refused: "0123456789abcdef", signal })), "token-1")
  check.strictEqual(tokenOf(await minter.mint(request, { refused, signal })), "token-2")
  check.strictEqual(tokenOf(await minter.mint(request, { minRemaining: "30 seconds" })), "token-2")
  check.strictEqual(tokenOf(await minter.mint(request)), "token-2")
  for (const minRemaining of ["-1 seconds", "Infinity seconds", "soon", 20, null]) {
    // @ts-expect-error: the types reject it too
    const error: unknown = await minter.mint(request, { minRemaining }).catch((cause: unknown) => cause)
    check.match(String(error), /minRemaining: must be a finite duration/)
  }
})
