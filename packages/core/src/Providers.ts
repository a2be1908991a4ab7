/**
 * Builds the whole stack of one or more vendors: retries, rate limiter, failover, sharing, pool and
 * cache. `layer` takes typed options. `layerConfig` reads environment variables, and
 * `TEMPCRED_PROVIDER` selects one or more of the app's adapters.
 *
 * ```ts
 * import * as Minter from "@tempcred/core/Minter"
 * import * as Providers from "@tempcred/core/Providers"
 * import { Soniox } from "@tempcred/soniox"
 * import { Speechmatics } from "@tempcred/speechmatics"
 *
 * process.env["TEMPCRED_PROVIDER"] = "speechmatics"
 * const minter = Minter.make(Providers.layerConfig([Soniox.adapter, Speechmatics.adapter]))
 * const credential = await minter.mint({ purpose: "stt.realtime" })
 * console.log(credential.provider) // => speechmatics
 * await minter.close()
 * ```
 *
 * @since 0.1.0
 */

import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { Adapter, LazyAdapter, ProviderLayer } from "./Adapter.ts"
import { ConfigurationError } from "./ConfigurationError.ts"
import { CredentialCache } from "./CredentialCache.ts"
import * as CredentialSharing from "./CredentialSharing.ts"
import * as Environment from "./Environment.ts"
import * as Collector from "./environment/Collector.ts"
import * as Failover from "./Failover.ts"
import * as Settings from "./providers/Settings.ts"
import * as Ttl from "./providers/Ttl.ts"
import * as RateGate from "./RateGate.ts"
import { layer as retryLayer, RetryPolicy } from "./RetryPolicy.ts"
import type { TempCredentialProvider } from "./TempCredentialProvider.ts"
import * as WarmPool from "./WarmPool.ts"

export type { Options, SharedCache } from "./providers/Settings.ts"

/**
 * The vendors of a stack in failover order.
 *
 * @category models
 * @since 0.1.0
 */
export type Vendors = readonly [ProviderLayer, ...ReadonlyArray<ProviderLayer>]

/**
 * Builds a provider from typed options: the vendors in failover order with retries and a rate limiter,
 * sharing between machines, a pool, and a cache. Fails with a `ConfigurationError` that names each
 * invalid option and its rule.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (vendors: Vendors, options: Settings.Options = {}): ProviderLayer =>
  checked(options, (settings) => {
    const [first, ...others] = vendors
    const { pool, shared } = settings
    return inMemory(others.length === 0 ? first : Failover.layer([first, ...others]), settings, {
      store: shared?.store,
      sharing: shared && CredentialSharing.layer({ store: shared.store, keys: [shared.key] }),
      pool: pool && WarmPool.layer(pool)
    })
  })

/**
 * Options of a single vendor.
 *
 * @category models
 * @since 0.1.0
 */
export interface SingleOptions extends Pick<Settings.Options, "ttl" | "timeout" | "retries" | "rateLimit"> {
  /** The cache of credentials: in memory, or none. @default "memory" */
  readonly cache?: "memory" | "off" | undefined
}

/**
 * Builds the stack of one vendor without failover, sharing and pool, for bundles that must be small.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerSingle = (vendor: ProviderLayer, options: SingleOptions = {}): ProviderLayer =>
  checked(options, (settings) => inMemory(vendor, settings))

const checked = (
  options: Settings.Options,
  build: (settings: Settings.Settings) => Effect.Effect<ProviderLayer>
): ProviderLayer =>
  // The layers of vendors may be constants. Without `fresh`, two stacks in one program would share the
  // first one's vendor and key.
  Layer.fresh(Layer.unwrap(Effect.flatMap(Settings.check(options), build)))

/** The optional parts of a stack. */
interface Parts {
  readonly store?: RateGate.Options["store"]
  readonly sharing?: Wrapper | undefined
  readonly pool?: Wrapper | undefined
}

