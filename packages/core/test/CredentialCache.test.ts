/** The scopes of the cache: which requests share a credential, and which do not. */
import { assert, describe, it } from "@effect/vitest"
import { ConfigurationError } from "@tempcred/core/ConfigurationError"
import { CredentialCache, type Options } from "@tempcred/core/CredentialCache"
import type { MintRequest } from "@tempcred/core/MintRequest"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import { inspect } from "node:util"
import * as Acme from "./acme.ts"
import { build, request, seconds, settle, vendor } from "./cache.ts"
import { holding } from "../src/temp-credential-provider/Holding.ts"

const all = <A>(count: number, effect: Effect.Effect<A>) =>
  Effect.all(
    Array.from({ length: count }, () => effect),
    { concurrency: "unbounded" }
  )

describe("cache hits and scopes", () => {
  it.effect("repeated requests return the cached credential with one mint", () =>
    Effect.gen(function* () {
      const acme = vendor()
      const cache = yield* build(acme)
      assert.deepStrictEqual(
        [yield* cache.mint(), yield* cache.mint(), yield* cache.get()],
        ["token-1", "token-1", "token-1"]
      )
      assert.strictEqual(acme.mints(), 1)
      assert.strictEqual(yield* cache.credential(), cache.provider[holding]?.cached?.(request))
    })
  )

  const base: MintRequest = { ...request, ttl: "60 seconds", maxSession: "10 minutes", region: "eu" }
  const others: ReadonlyArray<MintRequest> = [
    { ...base, purpose: "stt.batch" },
    { ...base, ttl: "61 seconds" },
    { ...base, maxSession: "11 minutes" },
    { ...base, region: "us" },
    { ...base, subject: "user-2" },
    { ...base, exposure: "server" },
    { ...base, onUnsupported: "relax" },
    { ...base, singleUse: "preferred" },
    { ...base, usableFor: "30 minutes" },
    { ...base, session: { config: { model: "a" } } },
    { ...base, session: { config: { model: "b" } } },
    { ...base, session: { config: { model: "a" }, lock: "given" } },
    { ...base, session: { config: { model: "a" }, lock: "all" } },
    { purpose: base.purpose, subject: "user-1" },
    { ...base, exposure: "server", region: "eu", subject: "a " },
    { ...base, exposure: "server", region: "eu =a", subject: undefined },
    { ...base, exposure: "server", region: undefined, subject: "2:eu =a" }
  ]
  it.effect("requests that differ in any field have separate cache entries", () =>
    Effect.gen(function* () {
      const acme = vendor()
      const cache = yield* build(acme)
      const first = yield* cache.get(base)
      const tokens = yield* Effect.forEach(others, (other) => cache.get(other))
      assert.strictEqual(new Set([first, ...tokens]).size, others.length + 1)
      assert.deepStrictEqual(yield* Effect.forEach(others, (other) => cache.get(other)), tokens)
      assert.strictEqual(yield* cache.get(base), first)
    })
  )

  const alike: ReadonlyArray<readonly [name: string, request: MintRequest]> = [
    [
      "the order of the request's fields does not matter",
      { region: "eu", maxSession: "10 minutes", ttl: "60 seconds", ...request }
    ],
    [
      "a Duration object equals the same duration as text",
      { ...base, ttl: Duration.minutes(1), maxSession: Duration.seconds(600) }
    ],
    ["equal durations in different units share an entry", { ...base, ttl: "1 minute", maxSession: "600000 millis" }],
    [
      "an undefined field equals an absent one",
      { ...base, singleUse: undefined, exposure: undefined, onUnsupported: undefined }
    ],
    [
      "an explicit default equals an absent field",
      { ...base, singleUse: false, exposure: "client", onUnsupported: "reject" }
    ]
  ]
  it.effect.each(alike)("%s", ([, same]) =>
    Effect.gen(function* () {
      const acme = vendor()
      const cache = yield* build(acme)
      yield* cache.get(base)
      assert.isDefined(cache.provider[holding]?.cached?.(same))
      yield* cache.get(same)
      assert.strictEqual(acme.mints(), 1)
    })
  )

  it.effect("a change to the request object during a mint does not affect that mint", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60, takes: 1 })
      const cache = yield* build(acme)
      const mutable: { purpose: "stt.realtime"; subject: string } = { ...request }
      const first = yield* Effect.forkChild(cache.get(mutable))
      yield* settle
      mutable.subject = "user-2"
      const second = yield* Effect.forkChild(cache.get(mutable))
      yield* seconds(1)
      assert.deepStrictEqual(
        [first.pollUnsafe(), second.pollUnsafe()],
        [Exit.succeed("token-1"), Exit.succeed("token-2")]
      )
      assert.deepStrictEqual(
        acme.state.requests.map(({ subject }) => subject),
        ["user-1", "user-2"]
      )
      assert.strictEqual(yield* cache.get(request), "token-1")
    })
  )

  it.effect("alternating between two subjects does not evict either credential", () =>
    Effect.gen(function* () {
      const acme = vendor()
      const cache = yield* build(acme)
      for (let round = 0; round < 50; round++) {
        assert.strictEqual(yield* cache.get(), "token-1")
        assert.strictEqual(yield* cache.get({ ...request, subject: "user-2" }), "token-2")
      }
    })
  )

  it.effect("concurrent callers each get a credential for their own subject", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60, takes: 1 })
      const cache = yield* build(acme)
      const subjects = Array.from({ length: 20 }, (_, index) => `user-${index % 5}`)
      const fiber = yield* Effect.forkChild(
        Effect.forEach(subjects, (subject) => cache.credential({ ...request, subject }), { concurrency: "unbounded" })
      )
      yield* seconds(1)
      const exit = fiber.pollUnsafe()
      const credentials = exit !== undefined && Exit.isSuccess(exit) ? exit.value : assert.fail("not landed")
      assert.deepStrictEqual(
        credentials.map(({ subject }) => subject),
        subjects
      )
      assert.strictEqual(acme.mints(), 5)
    })
  )

  it.effect("a failed mint for one subject never returns another subject's credential", () =>
    Effect.gen(function* () {
      const acme = vendor()
      const cache = yield* build(acme)
      yield* cache.get()
      acme.state.answer = "hang"
      const other = { ...request, subject: "user-2" }
      const fiber = yield* Effect.forkChild(cache.get(other))
      yield* seconds(31)
      assert.deepStrictEqual(fiber.pollUnsafe(), Exit.succeed("TransportError"))
      acme.state.answer = { life: 60 }
      assert.strictEqual(yield* cache.get(other), "token-3")
    })
  )

  it.effect("a one-year credential is cached for 100 hours, and replaced after invalidate", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 365 * 86_400 })
      const cache = yield* build(acme)
      const first = yield* cache.credential()
      yield* seconds(100 * 3600)
      assert.strictEqual(yield* cache.get(), "token-1")
      yield* cache.invalidate(first)
      assert.strictEqual(yield* cache.get(), "token-2")
    })
  )

  it.effect(
    "with both refresh windows at zero, a credential is served until it expires and never refreshed early",
    () =>
      Effect.gen(function* () {
        const acme = vendor({ life: 30 })
        const cache = yield* build(acme, { advisory: 0, mandatory: 0 })
        yield* cache.get()
        yield* seconds(29)
        assert.strictEqual(yield* cache.get(), "token-1")
        yield* settle
        assert.strictEqual(acme.mints(), 1)
        yield* seconds(1)
        assert.strictEqual(yield* cache.get(), "token-2")
      })
  )

  it.effect("two layers that depend on one cache layer share its entries", () =>
    Effect.gen(function* () {
      const acme = vendor()
      const shared = CredentialCache.layer().pipe(Layer.provide(acme.layer))
      const user = (name: string) =>
        Layer.effectDiscard(
          TempCredentialProvider.use((provider) => Effect.orDie(provider.mint({ ...request, region: name })))
        )
      yield* Layer.build(Layer.merge(user("eu"), user("eu")).pipe(Layer.provide(shared)))
      assert.strictEqual(acme.mints(), 1)
    })
  )

  it.effect("repeated mints in one program build the cache layer once", () =>
    Effect.gen(function* () {
      const acme = vendor()
      const mint = TempCredentialProvider.use((provider) => provider.mint(request))
      const program = Effect.forEach(Array.from({ length: 50 }), () => mint)
      yield* program.pipe(Effect.provide(CredentialCache.layer().pipe(Layer.provide(acme.layer))))
      assert.strictEqual(acme.mints(), 1)
    })
  )
})

