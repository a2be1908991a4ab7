/** Single flight: concurrent callers share one mint, and none of them can end it for the others. */
import { assert, describe, it } from "@effect/vitest"
import { CredentialCache } from "@tempcred/core/CredentialCache"
import type { MintRequest } from "@tempcred/core/MintRequest"
import * as RetryPolicy from "@tempcred/core/RetryPolicy"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Acme from "./acme.ts"
import { build, refused, request, seconds, settle, unavailable, vendor } from "./cache.ts"
import { holding } from "../src/temp-credential-provider/Holding.ts"

const fork = <A, E>(count: number, effect: Effect.Effect<A, E>) =>
  Effect.forEach(Array.from({ length: count }), () => Effect.forkChild(effect))

const polled = <A, E>(fibers: ReadonlyArray<Fiber.Fiber<A, E>>) =>
  fibers.map((fiber) => {
    const exit = fiber.pollUnsafe()
    return exit === undefined ? "waiting" : Exit.isSuccess(exit) ? exit.value : Cause.pretty(exit.cause)
  })

const distinct = (values: Iterable<unknown>) => [...new Set(values)]

describe("single flight", () => {
  it.effect("10,000 concurrent requests cause one mint", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60, takes: 1 })
      const cache = yield* build(acme)
      const fibers = yield* fork(10_000, cache.mint())
      yield* seconds(1)
      assert.deepStrictEqual(distinct(polled(fibers)), ["token-1"])
      assert.strictEqual(acme.mints(), 1)
    })
  )

  it.effect("all waiting callers get the error of the shared mint, and the next request mints again", () =>
    Effect.gen(function* () {
      const acme = vendor({ fails: unavailable, takes: 1 })
      const cache = yield* build(acme)
      const fibers = yield* fork(50, cache.mint())
      yield* seconds(1)
      assert.deepStrictEqual(
        polled(fibers),
        Array.from({ length: 50 }, () => "UnavailableError")
      )
      assert.strictEqual(acme.mints(), 1)
      acme.state.answer = { life: 60 }
      assert.strictEqual(yield* cache.get(), "token-2")
      assert.deepStrictEqual(cache.events, [], "a first mint publishes no RefreshFailed event")
    })
  )

  it.effect("mints for different subjects run concurrently", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60, takes: 0.1 })
      const cache = yield* build(acme)
      const fibers = yield* Effect.forEach([1, 2, 3, 4, 5], (name) =>
        Effect.forkChild(cache.get({ ...request, subject: `user-${name}` }))
      )
      yield* seconds(0.1)
      assert.strictEqual(distinct(polled(fibers)).length, 5)
      assert.notInclude(polled(fibers), "waiting")
      assert.strictEqual(acme.mints(), 5)
    })
  )

  it.effect("requests for different regions are separate mints", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60, takes: 1 })
      const cache = yield* build(acme)
      const fibers = yield* Effect.forEach(["eu", "us"], (region) =>
        Effect.forkChild(cache.get({ ...request, region }))
      )
      yield* seconds(1)
      assert.deepStrictEqual(polled(fibers), ["token-1", "token-2"])
    })
  )

  it.effect("a hanging mint does not block requests of another subject", () =>
    Effect.gen(function* () {
      const acme = vendor("hang")
      const cache = yield* build(acme)
      const [hung] = yield* fork(1, cache.get())
      yield* settle
      acme.state.answer = { life: 60 }
      assert.strictEqual(yield* cache.get({ ...request, subject: "user-2" }), "token-2")
      assert.isUndefined(hung?.pollUnsafe())
    })
  )

  it.effect("a caller joins a background refresh only if no cached credential can be served", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60 })
      const cache = yield* build(acme)
      yield* cache.get()
      assert.isUndefined(cache.provider[holding]?.joined?.(request, () => assert.fail("no mint is in progress")))
      yield* seconds(47)
      acme.state.answer = { life: 60, takes: 1 }
      yield* cache.get()
      assert.isUndefined(
        cache.provider[holding]?.joined?.(request, () => assert.fail("the cached credential is served"))
      )
      yield* cache.invalidate(yield* cache.credential())
      const landed: Array<unknown> = []
      assert.isDefined(cache.provider[holding]?.joined?.(request, (exit) => landed.push(Exit.isSuccess(exit))))
      yield* seconds(1)
      assert.deepStrictEqual(landed, [true])
    })
  )

  it.effect("a mint fails after the timeout if the vendor never responds", () =>
    Effect.gen(function* () {
      const acme = vendor("hang")
      const cache = yield* build(acme, { timeout: "12 seconds" })
      const fibers = yield* fork(3, cache.get())
      yield* seconds(11)
      assert.deepStrictEqual(distinct(polled(fibers)), ["waiting"])
      yield* seconds(1)
      assert.deepStrictEqual(distinct(polled(fibers)), ["TransportError"])
      assert.strictEqual(acme.state.interrupted, 1)
    })
  )

  it.effect("the next request after a defect mints again", () =>
    Effect.gen(function* () {
      let mints = 0
      const below = Layer.effect(
        TempCredentialProvider,
        TempCredentialProvider.useSync((provider) => ({
          ...provider,
          mint: (asked: MintRequest) =>
            Effect.suspend(() => (++mints === 1 ? Effect.die("a bug") : provider.mint(asked)))
        }))
      ).pipe(Layer.provide(vendor().layer))
      const cache = yield* build({ layer: below })
      assert.isTrue(Exit.isFailure(yield* Effect.exit(cache.get())))
      assert.strictEqual(yield* cache.get(), "token-1")
      assert.strictEqual(yield* cache.size, 1)
    })
  )
})

