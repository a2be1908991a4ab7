import * as Events from "@tempcred/core/Events"
import type { MintRequest } from "@tempcred/core/MintRequest"
import { TempCredential } from "@tempcred/core/TempCredential"
import { TempCredentialError, UnavailableError } from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as WarmPool from "@tempcred/core/WarmPool"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Acme from "./acme.ts"

const request: MintRequest = { purpose: "stt.realtime", singleUse: true }

/** A vendor whose mints take 100 ms. Each token is different and valid for 60 s. */
const vendor = () => {
  const state = { mints: 0, broken: false, under: 0 }
  const requests: Array<MintRequest> = []
  const times: Array<number> = []
  const mint = Effect.fnUntraced(function* (asked: MintRequest) {
    const now = yield* Clock.currentTimeMillis
    state.mints += 1
    const number = state.mints
    requests.push({ ...asked })
    times.push(now)
    yield* Effect.sleep(100)
    if (state.broken) {
      return yield* new TempCredentialError({ provider: "acme", reason: new UnavailableError({ status: 503 }) })
    }
    return TempCredential.make({
      provider: "acme",
      purpose: asked.purpose,
      token: `token-${number}`,
      issuedAt: DateTime.makeUnsafe(now),
      uses: asked.singleUse === true ? "once" : "many"
    })
  })
  const layer = Layer.succeed(
    TempCredentialProvider,
    TempCredentialProvider.of({
      id: "acme",
      account: Effect.succeed("account"),
      capabilities: {
        "stt.realtime": { ...Acme.capabilities["stt.realtime"], singleUse: true },
        agent: { ...Acme.capabilities["stt.realtime"], singleUse: true, mintingHasSideEffects: true },
        "tts.batch": Acme.capabilities["tts.batch"]
      },
      mint
    })
  )
  return { state, requests, times, layer }
}

type Vendor = ReturnType<typeof vendor>

const pooled = (source: Vendor, options: WarmPool.Options = {}) =>
  Effect.provide(Layer.orDie(WarmPool.layer(options)).pipe(Layer.provide(source.layer)))

/** Makes all pauses equal, so that the last refill's credential is neither too late nor too old. */
const fixedPauses = Effect.provideService(Random.Random, { nextIntUnsafe: () => 0, nextDoubleUnsafe: () => 0.5 })

const mint = (asked: MintRequest = request) => TempCredentialProvider.use((provider) => provider.mint(asked))

const tokenOf = (credential: TempCredential) => Redacted.value(credential.token)

/** Mints one credential, and advances the clock by the vendor's response time. */
const get = Effect.fnUntraced(function* (asked?: MintRequest) {
  const fiber = yield* Effect.forkChild(mint(asked), { startImmediately: true })
  yield* TestClock.adjust(100)
  return yield* Fiber.join(fiber)
})

/** The tokens that are available without a wait. */
const instantly = Effect.fnUntraced(function* (count: number, asked?: MintRequest) {
  const tokens: Array<string> = []
  for (let index = 0; index < count; index++) {
    const fiber = yield* Effect.forkChild(mint(asked), { startImmediately: true })
    yield* Effect.yieldNow
    const exit = fiber.pollUnsafe()
    if (exit !== undefined && Exit.isSuccess(exit)) tokens.push(tokenOf(exit.value))
    else yield* Fiber.interrupt(fiber)
  }
  return tokens
})

