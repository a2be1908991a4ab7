/** The whole stack from typed options, and adapters that are loaded on demand. */
import type * as Adapter from "@tempcred/core/Adapter"
import * as Providers from "@tempcred/core/Providers"
import * as RetryPolicy from "@tempcred/core/RetryPolicy"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import * as Provider from "../src/adapter/Provider.ts"
import * as Acme from "./acme.ts"
import * as Store from "./store.ts"

type Vendor = ReturnType<typeof Acme.vendor>

const layerOf = (id: string, vendor: Vendor): Adapter.ProviderLayer =>
  Layer.effect(TempCredentialProvider, Provider.make({ ...Acme.spec(), provider: id })).pipe(
    Layer.provide(vendor.layer)
  )

const request = { purpose: "stt.realtime", subject: "u1" } as const

const minting = (options: Providers.Options, vendor: Vendor, times = 1) =>
  TempCredentialProvider.use((provider) => Effect.replicateEffect(provider.mint(request), times)).pipe(
    Effect.provide(Layer.provide(Providers.layer([layerOf("acme", vendor)], options), vendor.layer))
  )

const failing = (options: Providers.Options) => {
  const vendor = Acme.vendor(Acme.ok)
  return Layer.build(Layer.provide(Providers.layer([layerOf("acme", vendor)], options), vendor.layer)).pipe(
    Effect.scoped,
    Effect.flip,
    Effect.map((error) => error.message)
  )
}

/** Options as JavaScript code without types may pass them. */
const untyped = (options: unknown): Providers.Options => Object.assign({}, options)