describe("interrupted callers", () => {
  it.effect("interrupting the first caller does not interrupt the shared mint", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60, takes: 1 })
      const cache = yield* build(acme)
      const [leader, ...followers] = yield* fork(4, cache.mint())
      yield* settle
      yield* Fiber.interrupt(leader ?? assert.fail("no leader"))
      yield* seconds(1)
      assert.deepStrictEqual(polled(followers), ["token-1", "token-1", "token-1"])
      assert.strictEqual(acme.mints(), 1)
    })
  )

  it.effect("interrupting a joined caller does not affect the first caller", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60, takes: 1 })
      const cache = yield* build(acme)
      const [leader, follower] = yield* fork(2, cache.mint())
      yield* settle
      yield* Fiber.interrupt(follower ?? assert.fail("no follower"))
      yield* seconds(1)
      assert.deepStrictEqual(leader?.pollUnsafe(), Exit.succeed("token-1"))
    })
  )

  it.effect("a time-out of one caller does not affect another", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60, takes: 0.2 })
      const cache = yield* build(acme)
      const [patient] = yield* fork(1, cache.mint())
      const [hasty] = yield* fork(
        1,
        cache.mint().pipe(Effect.timeoutOrElse({ duration: 50, orElse: () => Effect.succeed("left") }))
      )
      yield* seconds(0.05)
      assert.deepStrictEqual(hasty?.pollUnsafe(), Exit.succeed("left"))
      yield* seconds(0.15)
      assert.deepStrictEqual(patient?.pollUnsafe(), Exit.succeed("token-1"))
    })
  )

  it.effect("the mint is interrupted after all its callers are, and the next request mints again", () =>
    Effect.gen(function* () {
      const acme = vendor("hang")
      const cache = yield* build(acme)
      const fibers = yield* fork(3, cache.mint())
      yield* settle
      yield* Fiber.interruptAll(fibers)
      yield* settle
      assert.strictEqual(acme.state.interrupted, 1)
      assert.strictEqual(yield* cache.size, 0)
      acme.state.answer = { life: 60 }
      assert.strictEqual(yield* cache.get(), "token-2")
    })
  )

  it.effect("an interrupted caller does not wait for an uninterruptible mint, and its result is discarded", () =>
    Effect.gen(function* () {
      const slow = Layer.effect(
        TempCredentialProvider,
        TempCredentialProvider.useSync((provider) => ({
          ...provider,
          mint: (asked: MintRequest) => Effect.uninterruptible(provider.mint(asked))
        }))
      )
      const acme = vendor({ life: 60, takes: 5 })
      const cache = yield* build({ layer: slow.pipe(Layer.provide(acme.layer)) })
      const [only] = yield* fork(1, cache.mint())
      yield* settle
      yield* Fiber.interrupt(only ?? assert.fail("no caller"))
      acme.state.answer = { life: 60, takes: 10 }
      const [next] = yield* fork(1, cache.mint())
      yield* seconds(6)
      const [last] = yield* fork(1, cache.mint())
      yield* seconds(4)
      assert.deepStrictEqual(polled([next, last].filter((fiber) => fiber !== undefined)), ["token-2", "token-2"])
      assert.strictEqual(yield* cache.get(), "token-2")
    })
  )

  it.effect("a background refresh continues if a caller that joined it is interrupted", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60 })
      const cache = yield* build(acme)
      yield* cache.get()
      yield* seconds(47)
      acme.state.answer = { life: 60, takes: 7 }
      yield* cache.get()
      yield* seconds(5)
      const [joined] = yield* fork(1, cache.mint())
      yield* settle
      assert.isUndefined(joined?.pollUnsafe())
      yield* Fiber.interrupt(joined ?? assert.fail("no caller"))
      yield* seconds(2)
      assert.strictEqual(yield* cache.get(), "token-2")
      assert.strictEqual(acme.state.interrupted, 0)
    })
  )
})