describe("credentials from the pool", () => {
  it.effect("preferred single use is pooled separately from required single use", () =>
    Effect.gen(function* () {
      const preferred = { ...request, singleUse: "preferred" } as const
      yield* get(preferred)
      yield* TestClock.adjust("1 second")
      assert.lengthOf(yield* instantly(1), 0)
      assert.lengthOf(yield* instantly(1, preferred), 1)
    }).pipe(pooled(vendor()))
  )

  it.effect("10 concurrent requests get 10 different tokens", () =>
    Effect.gen(function* () {
      yield* get()
      yield* TestClock.adjust("1 second")
      const fibers = yield* Effect.forEach(Array.from({ length: 10 }), () =>
        Effect.forkChild(mint(), { startImmediately: true })
      )
      yield* TestClock.adjust("1 second")
      const tokens = yield* Effect.forEach(fibers, (fiber) => Effect.map(Fiber.join(fiber), tokenOf))
      assert.strictEqual(new Set(tokens).size, 10)
    }).pipe(pooled(vendor(), { min: 3 }))
  )
  it.effect("a pool of 3 serves 3 requests at once, mints for the fourth, and refills without reusing a token", () => {
    const source = vendor()
    return Effect.gen(function* () {
      yield* get()
      yield* TestClock.adjust("1 second")
      assert.strictEqual(source.state.mints, 4)
      const first = yield* instantly(3)
      assert.strictEqual(new Set(first).size, 3)
      const fourth = yield* Effect.forkChild(mint(), { startImmediately: true })
      assert.isUndefined(fourth.pollUnsafe())
      yield* TestClock.adjust(100)
      const credential = yield* Fiber.join(fourth)
      assert.notInclude(first, tokenOf(credential))
      yield* TestClock.adjust("1 second")
      const second = yield* instantly(3)
      assert.strictEqual(new Set([...first, tokenOf(credential), ...second]).size, 7)
    }).pipe(pooled(source, { min: 3 }))
  })
  it.effect("a request served from the pool makes no call to the vendor", () => {
    const source = vendor()
    return Effect.gen(function* () {
      yield* get()
      yield* TestClock.adjust("1 second")
      source.state.broken = true
      assert.lengthOf(yield* instantly(1), 1)
    }).pipe(pooled(source))
  })
  it.effect("a caller does not wait for a refill in progress", () => {
    const source = vendor()
    return Effect.gen(function* () {
      const first = yield* Effect.forkChild(mint(), { startImmediately: true })
      yield* TestClock.adjust(50)
      const second = yield* Effect.forkChild(mint(), { startImmediately: true })
      yield* TestClock.adjust(50)
      assert.isDefined(first.pollUnsafe())
      yield* TestClock.adjust(50)
      assert.isDefined(second.pollUnsafe())
    }).pipe(pooled(source, { min: 5 }))
  })
  it.effect("an interrupted caller does not use up the pool's own credential", () => {
    const source = vendor()
    return Effect.gen(function* () {
      const leaving = yield* Effect.forkChild(mint(), { startImmediately: true })
      yield* Fiber.interrupt(leaving)
      yield* TestClock.adjust("1 second")
      assert.lengthOf(yield* instantly(1), 1)
    }).pipe(pooled(source))
  })
})

describe("expiry of pooled credentials", () => {
  it.effect("a credential with less than half of its lifetime left is replaced", () => {
    const source = vendor()
    return Effect.gen(function* () {
      yield* get()
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(source.times, [0, 0])
      // It was issued at 0 and arrived at 100.
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(source.times, [0, 0, 30_050])
      assert.deepStrictEqual(yield* instantly(1), ["token-3"])
    }).pipe(pooled(source))
  })
  it.effect("a credential with less than minRemaining is replaced", () => {
    const source = vendor()
    return Effect.gen(function* () {
      yield* get()
      yield* TestClock.adjust("49 seconds")
      assert.deepStrictEqual(source.times, [0, 0])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(source.times, [0, 0, 50_000])
    }).pipe(pooled(source, { minRemaining: "10 seconds" }))
  })
  it.effect("a credential that expired while the machine was suspended is not served", () => {
    const source = vendor()
    return Effect.gen(function* () {
      const clock = yield* Clock.Clock
      yield* get()
      yield* TestClock.adjust("1 second")
      const slept: Clock.Clock = {
        ...clock,
        currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + 3_600_000
      }
      assert.lengthOf(yield* Effect.provideService(instantly(1), Clock.Clock, slept), 0)
    }).pipe(pooled(source))
  })
  it.effect("setting the wall clock back does not cause extra mints", () => {
    const source = vendor()
    return Effect.gen(function* () {
      const clock = yield* Clock.Clock
      yield* get()
      yield* TestClock.adjust("1 second")
      const back: Clock.Clock = {
        ...clock,
        currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() - 3_600_000
      }
      assert.lengthOf(yield* Effect.provideService(instantly(1), Clock.Clock, back), 1)
      yield* TestClock.adjust("10 seconds")
      assert.isAtMost(source.state.mints, 4)
    }).pipe(pooled(source))
  })
  it.effect("refills back off if the credentials expire too soon to be pooled", () => {
    const source = vendor()
    return Effect.gen(function* () {
      yield* get()
      yield* TestClock.adjust("1 minute")
      // The refills run after about 1, 2, 4, 8, 16 and 32 seconds.
      assert.isAtMost(source.state.mints, 9)
      assert.strictEqual(tokenOf(yield* get()).startsWith("token-"), true)
    }).pipe(pooled(source, { minRemaining: "2 minutes" }))
  })
})