describe("Providers.layer", () => {
  it.effect("caches in memory by default, and does not cache with cache: off", () =>
    Effect.gen(function* () {
      for (const [options, calls] of [
        [{}, 1],
        [{ cache: "memory" }, 1],
        [{ cache: "off" }, 3]
      ] as const) {
        const vendor = Acme.vendor(Acme.ok)
        yield* minting(options, vendor, 3)
        assert.lengthOf(vendor.sent, calls)
      }
    })
  )

  it.effect("layerSingle builds the stack for one vendor, with the same checks", () =>
    Effect.gen(function* () {
      for (const [cache, calls] of [
        ["memory", 1],
        ["off", 3]
      ] as const) {
        const vendor = Acme.vendor(Acme.ok)
        const single = Providers.layerSingle(layerOf("acme", vendor), { cache, ttl: "5 minutes" })
        yield* TempCredentialProvider.use((provider) => Effect.replicateEffect(provider.mint(request), 3)).pipe(
          Effect.provide(Layer.provide(single, vendor.layer))
        )
        assert.lengthOf(vendor.sent, calls)
        assert.deepStrictEqual(vendor.sent[0]?.body, { ttl: 300, session: undefined })
      }
      const vendor = Acme.vendor(Acme.ok)
      const wrong = Providers.layerSingle(layerOf("acme", vendor), { retries: 11 })
      const error = yield* Effect.flip(Effect.scoped(Layer.build(Layer.provide(wrong, vendor.layer))))
      assert.strictEqual(error.message, "Providers.retries must be a whole number, 0 to 10")
    })
  )

  it.effect("tries the vendors in order", () =>
    Effect.gen(function* () {
      const [first, second] = [Acme.vendor({ status: 503 }), Acme.vendor(Acme.ok)]
      const credential = yield* TempCredentialProvider.use((provider) => provider.mint(request)).pipe(
        Effect.provide(
          Providers.layer([layerOf("acme", first), layerOf("globex", second)], { retries: 0 }).pipe(
            Layer.provide(first.layer)
          )
        )
      )
      assert.strictEqual(credential.provider, "globex")
      assert.lengthOf(first.sent, 1)
    })
  )

  it.effect("ttl applies to requests without a ttl", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(Acme.ok)
      yield* minting({ ttl: "5 minutes" }, vendor)
      assert.deepStrictEqual(vendor.sent[0]?.body, { ttl: 300, session: undefined })
    })
  )

  it.effect("timeout and retries limit a mint, and default to the app's retry policy", () =>
    Effect.gen(function* () {
      const once = Acme.vendor({ status: 503 })
      yield* Effect.flip(minting({ retries: 0 }, once))
      assert.lengthOf(once.sent, 1)
      const own = Acme.vendor({ status: 503 })
      yield* Effect.flip(Effect.provide(minting({ timeout: "1 minute" }, own), RetryPolicy.layerNone))
      assert.lengthOf(own.sent, 1)
      const hung = Acme.vendor("hang")
      const fiber = yield* Effect.forkChild(Effect.flip(minting({ timeout: "1500 millis" }, hung)), {
        startImmediately: true
      })
      yield* TestClock.adjust("1500 millis")
      assert.match((yield* Fiber.join(fiber)).message, /no response in time/)
    })
  )

  it.effect("pool mints single-use credentials in advance, given a number or the pool's options", () =>
    Effect.gen(function* () {
      for (const pool of [3, { max: 3 }]) {
        const vendor = Acme.vendor(Acme.ok)
        const capabilities = {
          ...Acme.capabilities,
          "stt.realtime": { ...Acme.capabilities["stt.realtime"], singleUse: true }
        }
        const acme = Layer.effect(TempCredentialProvider, Provider.make({ ...Acme.spec(), capabilities }))
        yield* TempCredentialProvider.use((provider) =>
          Effect.andThen(provider.mint({ purpose: "stt.realtime", singleUse: true }), TestClock.adjust("1 second"))
        ).pipe(Effect.provide(Layer.provide(Providers.layer([acme], { pool }), vendor.layer)))
        assert.lengthOf(vendor.sent, 2)
      }
    })
  )

  it.effect("two machines with one store share credentials and the rate limit", () =>
    Effect.gen(function* () {
      const { store } = yield* Store.make()
      const vendor = Acme.vendor(Acme.ok)
      const key = Redacted.make("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
      const stack = Providers.layer([layerOf("acme", vendor)], { cache: { store, key }, rateLimit: 60 })
      const machine = Layer.build(Layer.provide(stack, vendor.layer))
      const [one, other] = [yield* machine, yield* machine]
      const mint = (subject?: string) =>
        TempCredentialProvider.use((provider) => provider.mint({ purpose: "stt.realtime", subject }))
      yield* Effect.provide(mint("u1"), one)
      yield* Effect.provide(mint("u1"), other)
      assert.lengthOf(vendor.sent, 1)
      // A client credential without a subject is not shared, so the test need not wait for encryption.
      yield* Effect.forkChild(Effect.provide(mint(), other), { startImmediately: true })
      yield* TestClock.adjust("999 millis")
      assert.lengthOf(vendor.sent, 1)
      yield* TestClock.adjust("1 millis")
      assert.lengthOf(vendor.sent, 2)
    }).pipe(Effect.scoped)
  )

  it.effect("an invalid option fails the layer with its name and rule, without its value", () =>
    Effect.gen(function* () {
      const { store } = yield* Store.make()
      const secret = Redacted.make("c2VjcmV0")
      for (const [options, message] of [
        [{ ttl: 60 }, 'Providers.ttl must be whole seconds with their unit, such as "60 seconds"'],
        [{ ttl: "1500 millis" }, 'Providers.ttl must be whole seconds with their unit, such as "60 seconds"'],
        [{ ttl: "soon" }, 'Providers.ttl must be whole seconds with their unit, such as "60 seconds"'],
        [{ timeout: 5000 }, 'Providers.timeout must be a duration with its unit, such as "20 seconds"'],
        [{ timeout: "0 seconds" }, 'Providers.timeout must be a duration with its unit, such as "20 seconds"'],
        [{ timeout: "Infinity" }, 'Providers.timeout must be a duration with its unit, such as "20 seconds"'],
        [{ retries: 11 }, "Providers.retries must be a whole number, 0 to 10"],
        [{ retries: "2" }, "Providers.retries must be a whole number, 0 to 10"],
        [{ rateLimit: 0.5 }, "Providers.rateLimit must be a whole number, 1 or more"],
        [{ pool: 101 }, "Providers.pool must be a whole number, 1 to 100, or the options of WarmPool"],
        [{ pool: { max: 0 } }, "WarmPool.max must be a whole number, 1 or more, and no less than min"],
        [{ cache: "disk" }, 'Providers.cache must be "memory", "off" or { store, key }, where the key is Redacted'],
        [
          { cache: { store, key: "secret" } },
          'Providers.cache must be "memory", "off" or { store, key }, where the key is Redacted'
        ],
        [
          { cache: { store, key: secret } },
          "Providers.cache.key must be 32 bytes in base64: make one with openssl rand -base64 32"
        ]
      ] as const) {
        assert.strictEqual(yield* failing(untyped(options)), message)
      }
      const all = yield* failing(untyped({ ttl: 60, retries: -1, pool: 0 }))
      assert.deepStrictEqual(
        all.split("; ").map((one) => one.split(" ")[0]),
        ["Providers.ttl", "Providers.retries", "Providers.pool"]
      )
    })
  )
})