describe("a forced refresh", () => {
  it.effect("20 concurrent forced refreshes cause one mint", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60, takes: 1 })
      const cache = yield* build(acme)
      const [first] = yield* fork(1, cache.get())
      yield* seconds(1)
      assert.deepStrictEqual(first?.pollUnsafe(), Exit.succeed("token-1"))
      const fibers = yield* fork(20, cache.get(request, { refresh: true }))
      yield* settle
      assert.strictEqual(yield* cache.get(), "token-1")
      yield* seconds(1)
      assert.deepStrictEqual(distinct(polled(fibers)), ["token-2"])
      assert.strictEqual(acme.mints(), 2)
      assert.strictEqual(yield* cache.get(), "token-2")
    })
  )

  it.effect("a failed forced refresh returns the error, and other callers still get the old credential", () =>
    Effect.gen(function* () {
      const acme = vendor()
      const cache = yield* build(acme)
      yield* cache.get()
      acme.state.answer = { fails: unavailable }
      assert.strictEqual(yield* cache.get(request, { refresh: true }), "UnavailableError")
      assert.strictEqual(yield* cache.get(), "token-1")
      assert.strictEqual(yield* cache.get(request, { refresh: true }), "UnavailableError")
      assert.strictEqual(acme.mints(), 2, "no caller mints during the pause after a failed refresh")
    })
  )

  it.effect("three callers in the mandatory window share one mint, and later callers get its result", () =>
    Effect.gen(function* () {
      const acme = vendor()
      const cache = yield* build(acme)
      yield* cache.get()
      yield* seconds(57)
      acme.state.answer = { life: 60, takes: 1 }
      const fibers = yield* fork(3, cache.mint())
      yield* seconds(1)
      assert.deepStrictEqual(polled(fibers), ["token-2", "token-2", "token-2"])
      assert.strictEqual(yield* cache.get(), "token-2")
      assert.strictEqual(acme.mints(), 2)
    })
  )

  it.effect("each credential that callers get comes from one mint", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60 })
      const cache = yield* build(acme)
      const seen = new Set<unknown>()
      for (let second = 0; second < 300; second++) {
        acme.state.answer = { life: 60 + (second % 2), takes: 0.5 }
        const [reader] = yield* fork(1, cache.credential())
        yield* seconds(0.5)
        const exit = reader?.pollUnsafe()
        if (exit !== undefined && Exit.isSuccess(exit)) seen.add(exit.value)
        yield* seconds(0.5)
      }
      assert.isAtMost(seen.size, acme.mints())
      assert.isAbove(seen.size, 3)
    })
  )
})

describe("closing the layer, and terminal errors", () => {
  it.effect("closing the layer interrupts pending mints, and nothing is served or minted afterwards", () =>
    Effect.gen(function* () {
      const acme = vendor()
      const scope = yield* Scope.make()
      const cache = yield* Scope.provide(build(acme), scope)
      yield* cache.get()
      acme.state.answer = "hang"
      const [waiting] = yield* fork(1, cache.get({ ...request, subject: "user-2" }))
      yield* seconds(47)
      yield* cache.get()
      yield* settle
      assert.strictEqual(acme.mints(), 3)
      yield* Scope.close(scope, Exit.void)
      yield* settle
      assert.strictEqual(acme.state.interrupted, 2)
      assert.isDefined(waiting?.pollUnsafe())
      assert.isUndefined(cache.provider[holding]?.cached?.(request))
      const [late] = yield* fork(1, cache.get())
      yield* seconds(3600)
      const exit = late?.pollUnsafe()
      assert.isTrue(exit !== undefined && Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause))
      assert.strictEqual(acme.mints(), 3)
    })
  )

  it.effect("all waiting callers get an authentication error of the shared mint", () =>
    Effect.gen(function* () {
      const acme = vendor({ fails: refused, takes: 1 })
      const cache = yield* build(acme)
      const fibers = yield* fork(20, cache.mint())
      yield* seconds(1)
      assert.deepStrictEqual(distinct(polled(fibers)), ["AuthenticationError"])
      assert.strictEqual(acme.mints(), 1)
    })
  )
})

it.effect("a credential that is invalidated during a failing refresh is not served", () =>
  Effect.gen(function* () {
    let taken = false
    const transport = Acme.vendor(Acme.ok, "hang")
    const policy = RetryPolicy.layer({ attempts: 1, attemptTimeout: Duration.seconds(2) })
    const upstream = Layer.effect(
      TempCredentialProvider,
      TempCredentialProvider.useSync((provider) => ({ ...provider, [holding]: { isInvalidated: () => taken } }))
    ).pipe(Layer.provide(Acme.layer()), Layer.provide(transport.layer), Layer.provide(Layer.orDie(policy)))
    yield* TempCredentialProvider.use(({ mint }) =>
      Effect.gen(function* () {
        yield* mint(request)
        yield* TestClock.adjust("56 seconds")
        const waiting = yield* Effect.forkChild(Effect.result(mint(request)), { startImmediately: true })
        taken = true
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual((yield* Fiber.join(waiting))._tag, "Failure")
      })
    ).pipe(Effect.provide(CredentialCache.layer({ advisory: 0 }).pipe(Layer.provide(upstream))))
  })
)