describe("pool size", () => {
  /** The number of credentials that are ready in a scope. */
  const ready = (count: number) => Effect.map(instantly(count), (tokens) => tokens.length)

  it.effect("grows up to max if demand exceeds the refills", () => {
    const source = vendor()
    return Effect.gen(function* () {
      yield* get()
      for (let round = 0; round < 3; round++) {
        yield* Effect.forEach(Array.from({ length: 6 }), () => Effect.forkChild(mint(), { startImmediately: true }))
        yield* TestClock.adjust("1 second")
      }
      assert.strictEqual(yield* ready(10), 4)
    }).pipe(pooled(source, { max: 4 }))
  })
  it.effect("shrinks to min if credentials expire unused", () => {
    const source = vendor()
    return Effect.gen(function* () {
      yield* get()
      yield* Effect.forEach(Array.from({ length: 6 }), () => Effect.forkChild(mint(), { startImmediately: true }))
      yield* TestClock.adjust("35 seconds")
      yield* get()
      const before = source.state.mints
      yield* TestClock.adjust("31 seconds")
      assert.isAtMost(source.state.mints - before, 3)
    }).pipe(pooled(source, { idle: "10 minutes" }))
  })
  it.effect("is zero after the idle time, without further refills", () => {
    const source = vendor()
    return Effect.gen(function* () {
      yield* get()
      yield* TestClock.adjust("61 seconds")
      const before = source.state.mints
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(source.state.mints, before)
      assert.lengthOf(yield* instantly(1), 0)
    }).pipe(pooled(source))
  })
  it.effect("with min 0, stays zero until a second request has waited", () => {
    const source = vendor()
    return Effect.gen(function* () {
      yield* get()
      yield* TestClock.adjust("1 second")
      assert.strictEqual(source.state.mints, 1)
      yield* get()
      yield* TestClock.adjust("1 second")
      assert.strictEqual(source.state.mints, 3)
    }).pipe(pooled(source, { min: 0 }))
  })
  it.effect("is zero for a scope above the limit of scopes, until an idle scope is dropped", () => {
    const source = vendor()
    const of = (subject: string): MintRequest => ({ ...request, subject })
    return Effect.gen(function* () {
      yield* get(of("a"))
      yield* get(of("b"))
      yield* TestClock.adjust("1 second")
      assert.lengthOf(yield* instantly(1, of("b")), 0)
      assert.lengthOf(yield* instantly(1, of("a")), 1)
      yield* TestClock.adjust("2 minutes")
      yield* get(of("b"))
      yield* TestClock.adjust("1 second")
      assert.lengthOf(yield* instantly(1, of("b")), 1)
    }).pipe(pooled(source, { scopes: 1 }))
  })
})

describe("which requests are pooled", () => {
  const passing: ReadonlyArray<readonly [name: string, request: MintRequest]> = [
    ["a multi-use credential", { purpose: "stt.realtime" }],
    ["a purpose whose minting has side effects", { purpose: "agent", singleUse: true }],
    ["preferred single use at a vendor without it", { purpose: "tts.batch", singleUse: "preferred" }],
    ["relaxed single use at a vendor without it", { purpose: "tts.batch", singleUse: true, onUnsupported: "relax" }],
    ["an unsupported purpose", { purpose: "realtime", singleUse: true }]
  ]
  for (const [name, asked] of passing) {
    it.effect(`is not pooled: ${name}`, () => {
      const source = vendor()
      return Effect.gen(function* () {
        yield* get(asked)
        yield* get(asked)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(source.state.mints, 2)
      }).pipe(pooled(source))
    })
  }
  it.effect("requests that differ in subject, ttl, region or exposure have separate pools", () => {
    const source = vendor()
    const others: ReadonlyArray<MintRequest> = [
      { ...request, subject: "b" },
      { ...request, ttl: "2 minutes" },
      { ...request, region: "eu" },
      { ...request, exposure: "server" }
    ]
    return Effect.gen(function* () {
      yield* get({ ...request, subject: "a" })
      yield* TestClock.adjust("1 second")
      for (const other of others) assert.lengthOf(yield* instantly(1, other), 0)
      assert.lengthOf(yield* instantly(1, { ...request, subject: "a" }), 1)
    }).pipe(pooled(source))
  })
  it.effect("a later change to the caller's request object does not affect the refills", () => {
    const source = vendor()
    const asked = { purpose: "stt.realtime" as const, singleUse: true, subject: "a" }
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(mint(asked), { startImmediately: true })
      asked.subject = "b"
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        source.requests.map(({ subject }) => subject),
        ["a", "a"]
      )
    }).pipe(pooled(source))
  })
})

