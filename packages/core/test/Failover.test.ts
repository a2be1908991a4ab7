import * as Failover from "@tempcred/core/Failover"
import * as RetryPolicy from "@tempcred/core/RetryPolicy"
import * as TempCredentialErrors from "@tempcred/core/TempCredentialError"
import { TempCredentialError } from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { inspect } from "node:util"
import * as Acme from "./acme.ts"
import { among, during, layerOf, minting, served, vendor, type Step } from "./failover.ts"
import { holding } from "../src/temp-credential-provider/Holding.ts"

const {
  AuthenticationError,
  InvalidRequestError,
  InvalidResponseError,
  PermissionError,
  QuotaError,
  RateLimitError,
  TransportError,
  UnavailableError,
  UnsupportedError
} = TempCredentialErrors

const down = new UnavailableError({ status: 503 })

/** Mints once, where vendor A follows this script and vendor B is healthy. */
const once = Effect.fnUntraced(function* (step: Step, options?: Failover.Options) {
  const a = vendor("a", step)
  const b = vendor("b", "minted")
  const { events, value } = yield* among([layerOf(a), layerOf(b)], served(), options)
  return { calls: [a.times.length, b.times.length], events, value }
})

describe("the order of vendors", () => {
  it.effect("the second vendor is not called while the first is healthy", () =>
    Effect.gen(function* () {
      const { calls, events, value } = yield* once("minted")
      assert.strictEqual(value, "a")
      assert.deepStrictEqual(calls, [1, 0])
      assert.deepStrictEqual(events, [])
    })
  )

  const goingOn: ReadonlyArray<TempCredentialErrors.Reason> = [
    down,
    new TransportError({ timedOut: false, code: "ECONNREFUSED" }),
    new QuotaError({ status: 402 }),
    new RateLimitError({ status: 429, retryAfter: Duration.minutes(1) }),
    new UnsupportedError({ feature: "region" }),
    new InvalidResponseError({ status: 200 })
  ]
  for (const reason of goingOn) {
    it.effect(`the second vendor serves after ${reason._tag}, and an event contains the reason`, () =>
      Effect.gen(function* () {
        const { calls, events, value } = yield* once(reason)
        assert.strictEqual(value, "b")
        assert.deepStrictEqual(calls, [1, 1])
        assert.deepStrictEqual(events, [{ _tag: "FailedOver", provider: "a", to: "b", reason: reason._tag }])
      })
    )
  }

  const stopping: ReadonlyArray<TempCredentialErrors.Reason> = [
    new AuthenticationError({ status: 401 }),
    new PermissionError({ status: 403 }),
    new InvalidRequestError({ issues: [] })
  ]
  for (const reason of stopping) {
    it.effect(`${reason._tag} of the first vendor is returned unchanged`, () =>
      Effect.gen(function* () {
        const { calls, events, value } = yield* once(reason)
        assert.instanceOf(value, TempCredentialError)
        assert.strictEqual(value.reason, reason)
        assert.strictEqual(value.provider, "a")
        assert.isUndefined(value.failures)
        assert.deepStrictEqual(calls, [1, 0])
        assert.deepStrictEqual(events, [])
      })
    )
  }

  it.effect("with goOnAfter, continues after a refused key and publishes an event", () =>
    Effect.gen(function* () {
      const options = { goOnAfter: ["AuthenticationError"] } as const
      const { events, value } = yield* once(new AuthenticationError({}), options)
      assert.strictEqual(value, "b")
      assert.deepStrictEqual(events, [{ _tag: "FailedOver", provider: "a", to: "b", reason: "AuthenticationError" }])
      const forbidden = yield* once(new PermissionError({}), options)
      assert.instanceOf(forbidden.value, TempCredentialError)
      assert.strictEqual((yield* once(new PermissionError({}), { goOnAfter: ["PermissionError"] })).value, "b")
    })
  )

  it.effect("a refused key publishes KeyRefused, with and without goOnAfter", () =>
    Effect.gen(function* () {
      for (const [options, expected] of [
        [{}, "KeyRefused"],
        [{ goOnAfter: ["AuthenticationError"] }, "KeyRefused,FailedOver"]
      ] as const) {
        const a = Acme.layer().pipe(Layer.provide(Acme.vendor({ status: 401 }).layer))
        const { events } = yield* among([a, layerOf(vendor("b", "minted"))], served(), options)
        assert.strictEqual(events.map((event) => event._tag).join(), expected)
      }
    })
  )

  it.effect("an invalid request reaches no vendor", () =>
    Effect.gen(function* () {
      const a = vendor("a", "minted")
      const b = vendor("b", "minted")
      for (const request of [{ ttl: "0 seconds" }, { ttl: "1500 millis" }, { subject: "123456789" }] as const) {
        const { value } = yield* among([layerOf(a), layerOf(b)], Effect.flip(minting(request)))
        assert.strictEqual(value.reason._tag, "InvalidRequestError")
      }
      const program = TempCredentialProvider.use((provider) => Effect.flip(provider.mint(JSON.parse("{}"))))
      const { value } = yield* among([layerOf(a), layerOf(b)], program)
      assert.strictEqual(value.provider, "a,b")
      assert.match(value.message, /purpose/)
      assert.deepStrictEqual([a.times, b.times], [[], []])
    })
  )

  it.effect("a vendor that does not support the purpose, region or single use is skipped", () =>
    Effect.gen(function* () {
      const batch = { "tts.batch": Acme.capabilities["tts.batch"] }
      const single = { "stt.realtime": { ...Acme.capabilities["stt.realtime"], regions: ["jp"], singleUse: true } }
      const a = vendor("a", "minted")
      const b = vendor("b", "minted")
      const c = vendor("c", "minted")
      const layers = [layerOf(a, { capabilities: batch }), layerOf(b), layerOf(c, { capabilities: single })] as const
      for (const [request, provider, passed] of [
        [{ purpose: "tts.batch" }, "a", []],
        [{}, "b", ["a"]],
        [{ region: "jp" }, "c", ["a", "b"]],
        [{ singleUse: true }, "c", ["a", "b"]],
        [{ singleUse: true, onUnsupported: "relax" }, "b", ["a"]],
        [{ singleUse: "preferred" }, "b", ["a"]]
      ] as const) {
        const { events, value } = yield* among(layers, served(request))
        assert.strictEqual(value, provider)
        assert.deepStrictEqual(
          events,
          passed.map(
            (one) => ({ _tag: "FailedOver", provider: one, to: provider, reason: "UnsupportedError" }) as const
          )
        )
      }
      assert.deepStrictEqual([a.times.length, b.times.length, c.times.length], [1, 3, 2])
    })
  )
})

