/** When the cache refreshes a credential, and how it handles a failed refresh. */
import { assert, describe, it } from "@effect/vitest"
import { fingerprint } from "@tempcred/core/Fingerprint"
import type { MintRequest } from "@tempcred/core/MintRequest"
import { TempCredential } from "@tempcred/core/TempCredential"
import * as Errors from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { build, refused, request, seconds, settle, unavailable, vendor } from "./cache.ts"
import { holding } from "../src/temp-credential-provider/Holding.ts"

const unreadable = new Errors.InvalidResponseError({ detail: "the token is empty" })

describe("the advisory window", () => {
  it.effect("serves the old credential at once, and refreshes it once in the background", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60 })
      const cache = yield* build(acme)
      yield* cache.get()
      yield* seconds(47)
      acme.state.answer = { life: 60, takes: 2 }
      assert.isUndefined(
        cache.provider[holding]?.cached?.(request),
        "a renewal is due, so serving is not all there is to do"
      )
      assert.deepStrictEqual([yield* cache.get(), yield* cache.mint()], ["token-1", "token-1"])
      assert.isDefined(cache.provider[holding]?.cached?.(request))
      yield* seconds(2)
      assert.strictEqual(yield* cache.get(), "token-2")
      assert.strictEqual(acme.mints(), 2)
      assert.deepStrictEqual(cache.events, [])
    })
  )

  it.effect("after a failed background refresh, serves the old credential, pauses, and publishes one event", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60 })
      const cache = yield* build(acme)
      yield* cache.get()
      yield* seconds(47)
      acme.state.answer = { fails: unavailable }
      for (let time = 0; time < 20; time++) {
        assert.strictEqual(yield* cache.get(), "token-1")
        yield* settle
      }
      assert.isDefined(cache.provider[holding]?.cached?.(request))
      assert.strictEqual(acme.mints(), 2)
      assert.deepStrictEqual(cache.events, [{ _tag: "RefreshFailed", provider: "acme", reason: "UnavailableError" }])
    })
  )
})

describe("the mandatory window", () => {
  it.effect("all callers wait for one mint and get the new credential", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60 })
      const cache = yield* build(acme)
      yield* cache.get()
      yield* seconds(55)
      acme.state.answer = { life: 60, takes: 1 }
      const fibers = yield* Effect.forEach([1, 2, 3], () => Effect.forkChild(cache.get()))
      yield* settle
      assert.isTrue(fibers.every((fiber) => fiber.pollUnsafe() === undefined))
      yield* seconds(1)
      assert.deepStrictEqual(
        fibers.map((fiber) => fiber.pollUnsafe()),
        [1, 2, 3].map(() => Exit.succeed("token-2"))
      )
      assert.strictEqual(acme.mints(), 2)
    })
  )

  it.effect("after a failed mint, serves the old credential while it is valid, also during the pause", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60 })
      const cache = yield* build(acme)
      yield* cache.get()
      yield* seconds(55)
      acme.state.answer = { fails: unavailable }
      assert.deepStrictEqual([yield* cache.get(), yield* cache.get()], ["token-1", "token-1"])
      assert.strictEqual(acme.mints(), 2)
      assert.strictEqual(cache.events.length, 1)
    })
  )

  it.effect("waiting callers get the error if the mint fails after the old credential has expired", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60 })
      const cache = yield* build(acme)
      yield* cache.get()
      yield* seconds(55)
      acme.state.answer = { fails: unavailable, takes: 5 }
      const fiber = yield* Effect.forkChild(cache.get())
      yield* seconds(5)
      assert.deepStrictEqual(fiber.pollUnsafe(), Exit.succeed("UnavailableError"))
    })
  )
})

