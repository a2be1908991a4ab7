/** The options of a stack of providers, and their checks. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { ConfigurationError, type Issue } from "../ConfigurationError.ts"
import type { Length } from "../MintRequest.ts"
import type { SharedStore } from "../SharedStore.ts"
import type * as WarmPool from "../WarmPool.ts"

/**
 * A cache that several machines share.
 */
export interface SharedCache {
  /** The store, such as `Redis.connect(url)` of `@tempcred/redis`. */
  readonly store: SharedStore
  /** The encryption key of stored credentials: 32 bytes in base64. */
  readonly key: Redacted.Redacted
}

/**
 * Options of a stack of providers.
 */
export interface Options {
  /** The ttl of requests without one, in whole seconds. @default the vendor's, see `Capabilities` */
  readonly ttl?: Length | undefined
  /** The time limit of a mint, including retries. @default the deadline of the provided `RetryPolicy`, 10 seconds */
  readonly timeout?: Length | undefined
  /** The number of retries, 0 to 10. @default the number in the provided `RetryPolicy`, 2 */
  readonly retries?: number | undefined
  /** Calls per minute to one vendor account, from all machines that share a cache. @default no limit */
  readonly rateLimit?: number | undefined
  /**
   * The maximum number of single-use credentials minted ahead per scope, 1 to 100, or all options of
   * the pool.
   *
   * @default no pool
   */
  readonly pool?: number | WarmPool.Options | undefined
  /** The cache of credentials: in memory, shared between machines, or none. @default "memory" */
  readonly cache?: "memory" | "off" | SharedCache | undefined
}

/** The checked options. */
export interface Settings {
  readonly ttl: Duration.Duration | undefined
  readonly timeout: Duration.Duration | undefined
  readonly retries: number | undefined
  readonly rateLimit: number | undefined
  readonly pool: WarmPool.Options | undefined
  readonly isCached: boolean
  readonly shared: SharedCache | undefined
}

/** The advice in errors about the encryption key of a shared cache. */
export const makeKey = "make one with openssl rand -base64 32"

/** Tells whether a secret can be the encryption key of a shared cache. */
export const isCacheKey = (key: Redacted.Redacted): boolean => /^[\w+/]{43}=$/.test(Redacted.value(key))

const isWhole = (value: unknown, min: number, max = Number.MAX_SAFE_INTEGER): boolean =>
  Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max

const isShared = (cache: unknown): cache is SharedCache =>
  Predicate.isObject(cache) &&
  Predicate.hasProperty(cache, "store") &&
  Predicate.hasProperty(cache, "key") &&
  Redacted.isRedacted(cache.key)

/** Checks the options. Fails with all problems at once. */
export const check = (options: Options): Effect.Effect<Settings, ConfigurationError> => {
  const { cache = "memory", pool, rateLimit, retries } = options
  const issues: Array<Issue> = []
  const need = (isSound: boolean, name: keyof Options, rule: string) => {
    if (!isSound) issues.push({ name: `Providers.${name}`, message: rule })
  }
  const length = (name: "ttl" | "timeout", isSound: (length: Duration.Duration) => boolean, rule: string) => {
    const given = options[name]
    if (given === undefined) return undefined
    const read = Option.getOrUndefined(Duration.fromInput(given))
    // A bare number is refused, because it has no unit.
    need(!Predicate.isNumber(given) && read !== undefined && isSound(read), name, rule)
    return read
  }
  const ttl = length(
    "ttl",
    (given) => isWhole(Duration.toSeconds(given), 1),
    'must be whole seconds with their unit, such as "60 seconds"'
  )
  const timeout = length(
    "timeout",
    (given) => Duration.isFinite(given) && Duration.toMillis(given) >= 1,
    'must be a duration with its unit, such as "20 seconds"'
  )
  need(retries === undefined || isWhole(retries, 0, 10), "retries", "must be a whole number, 0 to 10")
  need(rateLimit === undefined || isWhole(rateLimit, 1), "rateLimit", "must be a whole number, 1 or more")
  const isPool = pool === undefined || Predicate.isObject(pool) || isWhole(pool, 1, 100)
  need(isPool, "pool", "must be a whole number, 1 to 100, or the options of WarmPool")
  const shared = isShared(cache) ? cache : undefined
  const isCache = shared !== undefined || cache === "memory" || cache === "off"
  need(isCache, "cache", 'must be "memory", "off" or { store, key }, where the key is Redacted')
  if (shared !== undefined && !isCacheKey(shared.key)) {
    issues.push({ name: "Providers.cache.key", message: `must be 32 bytes in base64: ${makeKey}` })
  }
  if (issues.length > 0) return Effect.fail(new ConfigurationError({ issues }))
  return Effect.succeed({
    ttl,
    timeout,
    retries,
    rateLimit,
    pool: Predicate.isNumber(pool) ? { max: pool } : pool,
    isCached: cache !== "off",
    shared
  })
}
