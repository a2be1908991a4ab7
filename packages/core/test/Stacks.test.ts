/** Combinations of caches, pools, sharing and failover. */
import { assert, describe, it } from "@effect/vitest"
import { CredentialCache } from "@tempcred/core/CredentialCache"
import * as Failover from "@tempcred/core/Failover"
import { fingerprint } from "@tempcred/core/Fingerprint"
import { decode, type MintRequest } from "@tempcred/core/MintRequest"
import type { TempCredential } from "@tempcred/core/TempCredential"
import * as Errors from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as WarmPool from "@tempcred/core/WarmPool"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Deadline from "../src/Deadline.ts"
import { build, refused, request, seconds, settle, unavailable, vendor } from "./cache.ts"
import * as Acme from "./acme.ts"
import * as Failing from "./failover.ts"
import * as Host from "./host.ts"
import * as Store from "./store.ts"
import { holding } from "../src/temp-credential-provider/Holding.ts"

const tokenOf = ({ token }: TempCredential) => Redacted.value(token)

/** A clock whose wall time the test can move. */
const wallClock = Effect.map(Clock.Clock, (clock) => {
  const wall = { ahead: 0 }
  const millis = () => clock.currentTimeMillisUnsafe() + wall.ahead
  const set: Clock.Clock = { ...clock, currentTimeMillisUnsafe: millis, currentTimeMillis: Effect.sync(millis) }
  return { wall, clock: set }
})

const provide = (provider: TempCredentialProvider["Service"]) => Layer.succeed(TempCredentialProvider, provider)

describe("expiry and minRemaining in a stack of caches and pools", () => {
  it.effect("after the wall clock was set back, a cache above a cache serves no expired credential", () =>
    Effect.gen(function* () {
      const { clock, wall } = yield* wallClock
      yield* Effect.gen(function* () {
        const inner = yield* build(vendor({ life: 60 }))
        const outer = yield* build({ layer: provide(inner.provider) })
        yield* inner.get()
        yield* seconds(20)
        wall.ahead = -3_600_000
        assert.strictEqual(yield* outer.get(), "token-1")
        yield* seconds(41)
        assert.isUndefined(outer.provider[holding]?.cached?.(request))
        assert.strictEqual(yield* outer.get(), "token-2")
      }).pipe(Effect.provideService(Clock.Clock, clock))
    })
  )

  it.effect("after the wall clock was set back, a pool above a pool serves no expired credential", () =>
    Effect.gen(function* () {
      const { clock, wall } = yield* wallClock
      yield* Effect.gen(function* () {
        const asked = { ...request, purpose: "tts.realtime", singleUse: true } as const
        const acme = vendor({ life: 60 })
        const options = { idle: "1 hour", minRemaining: "1 second" } as const
        const pools = WarmPool.layer(options).pipe(Layer.provide(WarmPool.layer(options)))
        const { mint } = Context.get(yield* Layer.build(Layer.provide(pools, acme.layer)), TempCredentialProvider)
        yield* mint(asked)
        yield* settle
        const early = acme.mints()
        yield* seconds(20)
        wall.ahead = -3_600_000
        // The upper pool takes a credential that the lower pool has held for 20 seconds, and holds it for 41 more.
        yield* mint(asked)
        yield* settle
        yield* seconds(41)
        const numbers: Array<number> = []
        for (let take = 0; take < 3; take++)
          numbers.push(
            Number(
              tokenOf(yield* mint(asked))
                .split("-")
                .at(-1)
            )
          )
        assert.isAbove(Math.min(...numbers), early)
      }).pipe(Effect.provideService(Clock.Clock, clock))
    })
  )

  it.effect("after the wall clock was set back, sharing above a cache stores no credential beyond its expiry", () =>
    Effect.gen(function* () {
      const store = yield* Store.make()
      const { clock, wall } = yield* wallClock
      yield* Effect.gen(function* () {
        const acme = Host.vendor()
        const cache = yield* build({ layer: acme.layer })
        const machine = yield* Host.start(store, { ...acme, layer: provide(cache.provider) })
        yield* cache.mint(Host.request)
        yield* seconds(20)
        wall.ahead = -3_600_000
        const credential = yield* machine.provider.mint(Host.request)
        assert.strictEqual(tokenOf(credential), "acme-short-lived-token-1")
        assert.deepStrictEqual(
          Array.from(store.texts.values(), ({ until }) => until),
          [60_000]
        )
      }).pipe(Effect.provideService(Clock.Clock, clock))
    })
  )

  it.effect("a cache passes minRemaining on to the cache below", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60 })
      const inner = yield* build(acme)
      yield* inner.get()
      yield* seconds(20)
      const outer = yield* build({ layer: provide(inner.provider) })
      assert.strictEqual(yield* outer.mint(request, { minRemaining: "50 seconds" }), "token-2")
      assert.strictEqual(yield* outer.get(request, { minRemaining: "59 seconds" }), "token-2")
      assert.strictEqual(yield* inner.mint(), "token-2")
      assert.strictEqual(acme.mints(), 2)
    })
  )

  it.effect("a pool keeps a credential that is too short for one caller's minRemaining", () =>
    Effect.gen(function* () {
      const asked = { ...request, purpose: "tts.realtime", singleUse: true } as const
      const acme = vendor({ life: 60 })
      const pool = Context.get(
        yield* Layer.build(WarmPool.layer({ idle: "1 hour" }).pipe(Layer.provide(acme.layer))),
        TempCredentialProvider
      )
      yield* pool.mint(asked)
      yield* settle
      const pooled = acme.mints()
      yield* seconds(20)
      const long = yield* pool.mint(asked, { minRemaining: "50 seconds" })
      assert.strictEqual(tokenOf(long), `token-${pooled + 1}`)
      assert.strictEqual(tokenOf(yield* pool.mint(asked, { minRemaining: "40 seconds" })), `token-${pooled}`)
    })
  )
})