describe("after the expiry", () => {
  it.effect("an expired credential is never served, and failed mints are repeated at most once a second", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60 })
      const cache = yield* build(acme)
      yield* cache.get()
      acme.state.answer = { fails: unavailable }
      yield* seconds(60)
      for (let second = 0; second < 10; second++) {
        for (let time = 0; time < 20; time++) assert.strictEqual(yield* cache.get(), "UnavailableError")
        assert.strictEqual(acme.mints(), 2 + second)
        yield* seconds(1)
      }
      acme.state.answer = { life: 60 }
      assert.strictEqual(yield* cache.get(), "token-12")
    })
  )

  it.effect("a request after the credential has expired waits for a new one", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60, takes: 1 })
      const cache = yield* build(acme)
      const first = yield* Effect.forkChild(cache.get())
      yield* seconds(3600)
      assert.deepStrictEqual(first.pollUnsafe(), Exit.succeed("token-1"))
      const second = yield* Effect.forkChild(cache.get())
      yield* settle
      assert.isUndefined(second.pollUnsafe())
      yield* seconds(1)
      assert.deepStrictEqual(second.pollUnsafe(), Exit.succeed("token-2"))
    })
  )
})

describe("an unrecoverable error", () => {
  const terminal: ReadonlyArray<Errors.Reason> = [
    refused,
    new Errors.PermissionError({ status: 403 }),
    new Errors.InvalidRequestError({ status: 422, issues: [] }),
    new Errors.UnsupportedError({ feature: "region" })
  ]
  it.effect.each(terminal)("$_tag is returned instead of the old credential", (reason) =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60 })
      const cache = yield* build(acme)
      yield* cache.get()
      yield* seconds(50)
      acme.state.answer = { fails: reason }
      yield* cache.get()
      yield* settle
      assert.isUndefined(cache.provider[holding]?.cached?.(request))
      assert.strictEqual(yield* cache.get(), reason._tag)
      assert.deepStrictEqual(cache.events, [{ _tag: "RefreshFailed", provider: "acme", reason: reason._tag }])
    })
  )

  it.effect("is returned at once in the mandatory window", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60 })
      const cache = yield* build(acme)
      yield* cache.get()
      yield* seconds(55)
      acme.state.answer = { fails: refused }
      assert.strictEqual(yield* cache.get(), "AuthenticationError")
    })
  )

  it.effect("allows no further mint for 1 to 5 seconds, even with 100 requests", () =>
    Effect.gen(function* () {
      const pauses = new Set<number>()
      for (let round = 0; round < 20; round++) {
        const acme = vendor({ fails: refused })
        const cache = yield* build(acme)
        for (let time = 0; time < 100; time++) {
          assert.strictEqual(yield* cache.get(), "AuthenticationError")
          yield* seconds(0.0099)
        }
        assert.strictEqual(acme.mints(), 1)
        let waited = 0.99
        while (acme.mints() === 1) {
          yield* seconds(0.1)
          waited += 0.1
          yield* cache.get()
        }
        assert.isAtMost(waited, 5.1)
        pauses.add(Math.round(waited))
      }
      assert.isAtLeast(pauses.size, 3)
    })
  )

  it.effect("after a QuotaError, the old credential stays in use, and mints pause", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60 })
      const cache = yield* build(acme)
      yield* cache.get()
      yield* seconds(50)
      acme.state.answer = { fails: new Errors.QuotaError({ status: 402 }) }
      yield* cache.get()
      yield* settle
      assert.strictEqual(yield* cache.get(), "token-1")
      yield* seconds(10)
      assert.deepStrictEqual([yield* cache.get(), yield* cache.get()], ["QuotaError", "QuotaError"])
      assert.strictEqual(acme.mints(), 3)
    })
  )
})

describe("an unusable response", () => {
  it.effect("a new credential that has already expired counts as a failed refresh", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60 })
      const cache = yield* build(acme)
      yield* cache.get()
      yield* seconds(50)
      acme.state.answer = { life: 0 }
      yield* cache.get()
      yield* settle
      assert.strictEqual(yield* cache.get(), "token-1")
      assert.deepStrictEqual(cache.events, [
        { _tag: "RefreshFailed", provider: "acme", reason: "InvalidResponseError" }
      ])
      yield* seconds(10)
      assert.strictEqual(yield* cache.get(), "InvalidResponseError")
    })
  )

  it.effect("after an InvalidResponseError, the old credential stays in use", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60 })
      const cache = yield* build(acme)
      yield* cache.get()
      yield* seconds(50)
      acme.state.answer = { fails: unreadable }
      yield* cache.get()
      yield* settle
      assert.strictEqual(yield* cache.get(), "token-1")
      assert.strictEqual(acme.mints(), 2)
    })
  )
})

