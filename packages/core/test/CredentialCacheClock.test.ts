/** The cache with changed wall clocks, after a suspend, and above other caches and stores. */
import { assert, describe, it } from "@effect/vitest"
import type { MintRequest } from "@tempcred/core/MintRequest"
import { TempCredential } from "@tempcred/core/TempCredential"
import { type MintOptions, TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { build, request, seconds, settle, vendor } from "./cache.ts"
import { holding } from "../src/temp-credential-provider/Holding.ts"

/** Runs a test that can move its wall clock by seconds; the monotonic clock is unaffected. */
const withWall = <A, E, R>(test: (set: (by: number) => void) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    let ahead = 0
    const clock = yield* Clock.Clock
    const wall = () => clock.currentTimeMillisUnsafe() + ahead
    return yield* Effect.provideService(
      test((by) => {
        ahead += by * 1000
      }),
      Clock.Clock,
      { ...clock, currentTimeMillisUnsafe: wall, currentTimeMillis: Effect.sync(wall) }
    )
  })

describe("clocks", () => {
  it.effect("a credential that expired while the machine was suspended is not served", () =>
    withWall((set) =>
      Effect.gen(function* () {
        const acme = vendor({ life: 60 })
        const cache = yield* build(acme)
        yield* cache.get()
        set(1800)
        assert.isUndefined(cache.provider[holding]?.cached?.(request))
        assert.strictEqual(yield* cache.get(), "token-2")
        assert.strictEqual(yield* cache.get(), "token-2")
      })
    )
  )

  it.effect("the pause after a failed refresh ends with the credential's expiry, also while suspended", () =>
    withWall((set) =>
      Effect.gen(function* () {
        const acme = vendor({ life: 3600 })
        const cache = yield* build(acme)
        yield* cache.get()
        yield* seconds(3000)
        acme.state.answer = { life: 0 }
        yield* cache.get()
        yield* settle
        assert.strictEqual(acme.mints(), 2)
        set(7200)
        acme.state.answer = { life: 3600 }
        assert.strictEqual(yield* cache.get(), "token-3")
      })
    )
  )

  it.effect("setting the wall clock back neither extends a credential nor causes extra mints", () =>
    withWall((set) =>
      Effect.gen(function* () {
        const acme = vendor({ life: 60 })
        const cache = yield* build(acme)
        yield* cache.get()
        set(-3600)
        for (let second = 0; second < 30; second++) {
          assert.strictEqual(yield* cache.get(), "token-1")
          yield* seconds(1)
        }
        yield* seconds(30)
        assert.strictEqual(yield* cache.get(), "token-2")
        assert.strictEqual(acme.mints(), 2)
      })
    )
  )

  it.effect("setting the wall clock past the expiry causes one mint, and setting it back causes none", () =>
    withWall((set) =>
      Effect.gen(function* () {
        const acme = vendor({ life: 60 })
        const cache = yield* build(acme)
        yield* cache.get()
        set(3600)
        for (let time = 0; time < 20; time++) yield* cache.get()
        assert.strictEqual(acme.mints(), 2)
        set(-3600)
        for (let time = 0; time < 20; time++) yield* cache.get()
        assert.strictEqual(acme.mints(), 2)
        yield* seconds(60)
        assert.strictEqual(yield* cache.get(), "token-3")
      })
    )
  )

  it.effect("setting the wall clock back during a mint does not extend the new credential", () =>
    withWall((set) =>
      Effect.gen(function* () {
        const acme = vendor({ life: 60, takes: 2 })
        const cache = yield* build(acme)
        const first = yield* Effect.forkChild(cache.get())
        yield* seconds(1)
        set(-3600)
        yield* seconds(1)
        assert.deepStrictEqual(first.pollUnsafe(), Exit.succeed("token-1"))
        yield* seconds(58)
        assert.isUndefined(cache.provider[holding]?.cached?.(request))
      })
    )
  )

  it.effect("a wall clock that is fast or slow does not change the lifetime of a credential", () =>
    withWall((set) =>
      Effect.gen(function* () {
        for (const skew of [600, -1200]) {
          set(skew)
          const acme = vendor({ life: 60 })
          const cache = yield* build(acme)
          yield* cache.get()
          yield* seconds(30)
          assert.strictEqual(yield* cache.get(), "token-1")
          yield* seconds(30)
          assert.strictEqual(yield* cache.get(), "token-2")
        }
      })
    )
  )
})