describe("the default refresh windows", () => {
  const lives: ReadonlyArray<readonly [life: number, least: number]> = [
    [30, 7.5],
    [60, 10],
    [3600, 360]
  ]
  for (const [life, least] of lives) {
    it.effect(`a ${life}-second credential has at least ${least} s left when it is served, and few callers wait`, () =>
      Effect.gen(function* () {
        const acme = vendor({ life, takes: 0.2 })
        const cache = yield* build(acme)
        const first = yield* Effect.forkChild(cache.credential())
        yield* seconds(1)
        yield* Fiber.join(first)
        let waited = 0
        for (let get = 0; get < 600; get++) {
          const asked = yield* Effect.forkChild(cache.credential(), { startImmediately: true })
          yield* settle
          if (asked.pollUnsafe() === undefined) waited += 1
          yield* seconds(life / 30)
          const { expiresAt } = yield* Fiber.join(asked)
          const now = yield* Clock.currentTimeMillis
          assert.isAtLeast(DateTime.toEpochMillis(expiresAt) - now + (life / 30) * 1000, least * 1000)
        }
        assert.isAtMost(waited, 1)
        // Twenty lifetimes, with a refresh when 30 % are left.
        assert.isAtMost(acme.mints(), 32)
      })
    )
  }
})

describe("a cache above a failover", () => {
  it.effect(
    "returns the error if the provider of the cached credential refuses the key and the other one is down",
    () =>
      Effect.gen(function* () {
        const first = Failing.vendor("a", unavailable)
        const second = Failing.vendor("b", "minted", refused)
        const below = Failover.layer([Failing.layerOf(first), Failing.layerOf(second)], {
          goOnAfter: ["AuthenticationError"]
        })
        const cache = yield* build({ layer: Layer.orDie(below) })
        const held = yield* cache.credential()
        assert.strictEqual(held.provider, "b")
        yield* seconds(55)
        const error = yield* Effect.flip(cache.credential())
        assert.deepStrictEqual(
          error.failures?.map(({ provider, reason }) => [provider, reason._tag]),
          [
            ["a", "UnavailableError"],
            ["b", "AuthenticationError"]
          ]
        )
        assert.isUndefined(cache.provider[holding]?.cached?.(request))
        assert.strictEqual(yield* cache.get(), "UnavailableError")
      })
  )

  it.effect("a refused key of the first provider does not drop a credential of the second", () =>
    Effect.gen(function* () {
      const first = Failing.vendor("a", unavailable, refused)
      const second = Failing.vendor("b", "minted")
      const below = Failover.layer([Failing.layerOf(first), Failing.layerOf(second)])
      const cache = yield* build({ layer: Layer.orDie(below) })
      assert.strictEqual(yield* cache.get(), "token-of-b")
      yield* seconds(55)
      assert.strictEqual(yield* cache.get(), "token-of-b")
      yield* seconds(6)
      assert.strictEqual(yield* cache.get(), "AuthenticationError")
    })
  )

  it.effect("keeps the cached credential if another provider refuses its key and its own provider is down", () =>
    Effect.gen(function* () {
      const first = Failing.vendor("a", unavailable, refused)
      const second = Failing.vendor("b", "minted", unavailable)
      const below = Failover.layer([Failing.layerOf(first), Failing.layerOf(second)], {
        goOnAfter: ["AuthenticationError"]
      })
      const cache = yield* build({ layer: Layer.orDie(below) })
      yield* cache.get()
      yield* seconds(55)
      assert.strictEqual(yield* cache.get(), "token-of-b")
    })
  )

  it.effect(
    "a refused credential is dropped from the cache of the vendor that minted it, in any order of the vendors",
    () =>
      Effect.gen(function* () {
        const first = vendor({ fails: unavailable })
        const second = vendor()
        const caches = [yield* build(first), yield* build(second)] as const
        const both = yield* Failover.make([caches[0].provider, caches[1].provider])
        const credential = yield* both.mint(request)
        first.state.answer = { life: 60 }
        const refusedName = yield* fingerprint(credential.token)
        yield* both.mint(request, { refused: refusedName })
        yield* both.invalidateFingerprint?.(request, refusedName) ?? Effect.void
        assert.isUndefined(caches[1].provider[holding]?.cached?.(request))
      })
  )
})