const inMemory = Effect.fnUntraced(function* (
  vendor: ProviderLayer,
  { isCached, rateLimit, retries, timeout, ttl }: Settings.Settings,
  { pool, sharing, store }: Parts = {}
): Effect.fn.Return<ProviderLayer> {
  const given = yield* RetryPolicy
  const deadline = timeout ?? given.deadline
  const policy = retryLayer({
    ...given,
    attempts: retries === undefined ? given.attempts : retries + 1,
    deadline
  })
  const gate = rateLimit === undefined ? Layer.empty : RateGate.layer({ perMinute: rateLimit, store })
  // The time limit of the cache must be longer than the deadline of a mint.
  const bound = Duration.max(Duration.seconds(30), Duration.sum(deadline, Duration.seconds(1)))
  const cache = isCached ? CredentialCache.layer({ timeout: bound }) : undefined
  const wrapped = [sharing, cache, pool, Ttl.layer(ttl)].reduce<ProviderLayer>(
    (below, wrapper) => (wrapper === undefined ? below : Layer.provide(wrapper, below)),
    vendor
  )
  return Layer.provide(wrapped, [policy, gate])
})

type Wrapper = Layer.Layer<TempCredentialProvider, ConfigurationError, TempCredentialProvider>

/**
 * Options of `layerConfig`. The options of `layer` take precedence over environment variables.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConfigOptions extends Settings.Options {
  /** The names of the adapters in failover order. @default the names in `TEMPCRED_PROVIDER` */
  readonly provider?: ReadonlyArray<string> | undefined
  /** The vendors in failover order, in place of adapters that are chosen by name. */
  readonly vendors?: Vendors | undefined
  /** Connects to the Redis that `TEMPCRED_CACHE` names: `Redis.connect` of `@tempcred/redis`. */
  readonly redis?: ((url: Redacted.Redacted) => CredentialSharing.SharedStore) | undefined
}

const variables = Collector.collect((read) =>
  Effect.all({
    provider: read(Environment.list("TEMPCRED_PROVIDER")),
    ttl: read(Environment.value("TEMPCRED_TTL", Environment.wholeSeconds)),
    timeout: read(Environment.value("TEMPCRED_TIMEOUT", Environment.wholeSeconds)),
    retries: read(Environment.value("TEMPCRED_RETRIES", Environment.wholeNumber(0, 10))),
    rateLimit: read(Environment.value("TEMPCRED_RATE_LIMIT", Environment.wholeNumber(1))),
    pool: read(Environment.value("TEMPCRED_POOL", Environment.wholeNumber(1, 100))),
    cache: read(Environment.secret("TEMPCRED_CACHE")),
    cacheKey: read(Environment.secret("TEMPCRED_CACHE_KEY"))
  })
)