it.effect("a copy of the provider object still has access to the cached credentials", () =>
  Effect.gen(function* () {
    const cache = yield* build(vendor())
    const credential = yield* cache.credential()
    const copy = TempCredentialProvider.of({ ...cache.provider, mint: () => Effect.succeed(credential) })
    assert.strictEqual(copy[holding]?.cached?.(request), credential)
  })
)

describe("which requests are cached", () => {
  const never: ReadonlyArray<readonly [name: string, request: MintRequest]> = [
    ["a single-use credential", { ...request, singleUse: true }],
    [
      "a credential with preferred single use at a vendor that supports it",
      { ...request, purpose: "tts.realtime", singleUse: "preferred" }
    ],
    ["a mint with side effects", { ...request, purpose: "agent" }],
    ["a client credential without a subject", { purpose: "stt.realtime" }]
  ]
  it.effect.each(never)("%s is never cached", ([, passing]) =>
    Effect.gen(function* () {
      const acme = vendor()
      const cache = yield* build(acme)
      yield* cache.get({ ...request, singleUse: false })
      const tokens = yield* all(10, cache.mint(passing))
      assert.strictEqual(new Set(tokens).size, 10)
      assert.isUndefined(cache.provider[holding]?.cached?.(passing))
      assert.strictEqual(yield* cache.size, 1)
    })
  )

  it.effect("a credential without a subject is cached for server exposure, or with clientWithoutSubject", () =>
    Effect.gen(function* () {
      const acme = vendor()
      const strict = yield* build(acme)
      const server = { purpose: "stt.realtime", exposure: "server" } as const
      assert.strictEqual(yield* strict.get(server), yield* strict.get(server))
      const shared = yield* build(acme, { clientWithoutSubject: true })
      const client = { purpose: "stt.realtime" } as const
      assert.strictEqual(yield* shared.get(client), yield* shared.get(client))
    })
  )

  it.effect("a malformed request is passed to the provider and never served from the cache", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const picky = Layer.effect(
        TempCredentialProvider,
        TempCredentialProvider.useSync((provider) => ({
          ...provider,
          mint: (asked: MintRequest) => Effect.suspend(() => (seen.push(asked), provider.mint(asked)))
        }))
      ).pipe(Layer.provide(vendor().layer))
      const cache = yield* build({ layer: picky })
      yield* cache.get()
      const malformed: ReadonlyArray<object> = [
        { ...request, subjekt: "user-2" },
        { ...request, ttl: 60 },
        { ...request, ttl: "soon" },
        { ...request, region: "" },
        { ...request, region: 5 },
        { ...request, exposure: "public" },
        { ...request, singleUse: "no" },
        { ...request, purpose: "stt" }
      ]
      for (const wrong of malformed) {
        assert.isUndefined(cache.provider[holding]?.cached?.(wrong as MintRequest))
        yield* Effect.exit(cache.provider.mint(wrong as MintRequest))
      }
      assert.deepStrictEqual(seen.slice(1), [...malformed])
    })
  )
})