describe("a cache above another cache, pool or store", () => {
  it.effect("a caller gets a second mint if the joined one returns less than its minRemaining", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60, takes: 1 })
      const store = Layer.effect(
        TempCredentialProvider,
        TempCredentialProvider.useSync((provider) => ({
          ...provider,
          mint: Effect.fnUntraced(function* (asked: MintRequest, { minRemaining = "0 seconds" }: MintOptions = {}) {
            const least = Duration.toSeconds(minRemaining)
            const credential = yield* provider.mint(asked)
            if (least >= 10) return credential
            const { expiresAt, issuedAt } = credential
            const age = { seconds: 49 }
            return new TempCredential({
              ...credential,
              issuedAt: DateTime.subtract(issuedAt, age),
              expiresAt: DateTime.subtract(expiresAt, age)
            })
          })
        }))
      ).pipe(Layer.provide(acme.layer))
      const cache = yield* build({ layer: store })
      const modest = yield* Effect.forkChild(cache.get())
      yield* settle
      const demanding = yield* Effect.forkChild(cache.get(request, { minRemaining: "30 seconds" }))
      yield* seconds(1)
      assert.deepStrictEqual([modest.pollUnsafe(), demanding.pollUnsafe()], [Exit.succeed("token-1"), undefined])
      yield* seconds(1)
      assert.deepStrictEqual(demanding.pollUnsafe(), Exit.succeed("token-2"))
      assert.strictEqual(yield* cache.get(), "token-2")
    })
  )

  it.effect("a refresh requests a longer lifetime than the cached credential has left", () =>
    Effect.gen(function* () {
      const asked: Array<number> = []
      const acme = vendor({ life: 60 })
      const store = Layer.effect(
        TempCredentialProvider,
        TempCredentialProvider.useSync((provider) => ({
          ...provider,
          mint: (one: MintRequest, { minRemaining = "0 seconds" }: MintOptions = {}) => {
            asked.push(Duration.toSeconds(minRemaining))
            return provider.mint(one)
          }
        }))
      ).pipe(Layer.provide(acme.layer))
      const cache = yield* build({ layer: store })
      yield* cache.get()
      yield* seconds(50)
      yield* cache.get()
      yield* settle
      yield* cache.get(request, { refresh: true, minRemaining: "1 second" })
      assert.deepStrictEqual(asked, [0, 10.001, 60.001])
    })
  )

  it.effect(
    "a credential that the provider below invalidated is not served, and invalidate reaches that provider",
    () =>
      Effect.gen(function* () {
        const taken: Array<TempCredential> = []
        const store = Layer.effect(
          TempCredentialProvider,
          TempCredentialProvider.useSync((provider) => ({
            ...provider,
            invalidate: (credential: TempCredential) => Effect.sync(() => void taken.push(credential)),
            [holding]: { isInvalidated: (credential: TempCredential) => taken.includes(credential) }
          }))
        ).pipe(Layer.provide(vendor().layer))
        const cache = yield* build({ layer: store })
        const first = yield* cache.credential()
        taken.push(first)
        assert.isUndefined(cache.provider[holding]?.cached?.(request))
        const second = yield* cache.credential()
        assert.notStrictEqual(second, first)
        yield* cache.invalidate(second)
        assert.deepStrictEqual(taken, [first, second])
      })
  )

  it.effect("mints if minRemaining exceeds the lifetime left of the cached credential", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60 })
      const cache = yield* build(acme)
      yield* cache.mint()
      yield* seconds(10)
      const mint = (least: number) => cache.mint(request, { minRemaining: Duration.seconds(least) })
      assert.deepStrictEqual([yield* mint(50), yield* mint(51), yield* mint(51)], ["token-1", "token-2", "token-2"])
    })
  )

  it.effect("a single-use request is served from the pool below without a wait", () =>
    Effect.gen(function* () {
      const pool = Layer.effect(
        TempCredentialProvider,
        Effect.gen(function* () {
          const provider = yield* TempCredentialProvider
          const ready = yield* provider.mint({ ...request, singleUse: true })
          return { ...provider, [holding]: { cached: () => ready } }
        })
      ).pipe(Layer.provide(vendor().layer), Layer.orDie)
      const cache = yield* build({ layer: pool })
      assert.strictEqual(cache.provider[holding]?.cached?.({ ...request, singleUse: true })?.uses, "once")
      assert.isUndefined(
        cache.provider[holding]?.cached?.(request),
        "a shared credential is served from the cache's own entries only"
      )
    })
  )

  it.effect("a cache above another cache causes no extra mints", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 30 })
      const inner = yield* build(acme)
      const cache = yield* build({ layer: Layer.succeed(TempCredentialProvider, inner.provider) })
      for (let second = 0; second < 300; second++) {
        yield* cache.get()
        yield* seconds(1)
      }
      assert.isAtMost(acme.mints(), 20)
    })
  )
})
