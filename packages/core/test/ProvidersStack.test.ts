/** The whole stack as variables configure it: failover, sharing and cache. */
import type * as Adapter from "@tempcred/core/Adapter"
import { fingerprint } from "@tempcred/core/Fingerprint"
import * as Providers from "@tempcred/core/Providers"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import * as Provider from "../src/adapter/Provider.ts"
import * as Acme from "./acme.ts"
import * as Store from "./store.ts"
import { holding } from "../src/temp-credential-provider/Holding.ts"

type Vendor = ReturnType<typeof Acme.vendor>

const descriptor = (id: string, vendor: Vendor): Adapter.Adapter => ({
  id,
  capabilities: Acme.capabilities,
  layerConfig: Layer.effect(TempCredentialProvider, Provider.make({ ...Acme.spec(), provider: id })).pipe(
    Layer.provide(vendor.layer)
  )
})

const stack = (
  env: Readonly<Record<string, string>>,
  first: Vendor,
  second: Vendor,
  options?: Providers.ConfigOptions
) =>
  Providers.layerConfig([descriptor("acme", first), descriptor("globex", second)], options).pipe(
    Layer.provide(first.layer),
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env })))
  )

const minting = (env: Readonly<Record<string, string>>, first: Vendor, second: Vendor, times = 1) =>
  TempCredentialProvider.use((provider) =>
    Effect.replicateEffect(provider.mint({ purpose: "stt.realtime", subject: "u1" }), times)
  ).pipe(Effect.provide(stack({ TEMPCRED_RETRIES: "0", ...env }, first, second)))

const failing = (env: Readonly<Record<string, string>>, options?: Providers.ConfigOptions) =>
  Effect.scoped(Layer.build(stack(env, Acme.vendor(Acme.ok), Acme.vendor(Acme.ok), options))).pipe(
    Effect.flip,
    Effect.map((error) => error.message)
  )

describe("TEMPCRED_PROVIDER", () => {
  it.effect("calls only the first vendor while it is healthy", () =>
    Effect.gen(function* () {
      const [first, second] = [Acme.vendor(Acme.ok), Acme.vendor(Acme.ok)]
      const [credential] = yield* minting({ TEMPCRED_PROVIDER: "globex, acme" }, first, second)
      assert.strictEqual(credential?.provider, "globex")
      assert.deepStrictEqual([first.sent.length, second.sent.length], [0, 1])
    })
  )
  it.effect("calls the second vendor if the first is down", () =>
    Effect.gen(function* () {
      const [first, second] = [Acme.vendor({ status: 503 }), Acme.vendor(Acme.ok)]
      const [credential] = yield* minting({ TEMPCRED_PROVIDER: "acme,globex" }, first, second)
      assert.strictEqual(credential?.provider, "globex")
    })
  )
  it.effect("rejects a list with an unknown, repeated or missing name", () =>
    Effect.gen(function* () {
      for (const names of ["acme,initech", "acme,acme", ","]) {
        assert.match(yield* failing({ TEMPCRED_PROVIDER: names }), /TEMPCRED_PROVIDER .*known are acme, globex$/)
      }
    })
  )
})

