/**
 * Chooses the provider by configuration: `TEMPCRED_PROVIDER` names one or more of the app's
 * adapters.
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
import * as Result from "effect/Result"
import type { Adapter, ProviderLayer } from "./Adapter.ts"
import type { Capabilities } from "./Capabilities.ts"
import { ConfigurationError } from "./ConfigurationError.ts"
import * as CredentialCache from "./CredentialCache.ts"
import * as CredentialSharing from "./CredentialSharing.ts"
import * as Environment from "./Environment.ts"
import * as Failover from "./Failover.ts"
import { DecodedRequest, type MintRequest } from "./MintRequest.ts"
import * as RateGate from "./RateGate.ts"
import * as RetryPolicy from "./RetryPolicy.ts"
import { TempCredentialProvider } from "./TempCredentialProvider.ts"
import * as WarmPool from "./WarmPool.ts"

/**
 * Options that environment variables cannot provide.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Connects to the Redis that `TEMPCRED_CACHE` names: `Redis.connect` of `@tempcred/redis`. */
  readonly redis?: ((url: Redacted.Redacted) => CredentialSharing.SharedStore) | undefined
}

const settings = Environment.collect((read) =>
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

type Settings = Effect.Success<typeof settings>

/**
 * Builds a provider from environment variables: the adapters of `TEMPCRED_PROVIDER` (several are a
 * failover order) with retries and a rate limiter, sharing through Redis, and a cache.
 *
 * - `TEMPCRED_TTL`: the ttl of requests without one.
 * - `TEMPCRED_TIMEOUT`: the time limit of a mint, including retries.
 * - `TEMPCRED_RETRIES`: the number of retries.
 * - `TEMPCRED_RATE_LIMIT`: calls per minute to one vendor account, of all machines that share a Redis.
 * - `TEMPCRED_POOL`: how many single-use credentials are minted ahead per scope, at most; none by default.
 * - `TEMPCRED_CACHE`: `memory` (default), `off`, or the URL of a Redis.
 * - `TEMPCRED_CACHE_KEY`: the encryption key of credentials in Redis, 32 bytes in base64.
 *
 * `TEMPCRED_CACHE_FILE` and `TEMPCRED_CACHE_KEY_FILE` name files with these values. Only the chosen
 * adapters' variables are read. A misspelt `TEMPCRED_*` variable fails the layer.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (adapters: ReadonlyArray<Adapter>, options: Options = {}): ProviderLayer =>
  Layer.unwrap(
    Environment.load(
      Effect.gen(function* () {
        const read = yield* settings
        const { rateLimit, retries, timeout } = read
        const [first, ...others] = yield* chosen(adapters, read.provider)
        const vendors = others.length === 0 ? first : Failover.layer([first, ...others])
        const shared = yield* sharedStore(read, options)
        const sharing =
          shared === undefined ? nothing : CredentialSharing.layer({ store: shared.store, keys: [shared.key] })
        // The cache has a time limit too, which must not be shorter.
        const bound = Duration.max(Duration.seconds(30), Duration.sum(timeout ?? Duration.zero, Duration.seconds(1)))
        const cached = isOff(read) ? sharing : Layer.provide(CredentialCache.layer({ timeout: bound }), sharing)
        const policy = RetryPolicy.layer({
          ...(retries === undefined ? {} : { attempts: retries + 1 }),
          ...(timeout === undefined ? {} : { deadline: timeout })
        })
        const gate =
          rateLimit === undefined ? Layer.empty : RateGate.layer({ perMinute: rateLimit, store: shared?.store })
        const environment = ConfigProvider.layer(yield* ConfigProvider.ConfigProvider)
        const pooled = read.pool === undefined ? cached : Layer.provide(WarmPool.layer({ max: read.pool }), cached)
        return withTtl(read.ttl).pipe(
          Layer.provide(pooled),
          Layer.provide(vendors),
          // The adapters read the same environment.
          Layer.provide([policy, gate, environment]),
          // The adapters' layers are constants. Without `fresh`, two stacks in one program would share the
          // first one's vendor and key.
          Layer.fresh
        )
      })
    )
  )

type Wrapper = Layer.Layer<TempCredentialProvider, ConfigurationError, TempCredentialProvider>

const refuse = (name: string, message: string) => new ConfigurationError({ issues: [{ name, message }] })

/** Selects adapters by name and returns their layers in that order. */
const chosen = (
  adapters: ReadonlyArray<Adapter>,
  names: ReadonlyArray<string> | undefined
): Effect.Effect<readonly [ProviderLayer, ...ReadonlyArray<ProviderLayer>], ConfigurationError> => {
  const known = adapters.map((one) => one.id)
  if (names === undefined) return refuse("TEMPCRED_PROVIDER", `is not set; known are ${known.join(", ")}`)
  return Result.match(Environment.choose(names, known), {
    onFailure: (problem) => refuse("TEMPCRED_PROVIDER", problem),
    onSuccess: (ids) => {
      const [first, ...others] = ids.flatMap((id) => adapters.filter((one) => one.id === id))
      return first === undefined
        ? refuse("TEMPCRED_PROVIDER", `names no provider; known are ${known.join(", ")}`)
        : Effect.succeed([first.layerConfig, ...others.map((one) => one.layerConfig)] as const)
    }
  })
}

const isOff = ({ cache }: Settings): boolean => cache !== undefined && Redacted.value(cache) === "off"

/** The wrappers of a shared store. */
interface Shared {
  readonly store: CredentialSharing.SharedStore
  readonly key: Redacted.Redacted
}

/** Makes the wrappers of the shared store that `TEMPCRED_CACHE` names. */
const sharedStore = (
  { cache, cacheKey }: Settings,
  { redis }: Options
): Effect.Effect<Shared | undefined, ConfigurationError> => {
  const place = cache === undefined ? "memory" : Redacted.value(cache)
  if (cache === undefined || place === "off" || place === "memory") return Effect.succeed(undefined)
  if (!Environment.isRedisUrl(place)) return refuse("TEMPCRED_CACHE", "must be memory, off, or redis://host:port")
  if (cacheKey === undefined || !/^[\w+/]{43}=$/.test(Redacted.value(cacheKey))) {
    const problem = cacheKey === undefined ? "is not set" : "must be 32 bytes in base64"
    return refuse("TEMPCRED_CACHE_KEY", `${problem}: make one with openssl rand -base64 32`)
  }
  return redis === undefined
    ? refuse("TEMPCRED_CACHE", Environment.redisMissing("Providers.layerConfig(adapters, { redis: Redis.connect })"))
    : Effect.succeed({ store: redis(cache), key: cacheKey })
}

const nothing: Wrapper = Layer.effect(
  TempCredentialProvider,
  TempCredentialProvider.useSync((provider) => provider)
)

/** Sets the ttl of requests without one, and the default in the capabilities. */
const withTtl = (
  ttl: Duration.Duration | undefined
): Layer.Layer<TempCredentialProvider, never, TempCredentialProvider> =>
  Layer.effect(
    TempCredentialProvider,
    TempCredentialProvider.useSync((provider) => {
      if (ttl === undefined) return provider
      const { cached, invalidateFingerprint, joined, mint } = provider
      const filled = (request: MintRequest): MintRequest => {
        if (request instanceof DecodedRequest) return request.withTtl(ttl)
        return Predicate.isObject(request) ? { ...request, ttl: request.ttl ?? ttl } : request
      }
      return {
        ...provider,
        capabilities: withDefault(provider.capabilities, Duration.toSeconds(ttl)),
        mint: (request, options) => mint(filled(request), options),
        ...(invalidateFingerprint === undefined
          ? {}
          : { invalidateFingerprint: (request, refused) => invalidateFingerprint(filled(request), refused) }),
        ...(cached === undefined ? {} : { cached: (request) => cached(filled(request)) }),
        ...(joined === undefined ? {} : { joined: (request, landed) => joined(filled(request), landed) })
      }
    })
  )

const withDefault = (capabilities: Capabilities, ttl: number): Capabilities =>
  Object.fromEntries(
    Object.entries(capabilities).map(([purpose, capability]) => [
      purpose,
      { ...capability, ttlSeconds: { ...capability.ttlSeconds, default: ttl } }
    ])
  )
