/**
 * Counts that all processes share through Redis, by its clock and under hashes of their keys. Whatever comes back as nothing could not be asked.
 *
 * @since 0.1.0
 */
import type { Options as SharingOptions } from "@tempcred/core/CredentialSharing"
import * as Link from "@tempcred/core/Link"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Base64Url from "effect/encoding/Base64Url"
import type * as Option from "effect/Option"
import * as Redis from "effect/persistence/Redis"
import type * as Scope from "effect/Scope"
import * as Rate from "./Rate.ts"

const prefix = "tempcred:limits:"

/**
 * The counts.
 *
 * @category models
 * @since 0.1.0
 */
export interface Shared {
  /** Takes a place among those of a key that run, for an owner, unless all are taken: then it tells false. */
  readonly enter: (key: string, owner: string) => Effect.Effect<Option.Option<boolean>>
  /** Keeps the owner's place, again and again, until it is interrupted. */
  readonly stay: (key: string, owner: string) => Effect.Effect<never>
  /** Gives the owner's place back, and does not wait for it. */
  readonly leave: (key: string, owner: string) => Effect.Effect<void>
  /** Counts one more in the minute, or tells how long until there may be more. */
  readonly count: (key: string) => Effect.Effect<Option.Option<Duration.Duration | undefined>>
}

/**
 * Names a subject in Redis by its hash, which whoever can guess the subject can find; the braces put what belongs to it on one node of a cluster.
 *
 * @category combinators
 * @since 0.1.0
 */
export const keyOf = (subject: string): Effect.Effect<string> =>
  Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(`tempcred limits ${subject}`))),
    (hash) => `{${Base64Url.encode(new Uint8Array(hash))}}`
  )

const running = (key: string): string => `${prefix}${key}:running`

/** Places are members of a sorted set, by the time when they end unless they are kept. */
const scripts = {
  enter: Redis.script(
    (key: string, owner: string, places: number, lease: number) => [running(key), owner, places, lease],
    {
      numberOfKeys: 1,
      lua: `local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", now)
if redis.call("ZCARD", KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call("ZADD", KEYS[1], now + ARGV[3], ARGV[1])
redis.call("PEXPIRE", KEYS[1], ARGV[3])
return 1`
    }
  ).withReturnType<unknown>(),
  // A place that was given back meanwhile does not come back.
  stay: Redis.script((key: string, owner: string, lease: number) => [running(key), owner, lease], {
    numberOfKeys: 1,
    lua: `local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call("ZADD", KEYS[1], "XX", now + ARGV[2], ARGV[1])
redis.call("PEXPIRE", KEYS[1], ARGV[2])`
  }),
  leave: Redis.script((key: string, owner: string) => [running(key), owner], {
    numberOfKeys: 1,
    lua: `redis.call("ZREM", KEYS[1], ARGV[1])`
  }),
  // How long until the window ends, in milliseconds, or 0 where one more was counted.
  count: Redis.script(
    (key: string, perMinute: number, window: number) => [`${prefix}${key}:minute`, perMinute, window],
    {
      numberOfKeys: 1,
      lua: `local count = tonumber(redis.call("GET", KEYS[1]) or "0")
local left = redis.call("PTTL", KEYS[1])
if count == 0 or left < 0 then
  redis.call("SET", KEYS[1], 1, "PX", ARGV[2])
  return 0
end
if count >= tonumber(ARGV[1]) then return math.max(1, left) end
redis.call("INCR", KEYS[1])
return 0`
    }
  ).withReturnType<unknown>()
} as const

/**
 * Opens the counts, which are there from the beginning and answer once Redis does.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (options: {
  readonly redis: SharingOptions["redis"]
  readonly perMinute: number
  readonly concurrent: number
  readonly limit: Duration.Duration
  readonly lease: Duration.Duration
}): Effect.fn.Return<Shared, never, Scope.Scope> {
  const { concurrent, limit, perMinute } = options
  const lease = Duration.toMillis(options.lease)
  const scope = yield* Effect.scope
  const window = Duration.toMillis(Rate.window)
  const ask = yield* Link.make({
    tag: Redis.Redis,
    layer: options.redis,
    limit,
    probe: (redis) => redis.send("PING"),
    onDown: (reason) => Effect.logWarning(`Limits: Redis is away (${reason}); each process counts for itself`),
    onUp: Effect.logInfo("Limits: Redis is back")
  })
  return {
    enter: (key, owner) =>
      ask((redis) => Effect.map(redis.eval(scripts.enter)(key, owner, concurrent, lease), (entered) => entered === 1)),
    stay: (key, owner) =>
      Effect.forever(
        Effect.delay(
          ask((redis) => redis.eval(scripts.stay)(key, owner, lease)),
          lease / 3
        )
      ),
    leave: (key, owner) =>
      Effect.asVoid(
        Effect.forkIn(
          ask((redis) => redis.eval(scripts.leave)(key, owner)),
          scope
        )
      ),
    count: (key) =>
      ask((redis) =>
        Effect.map(redis.eval(scripts.count)(key, perMinute, window), (left) =>
          typeof left === "number" && left > 0 ? Duration.millis(left) : undefined
        )
      )
  }
})