describe("if all vendors fail", () => {
  const failing = Effect.fnUntraced(function* (...reasons: ReadonlyArray<TempCredentialErrors.Reason>) {
    const [first, ...others] = reasons.map((reason, index) => layerOf(vendor(`v${index}`, reason)))
    assert.isDefined(first)
    return (yield* among([first, ...others], Effect.flip(minting()))).value
  })

  it.effect("the error lists each vendor and its reason", () =>
    Effect.gen(function* () {
      const limited = new RateLimitError({ retryAfter: Duration.minutes(2) })
      const soon = new UnavailableError({ status: 503, retryAfter: Duration.seconds(20) })
      const error = yield* failing(new QuotaError({ status: 402 }), limited, soon)
      assert.deepStrictEqual(error.failures, [
        { provider: "v0", reason: new QuotaError({ status: 402 }) },
        { provider: "v1", reason: limited },
        { provider: "v2", reason: soon }
      ])
      assert.strictEqual(
        error.message,
        "v0: a balance, budget or quota is used up (status 402); v1: rate limit exceeded (retry after 2m); " +
          "v2: the vendor is unavailable (status 503, retry after 20s)"
      )
      assert.deepInclude(error, { provider: "v2", reason: soon })
      assert.isTrue(error.isRetryable)
      assert.deepStrictEqual(error.retryAfter, Duration.seconds(20))
    })
  )

  it.effect("the error contains no secret, even if every vendor repeats the key", () =>
    Effect.gen(function* () {
      const acme = Acme.vendor({ status: 402, body: { message: `you sent ${Acme.key}` } }).layer
      const layers = [Acme.layer().pipe(Layer.provide(acme)), Acme.layer().pipe(Layer.provide(acme))] as const
      const { events, value } = yield* among(layers, Effect.flip(minting()))
      assert.match(value.message, /^acme: .*you sent <redacted>; acme: .*you sent <redacted>$/)
      assert.notInclude(inspect([value, events], { depth: 9, showHidden: true }), Acme.key)
    })
  )

  const quota = new QuotaError({})
  const lack = new UnsupportedError({ feature: "purpose" })
  const later = new RateLimitError({ retryAfter: Duration.hours(1) })
  const standing: ReadonlyArray<
    readonly [name: string, reasons: ReadonlyArray<TempCredentialErrors.Reason>, provider: string]
  > = [
    ["that of a retryable failure without a wait", [later, down, down], "v1"],
    ["that of a retryable failure with a wait", [quota, lack, later], "v2"],
    ["the first one that is not an UnsupportedError", [lack, quota, new InvalidResponseError({})], "v1"],
    ["the first UnsupportedError if there is no other", [lack, lack], "v0"],
    [
      "that of a retryable failure, even if a later vendor's error ended the failover",
      [down, new AuthenticationError({}), down],
      "v0"
    ]
  ]
  for (const [name, reasons, provider] of standing) {
    it.effect(`the error's reason is ${name}`, () =>
      Effect.gen(function* () {
        const error = yield* failing(...reasons)
        assert.strictEqual(error.provider, provider)
      })
    )
  }

  it.effect("the error survives encoding and decoding", () =>
    Effect.gen(function* () {
      const codec = Schema.toCodecJson(TempCredentialError)
      for (const error of [yield* failing(later, quota), yield* failing(down)]) {
        const sent = JSON.stringify(yield* Schema.encodeEffect(codec)(error))
        const received = yield* Schema.decodeUnknownEffect(codec)(JSON.parse(sent))
        assert.deepStrictEqual({ ...received }, { ...error })
      }
    })
  )

  it.effect("the reasons of a nested failover are listed flat", () =>
    Effect.gen(function* () {
      const inner = Failover.layer([layerOf(vendor("a", down)), layerOf(vendor("b", quota))])
      const { value } = yield* among([Layer.orDie(inner), layerOf(vendor("c", quota))], Effect.flip(minting()))
      assert.deepStrictEqual(
        value.failures?.map((failure) => failure.provider),
        ["a", "b", "c"]
      )
    })
  )
})