describe("the deadline of a shared mint", () => {
  it.effect("is the latest deadline of its callers, including those that join later", () =>
    Effect.gen(function* () {
      const left: Array<number> = []
      const acme = vendor({ life: 60, takes: 4 })
      const below = Layer.effect(
        TempCredentialProvider,
        TempCredentialProvider.useSync((provider) => ({
          ...provider,
          mint: (asked: MintRequest) =>
            Effect.ensuring(
              provider.mint(asked),
              Effect.map(Deadline.remaining, (millis) => void left.push(millis))
            )
        }))
      ).pipe(Layer.provide(acme.layer))
      const cache = yield* build({ layer: below })
      const hasty = yield* Effect.forkChild(cache.mint().pipe(Deadline.within(1000)), { startImmediately: true })
      yield* seconds(2)
      const patient = yield* Effect.forkChild(cache.mint().pipe(Deadline.within(10_000)), { startImmediately: true })
      yield* seconds(2)
      assert.deepStrictEqual(left, [8000])
      assert.deepStrictEqual(
        [hasty.pollUnsafe(), patient.pollUnsafe()],
        [Exit.succeed("token-1"), Exit.succeed("token-1")]
      )
    })
  )

  it.effect("is infinite if one of its callers has none", () =>
    Effect.gen(function* () {
      const left: Array<number> = []
      const below = Layer.effect(
        TempCredentialProvider,
        TempCredentialProvider.useSync((provider) => ({
          ...provider,
          mint: (asked: MintRequest) =>
            Effect.ensuring(
              provider.mint(asked),
              Effect.map(Deadline.remaining, (millis) => void left.push(millis))
            )
        }))
      ).pipe(Layer.provide(vendor({ life: 60, takes: 1 }).layer))
      const cache = yield* build({ layer: below })
      yield* Effect.forkChild(cache.mint().pipe(Deadline.within(500)), { startImmediately: true })
      assert.isDefined(cache.provider[holding]?.joined?.(request, () => {}))
      yield* seconds(1)
      assert.deepStrictEqual(left, [Number.POSITIVE_INFINITY])
    })
  )
})