describe("TEMPCRED_CACHE", () => {
  const env = { TEMPCRED_PROVIDER: "acme" }

  it.effect("memory is the default, and off disables the cache", () =>
    Effect.gen(function* () {
      for (const [cache, calls] of [
        [{}, 1],
        [{ TEMPCRED_CACHE: "memory" }, 1],
        [{ TEMPCRED_CACHE: "off" }, 3]
      ] as const) {
        const vendor = Acme.vendor(Acme.ok)
        yield* minting({ ...env, ...cache }, vendor, vendor, 3)
        assert.strictEqual(vendor.sent.length, calls)
      }
    })
  )
  it.effect("a refused credential is replaced by one mint, also if the ttl comes from TEMPCRED_TTL", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(Acme.ok)
      yield* TempCredentialProvider.use((provider) =>
        Effect.gen(function* () {
          const asked = { purpose: "stt.realtime", subject: "u1" } as const
          const refused = yield* fingerprint((yield* provider.mint(asked)).token)
          yield* provider.mint(asked, { refused: "0123456789abcdef", minRemaining: "20 seconds" })
          assert.strictEqual(vendor.sent.length, 1)
          yield* provider.mint(asked, { refused })
          yield* provider.mint(asked)
          assert.strictEqual(vendor.sent.length, 2)
          yield* provider.invalidateFingerprint?.(asked, refused) ?? Effect.void
          assert.isUndefined(provider[holding]?.cached?.(asked))
        })
      ).pipe(Effect.provide(stack({ ...env, TEMPCRED_TTL: "90 seconds" }, vendor, vendor)))
    })
  )
  it.effect("TEMPCRED_TTL applies to cached credentials too", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(Acme.ok)
      const layer = stack({ ...env, TEMPCRED_TTL: "5 minutes" }, vendor, vendor)
      yield* TempCredentialProvider.use((provider) =>
        Effect.gen(function* () {
          const request = { purpose: "stt.realtime", subject: "u1" } as const
          const minted = yield* provider.mint(request)
          assert.strictEqual(provider[holding]?.cached?.(request), minted)
          assert.strictEqual(provider[holding]?.cached?.({ ...request, ttl: "5 minutes" }), minted)
          assert.isUndefined(provider[holding]?.cached?.({ ...request, ttl: "6 minutes" }))
        })
      ).pipe(Effect.provide(layer))
    })
  )
  it.effect("a mint through the cache can take as long as TEMPCRED_TIMEOUT", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor({ status: 429, headers: { "retry-after": "40" } }, Acme.ok)
      const fiber = yield* Effect.forkChild(
        minting({ ...env, TEMPCRED_TIMEOUT: "60 seconds", TEMPCRED_RETRIES: "1" }, vendor, vendor),
        { startImmediately: true }
      )
      yield* TestClock.adjust("41 seconds")
      assert.strictEqual((yield* Fiber.join(fiber)).length, 1)
    })
  )
  it.effect(
    "a Redis URL needs an encryption key and @tempcred/redis; the error says what is missing and how to add it",
    () =>
      Effect.gen(function* () {
        const redis = "redis://127.0.0.1:1"
        const key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
        const { store } = yield* Store.make()
        const connecting = { redis: () => store }
        assert.match(
          yield* failing({ ...env, TEMPCRED_CACHE: "disk" }),
          /TEMPCRED_CACHE must be memory, off, or redis:/
        )
        assert.match(yield* failing({ ...env, TEMPCRED_CACHE: redis }), /TEMPCRED_CACHE_KEY is not set/)
        assert.match(
          yield* failing({ ...env, TEMPCRED_CACHE: redis, TEMPCRED_CACHE_KEY: key }),
          /^TEMPCRED_CACHE .*package @tempcred\/redis.*import .*layerConfig\(adapters, \{ redis: Redis\.connect \}\)$/
        )
        for (const url of ["redis://", "redis://h:secret", "redis:h", "redis://:%ff@h"]) {
          const message = yield* failing({ ...env, TEMPCRED_CACHE: url, TEMPCRED_CACHE_KEY: key }, connecting)
          assert.strictEqual(message, "TEMPCRED_CACHE must be memory, off, or redis://host:port")
        }
        const short = yield* failing({ ...env, TEMPCRED_CACHE: redis, TEMPCRED_CACHE_KEY: "c2VjcmV0" }, connecting)
        assert.match(short, /^TEMPCRED_CACHE_KEY must be 32 bytes in base64/)
        assert.notInclude(short, "c2VjcmV0")
      })
  )
  it.effect("TEMPCRED_RATE_LIMIT is one limit for all machines with the same Redis", () =>
    Effect.gen(function* () {
      const { state, store } = yield* Store.make()
      const vendor = Acme.vendor(Acme.ok)
      const variables = {
        ...env,
        TEMPCRED_RATE_LIMIT: "60",
        TEMPCRED_CACHE: "redis://127.0.0.1:1",
        TEMPCRED_CACHE_KEY: "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
      }
      const machine = Layer.build(stack(variables, vendor, vendor, { redis: () => store }))
      for (const context of [yield* machine, yield* machine]) {
        const mint = TempCredentialProvider.use((provider) => provider.mint({ purpose: "stt.realtime" }))
        yield* Effect.forkChild(Effect.provide(mint, context), { startImmediately: true })
      }
      yield* TestClock.adjust("999 millis")
      assert.lengthOf(vendor.sent, 1)
      yield* TestClock.adjust("1 millis")
      assert.lengthOf(vendor.sent, 2)
      assert.deepStrictEqual(new Set(state.calls), new Set(["take"]))
    }).pipe(Effect.scoped)
  )
  it.effect("the Redis URL and the encryption key can be read from files", () =>
    Effect.gen(function* () {
      const held: Readonly<Record<string, string>> = {
        url: "redis://:secret@127.0.0.1:1\n",
        key: "\uFEFFMDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\r\n"
      }
      const files = FileSystem.layerNoop({ readFileString: (path) => Effect.succeed(held[path] ?? "") })
      const reached: Array<string> = []
      const { store } = yield* Store.make()
      const redis = (url: Redacted.Redacted) => {
        reached.push(Redacted.value(url))
        return store
      }
      const variables = { ...env, TEMPCRED_CACHE_FILE: "url", TEMPCRED_CACHE_KEY_FILE: "key" }
      const vendor = Acme.vendor(Acme.ok)
      yield* Layer.build(stack(variables, vendor, vendor, { redis })).pipe(Effect.scoped, Effect.provide(files))
      assert.deepStrictEqual(reached, ["redis://:secret@127.0.0.1:1"])
    })
  )
})

it.effect("TEMPCRED_POOL mints single-use credentials in advance", () =>
  Effect.gen(function* () {
    const vendor = Acme.vendor(Acme.ok)
    const capabilities = {
      ...Acme.capabilities,
      "stt.realtime": { ...Acme.capabilities["stt.realtime"], singleUse: true }
    }
    const layerConfig = Layer.effect(TempCredentialProvider, Provider.make({ ...Acme.spec(), capabilities })).pipe(
      Layer.provide(vendor.layer)
    )
    const env = { TEMPCRED_PROVIDER: "acme", TEMPCRED_POOL: "3" }
    yield* TempCredentialProvider.use((provider) =>
      Effect.andThen(provider.mint({ purpose: "stt.realtime", singleUse: true }), TestClock.adjust("1 second"))
    ).pipe(
      Effect.provide(
        Providers.layerConfig([{ id: "acme", capabilities, layerConfig }]).pipe(
          Layer.provide([vendor.layer, ConfigProvider.layer(ConfigProvider.fromEnv({ env }))])
        )
      )
    )
    assert.strictEqual(vendor.sent.length, 2)
  })
)
it.effect("TEMPCRED_POOL must be a number from 1 to 100", () =>
  Effect.gen(function* () {
    assert.match(yield* failing({ TEMPCRED_PROVIDER: "acme", TEMPCRED_POOL: "0" }), /^TEMPCRED_POOL .*1.*100/)
  })
)