describe("capacity and options", () => {
  const subject = (name: number): MintRequest => ({ ...request, subject: `user-${name}` })

  it.effect("evicts the least recently used entry at capacity", () =>
    Effect.gen(function* () {
      const acme = vendor()
      const cache = yield* build(acme, { capacity: 3 })
      for (const name of [1, 2, 3]) yield* cache.get(subject(name))
      assert.isDefined(cache.provider[holding]?.cached?.(subject(1)))
      yield* cache.get(subject(4))
      assert.strictEqual(yield* cache.size, 3)
      const kept = [1, 2, 3, 4].filter((name) => cache.provider[holding]?.cached?.(subject(name)) !== undefined)
      assert.deepStrictEqual(kept, [1, 3, 4])
    })
  )

  it.effect("does not evict an entry whose mint is in progress", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60, takes: 1 })
      const cache = yield* build(acme, { capacity: 1 })
      const names = [1, 2, 3, 4, 5]
      const fiber = yield* Effect.forkChild(
        Effect.forEach([...names, ...names], (name) => cache.get(subject(name)), { concurrency: "unbounded" })
      )
      yield* settle
      assert.strictEqual(yield* cache.size, 5)
      yield* seconds(1)
      const tokens = names.map((name) => `token-${name}`)
      assert.deepStrictEqual(fiber.pollUnsafe(), Exit.succeed([...tokens, ...tokens]))
      assert.strictEqual(yield* cache.size, 1)
    })
  )

  it.effect("a failed mint leaves no cache entry", () =>
    Effect.gen(function* () {
      const acme = vendor("hang")
      const cache = yield* build(acme)
      const fiber = yield* Effect.forkChild(cache.get())
      yield* seconds(30)
      assert.deepStrictEqual(fiber.pollUnsafe(), Exit.succeed("TransportError"))
      assert.strictEqual(yield* cache.size, 0)
    })
  )

  const wrong: ReadonlyArray<readonly [name: string, options: Options]> = [
    ["capacity", { capacity: 0 }],
    ["capacity", { capacity: 1.5 }],
    ["advisory", { advisory: 1 }],
    ["mandatory", { mandatory: 0.5 }],
    ["mandatory", { mandatory: Number.NaN }],
    ["timeout", { timeout: "0 seconds" }]
  ]
  it.effect.each(wrong)("rejects an invalid %s", ([name, options]) =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(
        Layer.build(CredentialCache.layer(options).pipe(Layer.provide(vendor().layer)))
      )
      assert.instanceOf(failure, ConfigurationError)
      assert.deepStrictEqual(
        failure.issues.map((issue) => issue.name),
        [`CredentialCache.${name}`]
      )
    })
  )
})