describe("the deadline of a caller", () => {
  it.effect("does not end the shared mint for a caller with a later one: the vendor is retried", () =>
    Effect.gen(function* () {
      const transport = Acme.vendor("hang", Acme.ok)
      const cache = yield* build({ layer: Acme.layer().pipe(Layer.provide(transport.layer)) })
      const asked = { ...request, subject: "u1" }
      const hasty = cache.get(asked).pipe(Deadline.within(1000))
      yield* Effect.forkChild(hasty, { startImmediately: true })
      yield* seconds(0.5)
      const patient = yield* Effect.forkChild(cache.get(asked), { startImmediately: true })
      yield* seconds(2)
      assert.strictEqual(yield* Host.joinNow(patient), Acme.token)
      assert.strictEqual(transport.sent.length, 2)
    })
  )

  it.effect("does not apply to the pool's background refills", () =>
    Effect.gen(function* () {
      const left: Array<number> = []
      const asked = { ...request, purpose: "tts.realtime", singleUse: true } as const
      const below = Layer.effect(
        TempCredentialProvider,
        TempCredentialProvider.useSync((provider) => ({
          ...provider,
          mint: (one: MintRequest) =>
            Effect.andThen(
              Effect.map(Deadline.remaining, (millis) => void left.push(millis)),
              provider.mint(one)
            )
        }))
      ).pipe(Layer.provide(vendor().layer))
      const pool = Context.get(
        yield* Layer.build(WarmPool.layer({ idle: "1 hour" }).pipe(Layer.provide(below))),
        TempCredentialProvider
      )
      yield* pool.mint(asked).pipe(Deadline.within(1000))
      yield* settle
      yield* seconds(5)
      yield* pool.mint(asked)
      yield* settle
      assert.isAbove(left.length, 1)
      assert.deepStrictEqual(
        left.filter((millis) => millis < 1000),
        []
      )
    })
  )
})

describe("a session configuration that is not JSON", () => {
  const odd: ReadonlyArray<readonly [name: string, value: unknown]> = [
    ["a function", () => {}],
    ["a symbol", Symbol("s")],
    ["NaN", Number.NaN],
    ["a date", new Date(0)],
    ["undefined", undefined]
  ]
  const twins: ReadonlyArray<unknown> = [{ value: null }, { value: new Date(0).toJSON() }, {}]
  it.effect.each(odd)(
    "is rejected with its path, and never served from the entry of another request: %s",
    ([, value]) =>
      Effect.gen(function* () {
        const store = yield* Store.make()
        // Decodes requests as every adapter does.
        const able = Layer.effect(
          TempCredentialProvider,
          TempCredentialProvider.useSync((provider) => ({
            ...provider,
            mint: (asked: MintRequest) =>
              Effect.flatMap(
                Effect.fromResult(
                  Result.mapError(
                    decode(asked),
                    (reason) => new Errors.TempCredentialError({ provider: "acme", reason })
                  )
                ),
                () => provider.mint(asked)
              )
          }))
        ).pipe(Layer.provide(vendor().layer))
        const shared = (yield* Host.start(store, { ...Host.vendor(), layer: able })).provider
        const stacks = {
          cache: CredentialCache.layer().pipe(Layer.provide(able)),
          pool: WarmPool.layer().pipe(Layer.provide(able)),
          sharing: provide(shared),
          failover: Failover.layer([able])
        }
        for (const [name, layer] of Object.entries(stacks)) {
          const { mint } = Context.get(yield* Layer.build(Layer.orDie(layer)), TempCredentialProvider)
          const asked = (config: unknown) =>
            ({ ...request, purpose: "tts.realtime", onUnsupported: "relax", session: { config } }) as MintRequest
          for (const config of twins) yield* mint(asked(config))
          for (const singleUse of [false, true]) {
            const outcome = yield* Effect.result(mint({ ...asked({ value }), singleUse }))
            assert.isTrue(Result.isFailure(outcome), name)
            if (Result.isFailure(outcome)) assert.include(outcome.failure.message, "session.config.value: must be JSON")
          }
        }
      })
  )
})