describe("vendor failures", () => {
  it.effect("a failing refill backs off, publishes one event, and recovers", () => {
    const source = vendor()
    const seen: Array<string> = []
    const events = Events.layer((event) => Effect.sync(() => seen.push(event._tag)))
    return Effect.gen(function* () {
      yield* get()
      source.state.broken = true
      yield* TestClock.adjust("1 second")
      yield* instantly(1)
      const before = source.state.mints
      yield* TestClock.adjust("30 seconds")
      assert.isAtLeast(source.state.mints - before, 4)
      assert.isAtMost(source.state.mints - before, 8)
      assert.deepStrictEqual(seen, ["RefreshFailed"])
      source.state.broken = false
      yield* TestClock.adjust("1 minute")
      assert.lengthOf(yield* instantly(1), 1)
    }).pipe(
      Effect.provide(
        Layer.orDie(WarmPool.layer({ idle: "10 minutes" })).pipe(Layer.provide(source.layer), Layer.provide(events))
      ),
      fixedPauses
    )
  })
  it.effect("a refill that ends in a defect backs off and publishes an event, as a failed one does", () => {
    const source = vendor()
    const seen: Array<Events.Event> = []
    const events = Events.layer((event) => Effect.sync(() => seen.push(event)))
    let isBroken = false
    const below = Layer.effect(
      TempCredentialProvider,
      TempCredentialProvider.useSync((provider) => ({
        ...provider,
        mint: (asked: MintRequest) => (isBroken ? Effect.die(new Error("a bug")) : provider.mint(asked))
      }))
    ).pipe(Layer.provide(source.layer))
    return Effect.gen(function* () {
      yield* get()
      yield* TestClock.adjust("1 second")
      isBroken = true
      yield* instantly(1)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(seen, [{ _tag: "RefreshFailed", provider: "acme", reason: "defect" }])
      isBroken = false
      yield* TestClock.adjust("1 minute")
      assert.lengthOf(yield* instantly(1), 1)
    }).pipe(
      Effect.provide(
        Layer.orDie(WarmPool.layer({ idle: "10 minutes" })).pipe(Layer.provide(below), Layer.provide(events))
      ),
      fixedPauses
    )
  })
  it.effect("a caller of an empty pool gets the vendor's error", () => {
    const source = vendor()
    source.state.broken = true
    return Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(get())).reason._tag, "UnavailableError")
    }).pipe(pooled(source))
  })
})

describe("the layer", () => {
  it.effect("closing the scope stops all refills", () =>
    Effect.gen(function* () {
      const source = vendor()
      const scope = yield* Scope.make()
      const pool = Layer.orDie(WarmPool.layer({ min: 2 })).pipe(Layer.provide(source.layer))
      const context = yield* Layer.buildWithScope(pool, scope)
      yield* Effect.provide(get(), context)
      yield* Scope.close(scope, Exit.void)
      const before = source.state.mints
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(source.state.mints, before)
    })
  )
  it.effect("a metric reports the number of pooled credentials", () => {
    const level = Effect.map(Metric.snapshot, (all) =>
      all.flatMap((one) => (one.id === "tempcred_pool_level" && one.type === "Gauge" ? [Number(one.state.value)] : []))
    )
    return Effect.gen(function* () {
      yield* get()
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* level, [3])
      yield* instantly(2)
      assert.deepStrictEqual(yield* level, [1])
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(yield* level, [0])
    }).pipe(pooled(vendor(), { min: 3 }))
  })
  it.effect("an invalid option fails the layer with its name", () =>
    Effect.gen(function* () {
      const nonsense: ReadonlyArray<readonly [WarmPool.Options, RegExp]> = [
        [{ min: -1 }, /WarmPool\.min must be a whole number, 0 or more/],
        [{ max: 0 }, /WarmPool\.max/],
        [{ min: 3, max: 2 }, /WarmPool\.max .* no less than min/],
        [{ scopes: 0 }, /WarmPool\.scopes/],
        [{ idle: Duration.infinity }, /WarmPool\.idle/],
        [{ idle: "0 seconds" }, /WarmPool\.idle/],
        [{ minRemaining: Duration.infinity }, /WarmPool\.minRemaining/]
      ]
      for (const [options, message] of nonsense) {
        const error = yield* Effect.flip(
          Effect.scoped(Layer.build(WarmPool.layer(options).pipe(Layer.provide(vendor().layer))))
        )
        assert.match(error.message, message)
      }
    })
  )
})

