/** Counts that all processes share through Redis, by its clock and under hashes of their keys. Whatever comes back as nothing could not be asked. */
import type { Options as SharingOptions } from "@tempcred/core/CredentialSharing"
import * as Link from "@tempcred/core/Link"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Option from "effect/Option"
import * as Redis from "effect/persistence/Redis"
import type * as Scope from "effect/Scope"
import * as Rate from "./Rate.ts"

const prefix = "tempcred:limits:"

/** The counts. */
export interface Shared {
  /** Takes a place among those of a key that run, for an owner, unless all are taken: then it tells false. Where no answer comes in time, the place is taken back. */
  readonly enter: (key: string, owner: string) => Effect.Effect<Option.Option<boolean>>
  /** Keeps the owner's place, again and again, until it is interrupted. */
  readonly stay: (key: string, owner: string) => Effect.Effect<never>
  /** Gives the owner's place back, and does not wait for it: while Redis is away, when it is back. */
  readonly leave: (key: string, owner: string) => Effect.Effect<void>
  /** Counts one more in the minute, or tells how long until there may be more. */
  readonly count: (key: string) => Effect.Effect<Option.Option<Duration.Duration | undefined>>
}

/** Names a subject in Redis by its hash, which whoever can guess the subject can find; the braces put what belongs to it on one node of a cluster. */
export const keyOf = (subject: string): Effect.Effect<string> =>
  Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(`tempcred limits ${subject}`))),
    (hash) => `{${Base64Url.encode(new Uint8Array(hash))}}`
  )

const running = (key: string): string => `${prefix}${key}:running`

/** Says that an owner has left, to an entry of its own that comes late. */
const left = (key: string, owner: string): string => `${prefix}${key}:left:${owner}`

/** Places are members of a sorted set, by the time when they end unless they are kept. */
const scripts = {
  enter: Redis.script(
    (key: string, owner: string, places: number, lease: number) => [
      running(key),
      left(key, owner),
      owner,
      places,
      lease
    ],
    {
      numberOfKeys: 2,
      lua: `local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call("EXISTS", KEYS[2]) == 1 then return 0 end
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
  takeBack: Redis.script(
    (key: string, owner: string, lease: number) => [running(key), left(key, owner), owner, lease],
    {
      numberOfKeys: 2,
      lua: `redis.call("ZREM", KEYS[1], ARGV[1])
redis.call("SET", KEYS[2], "", "PX", ARGV[2])`
    }
  ),
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

/** Opens the counts, which are there from the beginning and answer once Redis does. */
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
  // Owners that may still have a place, as Redis did not answer when they came or went, by their keys.
  const lost = new Map<string, string>()
  const ask: Link.Link<Redis.Redis["Service"]> = yield* Link.make({
    tag: Redis.Redis,
    layer: options.redis,
    limit,
    // A Redis that answers and cannot be written, such as a replica, is as good as away.
    probe: (redis) => redis.eval(scripts.enter)("{probe}", "probe", 1, 1),
    onDown: (reason) => Effect.logWarning(`Limits: Redis is away (${reason}); each process counts for itself`),
    onUp: Effect.andThen(
      Effect.logInfo("Limits: Redis is back"),
      Effect.suspend(() => behind(Effect.forEach([...lost], ([owner, key]) => takeBack(key, owner))))
    )
  })
  const behind = (work: Effect.Effect<unknown>): Effect.Effect<void> => Effect.asVoid(Effect.forkIn(work, scope))
  const takeBack = (key: string, owner: string): Effect.Effect<unknown> =>
    Effect.tap(
      ask((redis) => redis.eval(scripts.takeBack)(key, owner, lease)),
      (answer) => Effect.sync(() => void (Option.isSome(answer) ? lost.delete(owner) : lost.set(owner, key)))
    )
  return {
    enter: (key, owner) =>
      Effect.suspend(() => {
        let wasSent = false
        const entering = ask((redis) => {
          wasSent = true
          return Effect.map(redis.eval(scripts.enter)(key, owner, concurrent, lease), (entered) => entered === 1)
        })
        return Effect.tap(entering, (entered) =>
          wasSent && Option.isNone(entered) ? behind(takeBack(key, owner)) : Effect.void
        )
      }),
    stay: (key, owner) =>
      Effect.forever(
        Effect.delay(
          ask((redis) => redis.eval(scripts.stay)(key, owner, lease)),
          lease / 3
        )
      ),
    leave: (key, owner) =>
      behind(
        Effect.flatMap(
          ask((redis) => redis.eval(scripts.leave)(key, owner)),
          (answer) => (Option.isSome(answer) ? Effect.void : takeBack(key, owner))
        )
      ),
    count: (key) =>
      ask((redis) =>
        Effect.map(redis.eval(scripts.count)(key, perMinute, window), (wait) =>
          typeof wait === "number" && wait > 0 ? Duration.millis(wait) : undefined
        )
      )
  }
})