describe("the pause after a failed refresh", () => {
  it.effect("serves the old credential without a mint, and allows one mint afterwards", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 600 })
      const cache = yield* build(acme)
      yield* cache.get()
      yield* seconds(455)
      acme.state.answer = { fails: unavailable }
      yield* cache.get()
      yield* seconds(29)
      assert.strictEqual(yield* cache.get(), "token-1")
      yield* settle
      assert.strictEqual(acme.mints(), 2)
      yield* seconds(32)
      acme.state.answer = { life: 600 }
      yield* cache.get()
      yield* settle
      assert.strictEqual(acme.mints(), 3)
      assert.strictEqual(yield* cache.get(), "token-3")
    })
  )

  it.effect("lasts 5 to 10 % of the lifetime, spread evenly over 1000 scopes", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 1000 })
      const cache = yield* build(acme)
      const subjects = Array.from({ length: 1000 }, (_, index) => ({ ...request, subject: `user-${index}` }))
      yield* Effect.forEach(subjects, (asked) => cache.get(asked))
      yield* seconds(760)
      acme.state.answer = { fails: unavailable }
      yield* Effect.forEach(subjects, (asked) => cache.get(asked))
      yield* settle
      assert.strictEqual(acme.mints(), 2000)
      const ended: Array<number> = []
      for (let second = 0; second < 100; second += 5) {
        const before = acme.mints()
        yield* seconds(5)
        yield* Effect.forEach(subjects, (asked) => cache.get(asked))
        yield* settle
        ended.push(acme.mints() - before)
      }
      assert.deepStrictEqual(ended.slice(0, 9), [0, 0, 0, 0, 0, 0, 0, 0, 0])
      for (const count of ended.slice(10, 20)) assert.isTrue(count > 50 && count < 150, ended.join())
    })
  )

  it.effect("lasts as long as the vendor's Retry-After", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 600 })
      const cache = yield* build(acme)
      yield* cache.get()
      yield* seconds(455)
      acme.state.answer = { fails: new Errors.RateLimitError({ retryAfter: Duration.seconds(100) }) }
      yield* cache.get()
      yield* seconds(99)
      yield* cache.get()
      yield* settle
      assert.strictEqual(acme.mints(), 2)
      yield* seconds(1)
      yield* cache.get()
      yield* settle
      assert.strictEqual(acme.mints(), 3)
    })
  )

  it.effect("lasts at most 10 minutes, even if the lifetime is a day", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 86_400 })
      const cache = yield* build(acme)
      yield* cache.get()
      yield* seconds(66_000)
      acme.state.answer = { fails: unavailable }
      yield* cache.get()
      yield* seconds(299)
      yield* cache.get()
      yield* settle
      assert.strictEqual(acme.mints(), 2)
      yield* seconds(302)
      yield* cache.get()
      yield* settle
      assert.strictEqual(acme.mints(), 3)
    })
  )

  it.effect("also follows a defect or an interruption, with the old credential in use and one event", () =>
    Effect.gen(function* () {
      const ends = [
        ["defect", Effect.die("a bug")],
        ["interrupted", Effect.interrupt]
      ] as const
      for (const [reason, end] of ends) {
        const acme = vendor({ life: 60 })
        let mints = 0
        const broken = Layer.effect(
          TempCredentialProvider,
          TempCredentialProvider.useSync((provider) => ({
            ...provider,
            mint: (asked: MintRequest) => Effect.suspend(() => (++mints === 1 ? provider.mint(asked) : end))
          }))
        ).pipe(Layer.provide(acme.layer))
        const cache = yield* build({ layer: broken })
        yield* cache.get()
        yield* seconds(50)
        for (let time = 0; time < 5; time++) {
          assert.strictEqual(yield* cache.get(), "token-1")
          yield* settle
        }
        assert.strictEqual(mints, 2)
        assert.deepStrictEqual(cache.events, [{ _tag: "RefreshFailed", provider: "acme", reason }])
      }
    })
  )

  it.effect("limits a caller that requests every second to 8 refreshes of a 60-second credential", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60 })
      const cache = yield* build(acme)
      yield* cache.get()
      acme.state.answer = { fails: unavailable }
      for (let second = 1; second < 60; second++) {
        yield* seconds(1)
        assert.strictEqual(yield* cache.get(), "token-1")
      }
      yield* settle
      assert.isAtMost(acme.mints(), 9)
      assert.isAtLeast(acme.mints(), 3)
      assert.strictEqual(cache.events.length, acme.mints() - 1)
    })
  )
})