describe("adapters that are loaded on demand", () => {
  const configured = (env: Readonly<Record<string, string>>, options: Providers.ConfigOptions = {}) => {
    const vendor = Acme.vendor(Acme.ok)
    const loaded: Array<string> = []
    const lazy = (id: string) => ({
      id,
      load: async (): Promise<Adapter.Adapter> => {
        loaded.push(id)
        if (id === "broken") throw Object.assign(new Error("a path of this machine"), { code: "ERR_MODULE_NOT_FOUND" })
        return { id, capabilities: Acme.capabilities, layerConfig: layerOf(id, vendor) }
      }
    })
    const eager = { id: "initech", capabilities: Acme.capabilities, layerConfig: layerOf("initech", vendor) }
    const layer = Providers.layerConfig([lazy("acme"), lazy("globex"), lazy("broken"), eager], options).pipe(
      Layer.provide([vendor.layer, ConfigProvider.layer(ConfigProvider.fromEnv({ env }))])
    )
    const minted = TempCredentialProvider.use((provider) => Effect.map(provider.mint(request), () => provider.id)).pipe(
      Effect.provide(layer)
    )
    return { loaded, minted, vendor, layerOf: (id: string) => layerOf(id, vendor) }
  }

  it.effect("options override the variables of the same name", () =>
    Effect.gen(function* () {
      const env = { TEMPCRED_PROVIDER: "acme", TEMPCRED_TTL: "60 seconds", TEMPCRED_CACHE: "off" }
      const { loaded, minted, vendor } = configured(env, { provider: ["globex"], ttl: "5 minutes", retries: undefined })
      assert.strictEqual(yield* minted, "globex")
      assert.deepStrictEqual(loaded, ["globex"])
      assert.deepStrictEqual(vendor.sent[0]?.body, { ttl: 300, session: undefined })
      const unknown = yield* Effect.flip(configured(env, { provider: ["soniox"] }).minted)
      assert.match(unknown.message, /^Providers.provider names an unknown provider; known are acme/)
    })
  )

  it.effect("the vendors option needs no TEMPCRED_PROVIDER, and loads no adapter", () =>
    Effect.gen(function* () {
      const { layerOf: made } = configured({})
      const { loaded, minted } = configured(
        { TEMPCRED_PROVIDER: "soniox" },
        { vendors: [made("hooli"), made("hooli")] }
      )
      assert.strictEqual(yield* minted, "hooli,hooli")
      assert.deepStrictEqual(loaded, [])
    })
  )

  it.effect("only the adapters named in TEMPCRED_PROVIDER are loaded, also next to an adapter given directly", () =>
    Effect.gen(function* () {
      const { loaded, minted } = configured({ TEMPCRED_PROVIDER: "Initech,globex" })
      assert.deepStrictEqual(loaded, [])
      assert.strictEqual(yield* minted, "initech,globex")
      assert.deepStrictEqual(loaded, ["globex"])
    })
  )

  it.effect("an invalid variable loads no adapter", () =>
    Effect.gen(function* () {
      for (const [env, message] of [
        [{ TEMPCRED_PROVIDER: "soniox" }, /names an unknown provider; known are acme, globex, broken, initech$/],
        [{}, /^TEMPCRED_PROVIDER is not set; known are acme, globex, broken, initech$/],
        [{ TEMPCRED_PROVIDER: "acme", TEMPCRED_RETRIES: "x" }, /^TEMPCRED_RETRIES must be/],
        [{ TEMPCRED_PROVIDER: "acme", TEMPCRED_CACHE: "disk" }, /^TEMPCRED_CACHE must be/]
      ] as const) {
        const { loaded, minted } = configured(env)
        assert.match((yield* Effect.flip(minted)).message, message)
        assert.deepStrictEqual(loaded, [])
      }
    })
  )

  it.effect("a failed load is a configuration error with the failure's code, without its text", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(configured({ TEMPCRED_PROVIDER: "acme,broken" }).minted)
      assert.strictEqual(error._tag, "ConfigurationError")
      assert.strictEqual(
        error.message,
        "TEMPCRED_PROVIDER names broken, whose adapter cannot be loaded (ERR_MODULE_NOT_FOUND)"
      )
    })
  )
})