it.effect("concurrent callers never get the same credential, even if fibers yield at every step", () =>
  Effect.gen(function* () {
    let minted = 0
    const upstream = Layer.effect(
      TempCredentialProvider,
      TempCredentialProvider.useSync((provider) => ({
        ...provider,
        capabilities: { "stt.realtime": { ...Acme.capabilities["stt.realtime"], singleUse: true } },
        mint: (asked) =>
          Effect.map(
            provider.mint({ ...asked, singleUse: false }),
            (one) => new TempCredential({ ...one, token: Redacted.make(`token-${++minted}`) })
          )
      }))
    ).pipe(Layer.provide(Acme.layer()), Layer.provide(Acme.vendor(Acme.ok).layer))
    const tokens = yield* TempCredentialProvider.use(({ mint }) =>
      Effect.gen(function* () {
        const take = Effect.map(mint({ purpose: "stt.realtime", singleUse: true }), (one) => Redacted.value(one.token))
        yield* take
        yield* TestClock.adjust("1 second")
        // Frequent yields expose every gap between finding and taking a credential.
        return yield* Effect.all(
          Array.from({ length: 20 }, () => take),
          { concurrency: "unbounded" }
        ).pipe(Effect.provideService(References.MaxOpsBeforeYield, 7))
      })
    ).pipe(Effect.provide(WarmPool.layer({ min: 20, max: 20 }).pipe(Layer.provide(upstream))))
    assert.strictEqual(new Set(tokens).size, tokens.length)
  })
)

it.effect("setting the wall clock back during a mint does not extend the credential", () => {
  const source = vendor()
  let offset = 0
  return Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const wall = (): number => clock.currentTimeMillisUnsafe() + offset
    const stepped: Clock.Clock = { ...clock, currentTimeMillisUnsafe: wall, currentTimeMillis: Effect.sync(wall) }
    yield* Effect.gen(function* () {
      yield* Effect.forkChild(mint(), { startImmediately: true })
      // The mints of the caller and of the pool are in progress. Their credentials expire a minute after the start.
      yield* TestClock.adjust("50 millis")
      offset = -3_600_000
      yield* TestClock.adjust("1 second")
      assert.strictEqual(source.state.mints, 2)
      yield* TestClock.adjust("20 minutes")
      const tokens = yield* instantly(1)
      assert.notInclude(tokens, "token-1")
      assert.notInclude(tokens, "token-2")
    }).pipe(pooled(source, { idle: "1 hour" }), Effect.provideService(Clock.Clock, stepped))
  })
})

describe("users of one pool", () => {
  const by = (subject: string): MintRequest => ({ ...request, subject })
  const pooledAt = (effect: "ignored" | "recorded", options: WarmPool.Options = {}) => {
    const source = vendor()
    const ignoring = Layer.effect(
      TempCredentialProvider,
      TempCredentialProvider.useSync((provider) => ({
        ...provider,
        capabilities: {
          "stt.realtime": { ...Acme.capabilities["stt.realtime"], singleUse: true, subject: { effect } }
        }
      }))
    ).pipe(Layer.provide(source.layer))
    return { source, provided: Effect.provide(WarmPool.layer(options).pipe(Layer.provide(ignoring))) }
  }
  /** Mints for one user, and a second later for another. */
  const oneEach = Effect.gen(function* () {
    yield* Effect.forkChild(mint(by("u1")), { startImmediately: true })
    yield* TestClock.adjust("1 second")
    const second = yield* Effect.forkChild(mint(by("u2")), { startImmediately: true })
    yield* TestClock.adjust("1 second")
    return yield* Fiber.join(second)
  })
  const minted = ({ requests }: Vendor, subject: string) => requests.filter((one) => one.subject === subject).length

  it.effect("share it if the vendor ignores the subject, and each credential has its own user as subject", () => {
    const { provided, source } = pooledAt("ignored")
    return Effect.gen(function* () {
      const credential = yield* oneEach
      assert.strictEqual(credential.subject, "u2")
      assert.deepStrictEqual(credential.relaxed, ["subject"])
      assert.strictEqual(minted(source, "u2"), 0)
    }).pipe(provided)
  })
  it.effect("do not share it if the vendor records the subject", () => {
    const { provided, source } = pooledAt("recorded")
    return Effect.map(oneEach, () => assert.isAbove(minted(source, "u2"), 0)).pipe(provided)
  })
  it.effect("share it with waiveSubject, even if the vendor records the subject", () => {
    const { provided, source } = pooledAt("recorded", { waiveSubject: true })
    return Effect.gen(function* () {
      const credential = yield* oneEach
      assert.deepStrictEqual(credential.relaxed, ["subject"])
      assert.strictEqual(minted(source, "u2"), 0)
    }).pipe(provided)
  })
})