/**
 * Builds the stack of `layer` from environment variables. `TEMPCRED_PROVIDER` names the adapters in
 * failover order.
 *
 * - `TEMPCRED_TTL`: the ttl of requests without one.
 * - `TEMPCRED_TIMEOUT`: the time limit of a mint, including retries.
 * - `TEMPCRED_RETRIES`: the number of retries.
 * - `TEMPCRED_RATE_LIMIT`: calls per minute to one vendor account, from all machines that share a Redis.
 * - `TEMPCRED_POOL`: the maximum number of single-use credentials minted ahead per scope; none by default.
 * - `TEMPCRED_CACHE`: `memory` (default), `off`, or the URL of a Redis.
 * - `TEMPCRED_CACHE_KEY`: the encryption key of credentials in Redis, 32 bytes in base64.
 *
 * `TEMPCRED_CACHE_FILE` and `TEMPCRED_CACHE_KEY_FILE` name files with these values. Only the chosen
 * adapters are loaded, and only their variables are read. A misspelt `TEMPCRED_*` variable fails the layer.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (
  adapters: ReadonlyArray<Adapter | LazyAdapter>,
  options: ConfigOptions = {}
): ProviderLayer =>
  Layer.unwrap(
    Environment.load(
      Effect.gen(function* () {
        const { cache, cacheKey, provider, ...read } = yield* variables
        const { provider: names, redis, vendors, ...given } = options
        const cached = given.cache ?? (yield* cacheOf(cache, cacheKey, redis))
        const chosen = vendors ?? (yield* loaded(adapters, names, provider))
        const settings = {
          ttl: given.ttl ?? read.ttl,
          timeout: given.timeout ?? read.timeout,
          retries: given.retries ?? read.retries,
          rateLimit: given.rateLimit ?? read.rateLimit,
          pool: given.pool ?? read.pool,
          cache: cached
        }
        // The adapters read the same environment.
        return Layer.provide(layer(chosen, settings), ConfigProvider.layer(yield* ConfigProvider.ConfigProvider))
      })
    )
  )

const refuse = (name: string, message: string) => new ConfigurationError({ issues: [{ name, message }] })

/** Loads the adapters that the option names, or else those that `TEMPCRED_PROVIDER` names. */
const loaded = Effect.fnUntraced(function* (
  adapters: ReadonlyArray<Adapter | LazyAdapter>,
  given: ReadonlyArray<string> | undefined,
  configured: ReadonlyArray<string> | undefined
): Effect.fn.Return<Vendors, ConfigurationError> {
  const source = given === undefined ? "TEMPCRED_PROVIDER" : "Providers.provider"
  const known = adapters.map((one) => one.id)
  const names = given ?? configured
  if (names === undefined) return yield* refuse(source, `is not set; known are ${known.join(", ")}`)
  const ids = yield* Effect.fromResult(Environment.choose(names, known)).pipe(
    Effect.mapError((problem) => refuse(source, problem))
  )
  const [first, ...others] = ids.flatMap((id) => adapters.filter((one) => one.id === id))
  if (first === undefined) return yield* refuse(source, `names no provider; known are ${known.join(", ")}`)
  const [one, ...rest] = yield* Effect.all([load(first), ...others.map(load)], { concurrency: "unbounded" })
  return [one, ...rest]
})

/** Loads an adapter and returns its layer. Fails with `ConfigurationError` if it cannot be loaded. */
const load = (adapter: Adapter | LazyAdapter): Effect.Effect<ProviderLayer, ConfigurationError> => {
  if (!("load" in adapter)) return Effect.succeed(adapter.layerConfig)
  return Effect.tryPromise({
    try: async () => (await adapter.load()).layerConfig,
    catch: (cause) => {
      const code = Predicate.hasProperty(cause, "code") ? ` (${String(cause.code)})` : ""
      return refuse("TEMPCRED_PROVIDER", `names ${adapter.id}, whose adapter cannot be loaded${code}`)
    }
  })
}

/** Converts `TEMPCRED_CACHE` and its key into the `cache` option. */
const cacheOf = (
  cache: Redacted.Redacted | undefined,
  key: Redacted.Redacted | undefined,
  redis: ConfigOptions["redis"]
): Effect.Effect<Settings.Options["cache"], ConfigurationError> => {
  const place = cache === undefined ? "memory" : Redacted.value(cache)
  if (cache === undefined || place === "off" || place === "memory") {
    return Effect.succeed(place === "off" ? "off" : "memory")
  }
  if (!Environment.isRedisUrl(place)) return refuse("TEMPCRED_CACHE", "must be memory, off, or redis://host:port")
  if (key === undefined || !Settings.isCacheKey(key)) {
    return refuse(
      "TEMPCRED_CACHE_KEY",
      `${key === undefined ? "is not set" : "must be 32 bytes in base64"}: ${Settings.makeKey}`
    )
  }
  return redis === undefined
    ? refuse("TEMPCRED_CACHE", Environment.redisMissing("Providers.layerConfig(adapters, { redis: Redis.connect })"))
    : Effect.succeed({ store: redis(cache), key })
}