describe("invalidate", () => {
  it.effect("drops the cached credential or an equal copy, and no newer one", () =>
    Effect.gen(function* () {
      const acme = vendor()
      const cache = yield* build(acme)
      const first = yield* cache.credential()
      const second = yield* cache.credential(request, { refresh: true })
      yield* cache.invalidate(first)
      assert.strictEqual(yield* cache.credential(), second)
      yield* cache.provider.invalidate?.(new TempCredential({ ...second })) ?? Effect.void
      assert.isUndefined(cache.provider[holding]?.cached?.(request))
      assert.strictEqual(yield* cache.get(), "token-3")
    })
  )

  it.effect("does not end the pause after a failed refresh", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 600 })
      const cache = yield* build(acme)
      const first = yield* cache.credential()
      yield* seconds(455)
      acme.state.answer = { fails: unavailable }
      yield* cache.get()
      yield* settle
      yield* cache.invalidate(first)
      assert.strictEqual(yield* cache.get(), "UnavailableError")
      assert.strictEqual(acme.mints(), 2)
      acme.state.answer = { life: 600 }
      yield* seconds(60)
      assert.strictEqual(yield* cache.get(), "token-3")
    })
  )

  it.effect("leaves a pause that ends at the expiry of the invalidated credential", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 600 })
      const cache = yield* build(acme)
      const first = yield* cache.credential()
      yield* seconds(455)
      acme.state.answer = { fails: new Errors.RateLimitError({ retryAfter: Duration.hours(1) }) }
      yield* cache.get()
      yield* settle
      yield* cache.invalidate(first)
      acme.state.answer = { life: 600 }
      yield* seconds(144)
      assert.strictEqual(yield* cache.get(), "RateLimitError")
      yield* seconds(1)
      assert.strictEqual(yield* cache.get(), "token-3")
    })
  )

  it.effect("drops a token from every scope that the vendor returned it for", () =>
    Effect.gen(function* () {
      const acme = vendor()
      const token = Redacted.make("one token")
      const same = Layer.effect(
        TempCredentialProvider,
        TempCredentialProvider.useSync((provider) => ({
          ...provider,
          mint: (asked: MintRequest) => Effect.map(provider.mint(asked), (one) => new TempCredential({ ...one, token }))
        }))
      ).pipe(Layer.provide(acme.layer))
      const cache = yield* build({ layer: same })
      const others = ["user-2", "user-3"].map((subject) => ({ ...request, subject }))
      const first = yield* cache.credential()
      for (const other of others) yield* cache.credential(other)
      yield* cache.credential(others[0], { refresh: true })
      yield* cache.invalidate(first)
      for (const asked of [request, ...others]) assert.isUndefined(cache.provider[holding]?.cached?.(asked))
      // A refused fingerprint affects only the scope of its request.
      for (const asked of [request, ...others]) yield* cache.credential(asked)
      assert.strictEqual(acme.mints(), 7)
      yield* cache.mint(request, { refused: yield* fingerprint(token) })
      assert.strictEqual(acme.mints(), 8)
      for (const other of others) assert.isDefined(cache.provider[holding]?.cached?.(other))
    })
  )

  it.effect("does not affect other subjects", () =>
    Effect.gen(function* () {
      const acme = vendor()
      const cache = yield* build(acme)
      const other = { ...request, subject: "user-2" }
      yield* cache.get()
      yield* cache.invalidate(yield* cache.credential(other))
      assert.deepStrictEqual([yield* cache.get(), yield* cache.get(other)], ["token-1", "token-3"])
    })
  )

  it.effect("during a background refresh, makes callers wait for that refresh", () =>
    Effect.gen(function* () {
      const acme = vendor()
      const cache = yield* build(acme)
      const first = yield* cache.credential()
      yield* seconds(47)
      acme.state.answer = { life: 60, takes: 1 }
      yield* cache.get()
      yield* cache.invalidate(first)
      const fiber = yield* Effect.forkChild(cache.get())
      yield* seconds(1)
      assert.deepStrictEqual(fiber.pollUnsafe(), Exit.succeed("token-2"))
      assert.strictEqual(acme.mints(), 2)
    })
  )
})