describe("minRemaining", () => {
  it.effect("a credential with less than minRemaining is refreshed before it is returned", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60 })
      const cache = yield* build(acme)
      yield* cache.get()
      yield* seconds(30)
      assert.strictEqual(yield* cache.get(request, { minRemaining: "30 seconds" }), "token-1")
      yield* seconds(0.001)
      assert.strictEqual(yield* cache.get(request, { minRemaining: Duration.seconds(30) }), "token-2")
      assert.strictEqual(yield* cache.get(), "token-2")
    })
  )

  it.effect("a failed mint is an error if the cached credential has less than minRemaining", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60 })
      const cache = yield* build(acme)
      yield* cache.get()
      yield* seconds(30)
      acme.state.answer = "hang"
      const fiber = yield* Effect.forkChild(cache.get(request, { minRemaining: "40 seconds" }))
      yield* seconds(29)
      assert.isUndefined(fiber.pollUnsafe())
      yield* seconds(1)
      assert.deepStrictEqual(fiber.pollUnsafe(), Exit.succeed("TransportError"))
    })
  )

  it.effect("in the mandatory window, a small minRemaining is served from the cache", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60 })
      const cache = yield* build(acme)
      yield* cache.get()
      yield* seconds(57)
      acme.state.answer = "hang"
      assert.strictEqual(yield* cache.get(request, { minRemaining: "1 second" }), "token-1")
    })
  )

  it.effect("a minRemaining above the credential's lifetime is rejected without repeated mints", () =>
    Effect.gen(function* () {
      const acme = vendor({ life: 60 })
      const cache = yield* build(acme)
      for (let time = 0; time < 5; time++) {
        assert.strictEqual(yield* cache.get(request, { minRemaining: "2 minutes" }), "InvalidRequestError")
      }
      assert.strictEqual(acme.mints(), 1)
      assert.strictEqual(yield* cache.get(), "token-1")
    })
  )

  it.effect("a negative minRemaining is rejected", () =>
    Effect.gen(function* () {
      const cache = yield* build(vendor())
      const failure = yield* Effect.flip(cache.credential(request, { minRemaining: "-1 seconds" }))
      assert.strictEqual(failure.reason._tag, "InvalidRequestError")
      assert.include(failure.message, "minRemaining")
    })
  )
})