describe("the deadline", () => {
  const hung = Effect.fnUntraced(function* (options?: Failover.Options, ...steps: ReadonlyArray<Step>) {
    const vendors = steps.map((step, index) => vendor(`v${index}`, step))
    const [first, ...others] = vendors.map((one) => layerOf(one))
    assert.isDefined(first)
    const { value } = yield* among([first, ...others], during("1 minute", served()), options)
    return { value, times: vendors.map((one) => one.times), interrupted: vendors.map((one) => one.state.interrupted) }
  })

  it.effect("is split: a hanging first vendor leaves half of it to the second", () =>
    Effect.gen(function* () {
      const { interrupted, times, value } = yield* hung(undefined, "hang", "minted")
      assert.strictEqual(value, "v1")
      assert.deepStrictEqual(times, [[0], [5000]])
      assert.deepStrictEqual(interrupted, [1, 0])
    })
  )
  it.effect("is split again when a vendor fails early", () =>
    Effect.gen(function* () {
      const { times, value } = yield* hung({ deadline: Duration.seconds(12) }, down, "hang", "hang")
      assert.deepStrictEqual(times, [[0], [0], [6000]])
      assert.instanceOf(value, TempCredentialError)
      assert.match(value.message, /^v0: .*; v1: no response in time; v2: no response in time$/)
    })
  )
  it.effect("defaults to the retry policy's, and leaves no share to an unsupported vendor", () =>
    Effect.gen(function* () {
      const a = vendor("a", "hang")
      const b = vendor("b", "hang")
      const c = vendor("c", "minted")
      const layers = [layerOf(a), layerOf(b, { capabilities: {} }), layerOf(c)] as const
      const layer = Failover.layer(layers).pipe(Layer.provide(RetryPolicy.layer({ deadline: Duration.seconds(3) })))
      assert.strictEqual(yield* during("1 minute", served()).pipe(Effect.provide(layer)), "c")
      assert.deepStrictEqual([a.times, b.times, c.times], [[0], [], [1500]])
    })
  )
  it.effect("ends a vendor's turn at once if its Retry-After exceeds its share", () =>
    Effect.gen(function* () {
      const limited = Acme.vendor({ status: 429, headers: { "retry-after": "6" } })
      const b = vendor("b", "minted")
      const { value } = yield* among([Acme.layer().pipe(Layer.provide(limited.layer)), layerOf(b)], served())
      assert.strictEqual(value, "b")
      assert.deepStrictEqual(b.times, [0])
    })
  )
  it.effect("is split further by a nested failover", () =>
    Effect.gen(function* () {
      const [a, b, c] = [vendor("a", "hang"), vendor("b", "minted"), vendor("c", "minted")]
      const inner = Layer.orDie(Failover.layer([layerOf(a), layerOf(b)]))
      const { value } = yield* among([inner, layerOf(c)], during("1 minute", served()), {
        deadline: Duration.seconds(4)
      })
      assert.strictEqual(value, "b")
      assert.deepStrictEqual([a.times, b.times, c.times], [[0], [1000], []])
    })
  )
  it.effect("an interruption aborts the current vendor's mint and calls no further vendor", () =>
    Effect.gen(function* () {
      const a = vendor("a", "hang")
      const b = vendor("b", "minted")
      const fiber = yield* Effect.forkChild(among([layerOf(a), layerOf(b)], served()), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(a.state.interrupted, 1)
      assert.strictEqual(b.times.length, 0)
    })
  )
})

describe("the provider that combines the vendors", () => {
  const told = <A>(read: (provider: TempCredentialProvider["Service"]) => A, ...layers: Parameters<typeof among>[0]) =>
    Effect.map(among(layers, TempCredentialProvider.useSync(read)), ({ value }) => value)

  it.effect("has an id and an account that are derived from all vendors", () =>
    Effect.gen(function* () {
      const account = TempCredentialProvider.use((provider) => provider.account)
      const [a, b] = [layerOf(vendor("a", down)), layerOf(vendor("b", down))]
      assert.strictEqual(yield* told(({ id }) => id, a, b), "a,b")
      const first = (yield* among([a, b], account)).value
      assert.match(first, /^[0-9a-f]{16}$/)
      assert.strictEqual((yield* among([a, b], account)).value, first)
      assert.notStrictEqual((yield* among([b, a], account)).value, first)
    })
  )

  it.effect("merges the capabilities of its vendors", () =>
    Effect.gen(function* () {
      const common = Acme.capabilities["stt.batch"]
      const subject = { effect: "enforced", requiredForClient: true, maxLength: 5 } as const
      const a = { "stt.batch": { ...common, subject, regions: ["eu"] }, "tts.batch": Acme.capabilities["tts.batch"] }
      const b = {
        "stt.batch": {
          ...common,
          subject: { effect: "ignored", maxLength: 9 },
          ttlSeconds: { min: 1, max: 600, default: 30 },
          singleUse: true,
          maxSessionSeconds: { min: 10, max: 1000 },
          regions: ["jp", "eu"],
          mintingHasSideEffects: true,
          needed: "every-request"
        }
      } as const
      const layers = [
        layerOf(vendor("a", down), { capabilities: a }),
        layerOf(vendor("b", down), { capabilities: b })
      ] as const
      assert.deepStrictEqual(yield* told(({ capabilities }) => capabilities, ...layers), {
        "stt.batch": {
          ttlSeconds: { min: 1, max: 3600, default: 60 },
          singleUse: true,
          maxSessionSeconds: { min: 1, max: 1000 },
          subject: { effect: "ignored", maxLength: 5, requiredForClient: true },
          regions: ["eu", "jp"],
          mintingHasSideEffects: true,
          needed: "every-request"
        },
        "tts.batch": Acme.capabilities["tts.batch"]
      })
    })
  )

  it.effect("serves the first vendor's cached credential, and invalidates in all vendors", () =>
    Effect.gen(function* () {
      const [a, b] = [vendor("a", "minted"), vendor("b", "minted")]
      const credential = (yield* among([layerOf(a)], minting())).value
      const taken: Array<string> = []
      const kept = {
        [holding]: { cached: () => credential, isInvalidated: () => true },
        invalidate: () => Effect.void
      }
      const invalidate = () => Effect.sync(() => void taken.push("b"))
      yield* among(
        [layerOf(a, kept), layerOf(b, { invalidate })],
        TempCredentialProvider.use((provider) => {
          assert.strictEqual(provider[holding]?.cached?.({ purpose: "stt.realtime" }), credential)
          assert.isTrue(provider[holding]?.isInvalidated?.(credential))
          return provider.invalidate?.(credential) ?? Effect.void
        })
      )
      assert.deepStrictEqual(taken, ["b"])
      assert.isUndefined(
        yield* told((provider) => provider[holding]?.cached?.({ purpose: "agent" }), layerOf(b), layerOf(a, kept))
      )
    })
  )

  it.effect("counts failovers by provider and reason", () =>
    Effect.gen(function* () {
      yield* once(down)
      yield* once(down)
      const counted = (yield* Metric.snapshot).find(
        ({ attributes, id }) => id === "tempcred_failovers_total" && attributes?.["outcome"] === "UnavailableError"
      )
      assert.deepInclude(counted?.state, { count: 2 })
      assert.deepStrictEqual(counted?.attributes, { provider: "a", outcome: "UnavailableError" })
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
  )

  it.effect("an invalid option fails the layer with its name", () =>
    Effect.gen(function* () {
      for (const [options, message] of [
        [{ failures: 0 }, /^Failover\.failures must be a whole number/],
        [{ failures: 1.5 }, /^Failover\.failures/],
        [{ openFor: Duration.zero }, /^Failover\.openFor must be a time with its unit.*longer than zero/],
        [{ deadline: "0 seconds" }, /^Failover\.deadline must be a time with its unit/],
        [{ openFor: Duration.infinity }, /^Failover\.openFor .* finite/],
        [{ deadline: Duration.seconds(-1) }, /^Failover\.deadline/]
      ] as const) {
        const error = yield* Effect.flip(Layer.build(Failover.layer([layerOf(vendor("a", down))], options)))
        assert.match(error.message, message)
      }
    })
  )
})