describe("refresh windows", () => {
  /** Seconds before the expiry at which a request first refreshes in the background, and first waits. */
  const boundaries = Effect.fnUntraced(function* (life: number) {
    const step = life / 2000
    const measure = Effect.fnUntraced(function* (advisory?: number) {
      const acme = vendor({ life })
      const cache = yield* build(acme, { advisory })
      yield* cache.get()
      const began = yield* Clock.currentTimeMillis
      acme.state.answer = "hang"
      let waits = false
      while (!waits && acme.mints() === 1) {
        yield* seconds(step)
        const fiber = yield* Effect.forkChild(cache.get())
        yield* settle
        waits = fiber.pollUnsafe() === undefined
      }
      return life - ((yield* Clock.currentTimeMillis) - began) / 1000
    })
    return { advisory: yield* measure(), mandatory: yield* measure(0) }
  })

  const table: ReadonlyArray<readonly [life: number, mandatory: number]> = [
    [3, 0.75],
    [10, 2.5],
    [30, 7.5],
    [40, 10],
    [60, 10],
    [600, 60],
    [1200, 120],
    [5400, 540],
    [21_600, 2160]
  ]
  it.effect.each(table)("the refresh windows of a %d s credential follow from its lifetime", ([life, mandatory]) =>
    Effect.gen(function* () {
      const left = yield* boundaries(life)
      assert.closeTo(left.mandatory, mandatory, life / 1000)
      assert.isAtLeast(left.advisory, Math.max(mandatory + life * 0.05, life * 0.25) - life / 1000)
      assert.isAtMost(left.advisory, Math.max(mandatory + life * 0.05, life * 0.35))
    })
  )

  it.effect("each credential has refresh windows from its own lifetime", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 21_600 })
      const cache = yield* build(acme)
      yield* cache.get()
      acme.state.answer = { life: 600 }
      yield* cache.get(request, { refresh: true })
      yield* seconds(380)
      assert.isDefined(cache.provider[holding]?.cached?.(request))
      yield* seconds(80)
      assert.isUndefined(cache.provider[holding]?.cached?.(request))
    })
  )

  it.effect("1000 requests in 20 s for a 30 s credential cause at most 2 mints", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 30 })
      const cache = yield* build(acme)
      for (let time = 0; time < 1000; time++) {
        yield* cache.get()
        yield* seconds(0.02)
      }
      assert.isAtMost(acme.mints(), 2)
    })
  )

  it.effect("a request every second for 10 minutes for a 30 s credential causes at most 32 mints", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 30, takes: 0.2 })
      const cache = yield* build(acme)
      for (let second = 0; second < 600; second++) {
        yield* Effect.forkChild(cache.get())
        yield* seconds(1)
      }
      assert.isAtMost(acme.mints(), 32)
      assert.isAtLeast(acme.mints(), 20)
    })
  )

  it.effect("1000 caches that start together spread their refreshes over a tenth of the lifetime", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 1000 })
      const cache = yield* build(acme)
      const subjects = Array.from({ length: 1000 }, (_, index) => ({ ...request, subject: `user-${index}` }))
      yield* Effect.forEach(subjects, (asked) => cache.get(asked))
      yield* seconds(650)
      const renewed: Array<number> = []
      for (let part = 0; part < 10; part++) {
        const before = acme.mints()
        yield* seconds(10)
        yield* Effect.forEach(subjects, (asked) => cache.get(asked))
        yield* settle
        renewed.push(acme.mints() - before)
      }
      assert.strictEqual(acme.mints(), 2000)
      for (const count of renewed) assert.isTrue(count > 50 && count < 150, renewed.join())
    })
  )
})