describe("telemetry", () => {
  it.effect("the printed cache and its metrics contain no token and no subject", () =>
    Effect.gen(function* () {
      const acme = vendor()
      const cache = yield* build(acme)
      yield* cache.get()
      const metrics = yield* Metric.dump
      const printed = inspect(cache, { depth: 20, showHidden: true }) + JSON.stringify(cache.provider) + metrics
      assert.notInclude(printed, "token-1")
      assert.notInclude(printed, "user-1")
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
  )

  it.effect("metrics count hits and misses by provider and outcome, and the cached scopes", () =>
    Effect.gen(function* () {
      const acme = vendor()
      const cache = yield* build(acme)
      yield* cache.get()
      for (let time = 0; time < 100; time++) cache.provider[holding]?.cached?.(request)
      yield* cache.get({ ...request, subject: "user-2" })
      const counted = (yield* Metric.snapshot)
        .filter(({ id }) => id === "tempcred_cache_gets_total")
        .map(({ attributes, state }) => [attributes, "count" in state ? Number(state.count) : undefined])
      assert.deepInclude(counted, [{ provider: "acme", outcome: "hit" }, 100])
      assert.deepInclude(counted, [{ provider: "acme", outcome: "miss" }, 2])
      const scopes = (yield* Metric.snapshot).find(({ id }) => id === "tempcred_cache_scopes")
      assert.deepInclude(scopes?.state, { value: 2 })
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
  )
})

describe("unusual requests and providers", () => {
  it.effect("a request whose fields are getters is minted with their values", () =>
    Effect.gen(function* () {
      class Asked {
        readonly purpose = "stt.realtime"
        get subject() {
          return "u1"
        }
        get ttl() {
          return "5 minutes" as const
        }
      }
      const vendor = Acme.vendor(Acme.ok)
      const layer = CredentialCache.layer().pipe(Layer.provide(Acme.layer()), Layer.provide(vendor.layer))
      const credential = yield* TempCredentialProvider.use(({ mint }) => mint(new Asked())).pipe(Effect.provide(layer))
      assert.strictEqual(credential.subject, "u1")
      assert.deepStrictEqual(vendor.sent[0]?.body, { ttl: 300, session: undefined })
    })
  )
  it.effect("a mint that throws synchronously does not block later mints of its scope", () =>
    Effect.gen(function* () {
      let calls = 0
      const throwing = Layer.effect(
        TempCredentialProvider,
        TempCredentialProvider.useSync((provider) => ({
          ...provider,
          mint: () => {
            calls += 1
            throw new Error("boom")
          }
        }))
      ).pipe(Layer.provide(Acme.layer()), Layer.provide(Acme.vendor(Acme.ok).layer))
      yield* TempCredentialProvider.use(({ mint }) => {
        const once = Effect.exit(Effect.suspend(() => mint({ purpose: "stt.realtime", subject: "u1" })))
        return Effect.andThen(once, once)
      }).pipe(Effect.provide(CredentialCache.layer().pipe(Layer.provide(throwing))))
      assert.strictEqual(calls, 2)
    })
  )
})
