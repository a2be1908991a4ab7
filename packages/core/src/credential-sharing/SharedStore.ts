/**
 * What machines share through Redis: for each scope one sealed text, a lease on making the next, and a counter that tells an overtaken holder of the lease
 * from the newest; for all of them the ids of texts that were withdrawn. Redis keeps time: every end is by its clock and crosses as a length.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import * as Redis from "effect/persistence/Redis"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Link from "../Link.ts"

/**
 * A way to reach Redis, such as the layer of `@effect/platform-node/NodeRedis`.
 *
 * @category models
 * @since 0.1.0
 */
export type RedisLayer = Layer.Layer<Redis.Redis, unknown>

/**
 * A text, with the milliseconds that it has left.
 *
 * @category models
 * @since 0.1.0
 */
export interface Kept {
  readonly text: string
  readonly remaining: number
}

/**
 * What a visitor of a scope meets: a text that it has not seen, with the milliseconds that it has left; the lease, with its fence and the time by Redis; or
 * somebody else's lease.
 *
 * @category models
 * @since 0.1.0
 */
export type Visit =
  | ({ readonly _tag: "Found" } & Kept)
  | { readonly _tag: "Granted"; readonly fence: number; readonly now: number }
  | { readonly _tag: "Held" }

/**
 * The store; whatever comes back as nothing could not be asked.
 *
 * @category models
 * @since 0.1.0
 */
export interface SharedStore {
  /** Finds what is there, unless it is the text whose id was seen before; else takes the lease for an owner. */
  readonly visit: (name: string, seen: string, owner: string) => Effect.Effect<Option.Option<Visit>>
  /** Reads the text of a scope, if there is one, and takes no lease. */
  readonly read: (name: string) => Effect.Effect<Option.Option<Kept | undefined>>
  /** Keeps the owner's lease from ending. */
  readonly renew: (name: string, owner: string) => Effect.Effect<unknown>
  /** Gives the owner's lease back, and does not wait for it. */
  readonly release: (name: string, owner: string) => Effect.Effect<void>
  /** Keeps a text until a time by Redis and gives the lease back, unless a newer fence was given out: then it tells false. */
  readonly keep: (
    name: string,
    owner: string,
    kept: { readonly fence: number; readonly text: string; readonly until: number }
  ) => Effect.Effect<Option.Option<boolean>>
  /** Drops the text of this id and tells all machines, for so many milliseconds. */
  readonly withdraw: (name: string, id: string, milliseconds: number) => Effect.Effect<Option.Option<unknown>>
  /** The ids of what was withdrawn. */
  readonly withdrawn: Effect.Effect<Option.Option<ReadonlyArray<string>>>
}

const now = `local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

/** The braces put what belongs to one scope on one node of a cluster. */
const keysOf = (name: string) => [`tempcred:{${name}}`, `tempcred:{${name}}:lease`, `tempcred:{${name}}:fence`]

const withdrawnKey = "tempcred:withdrawn"

/**
 * The scripts, each one step that nothing comes between.
 *
 * @category constants
 * @since 0.1.0
 */
export const scripts = {
  // The counter outlives every holder of a lease by far.
  visit: Redis.script(
    (name: string, seen: string, owner: string, lease: number) => [...keysOf(name), seen, owner, lease],
    {
      numberOfKeys: 3,
      lua: `${now}local text = redis.call("GET", KEYS[1])
if text and string.sub(text, 1, 16) ~= ARGV[1] then return {"Found", text, redis.call("PTTL", KEYS[1])} end
if not redis.call("SET", KEYS[2], ARGV[2], "NX", "PX", ARGV[3]) then return {"Held"} end
local fence = redis.call("INCR", KEYS[3])
redis.call("PEXPIRE", KEYS[3], 3600000)
return {"Granted", fence, now}`
    }
  ).withReturnType<unknown>(),
  read: Redis.script((name: string) => [keysOf(name)[0]], {
    numberOfKeys: 1,
    lua: `return {redis.call("GET", KEYS[1]) or "", redis.call("PTTL", KEYS[1])}`
  }).withReturnType<unknown>(),
  renew: Redis.script((name: string, owner: string, lease: number) => [keysOf(name)[1], owner, lease], {
    numberOfKeys: 1,
    lua: `if redis.call("GET", KEYS[1]) == ARGV[1] then redis.call("PEXPIRE", KEYS[1], ARGV[2]) end`
  }),
  release: Redis.script((name: string, owner: string) => [keysOf(name)[1], owner], {
    numberOfKeys: 1,
    lua: `if redis.call("GET", KEYS[1]) == ARGV[1] then redis.call("DEL", KEYS[1]) end`
  }),
  keep: Redis.script(
    (name: string, owner: string, fence: number, text: string, until: number) => [
      ...keysOf(name),
      owner,
      fence,
      text,
      until
    ],
    {
      numberOfKeys: 3,
      lua: `if redis.call("GET", KEYS[2]) == ARGV[1] then redis.call("DEL", KEYS[2]) end
if redis.call("GET", KEYS[3]) ~= ARGV[2] then return 0 end
redis.call("SET", KEYS[1], ARGV[3], "PXAT", ARGV[4])
return 1`
    }
  ).withReturnType<unknown>(),
  drop: Redis.script((name: string, id: string) => [keysOf(name)[0], id], {
    numberOfKeys: 1,
    lua: `local text = redis.call("GET", KEYS[1])
if text and string.sub(text, 1, 16) == ARGV[1] then redis.call("DEL", KEYS[1]) end`
  }),
  announce: Redis.script((id: string, milliseconds: number) => [withdrawnKey, id, milliseconds], {
    numberOfKeys: 1,
    lua: `${now}redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", now)
redis.call("ZADD", KEYS[1], "GT", now + ARGV[2], ARGV[1])
redis.call("PEXPIREAT", KEYS[1], redis.call("ZRANGE", KEYS[1], -1, -1, "WITHSCORES")[2])`
  }),
  // It writes, so that a Redis that answers and cannot be written does not count as one that is back.
  withdrawn: Redis.script(() => [withdrawnKey], {
    numberOfKeys: 1,
    lua: `${now}redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", now)
return redis.call("ZRANGEBYSCORE", KEYS[1], "(" .. now, "+inf")`
  }).withReturnType<unknown>()
} as const

const decodeVisit = Schema.decodeUnknownEffect(
  Schema.Union([
    Schema.Tuple([Schema.Literal("Found"), Schema.String, Schema.Finite]),
    Schema.Tuple([Schema.Literal("Granted"), Schema.Finite, Schema.Finite]),
    Schema.Tuple([Schema.Literal("Held")])
  ])
)

const decodeKept = Schema.decodeUnknownEffect(Schema.Tuple([Schema.String, Schema.Finite]))

const decodeIds = Schema.decodeUnknownEffect(Schema.Array(Schema.String))

const visitOf = (reply: Effect.Success<ReturnType<typeof decodeVisit>>): Visit => {
  switch (reply[0]) {
    case "Found":
      return { _tag: "Found", text: reply[1], remaining: reply[2] }
    case "Granted":
      return { _tag: "Granted", fence: reply[1], now: reply[2] }
    case "Held":
      return { _tag: "Held" }
  }
}

/**
 * Opens the store, which is there from the beginning and answers once Redis does.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (options: {
  readonly redis: RedisLayer
  readonly limit: Duration.Duration
  readonly lease: Duration.Duration
  readonly onDown: (reason: string) => Effect.Effect<void>
  readonly onUp: Effect.Effect<void>
}): Effect.fn.Return<SharedStore, never, Scope.Scope> {
  const { redis: layer, limit, onDown, onUp } = options
  const lease = Duration.toMillis(options.lease)
  const scope = yield* Effect.scope
  const readWithdrawn = (redis: Redis.Redis["Service"]) => Effect.flatMap(redis.eval(scripts.withdrawn)(), decodeIds)
  const ask = yield* Link.make({ tag: Redis.Redis, layer, limit, onDown, onUp, probe: readWithdrawn })
  return {
    visit: (name, seen, owner) =>
      ask((redis) =>
        redis.eval(scripts.visit)(name, seen, owner, lease).pipe(Effect.flatMap(decodeVisit), Effect.map(visitOf))
      ),
    read: (name) =>
      ask((redis) =>
        redis
          .eval(scripts.read)(name)
          .pipe(
            Effect.flatMap(decodeKept),
            Effect.map(([text, remaining]) => (text === "" ? undefined : { text, remaining }))
          )
      ),
    renew: (name, owner) => ask((redis) => redis.eval(scripts.renew)(name, owner, lease)),
    release: (name, owner) =>
      Effect.asVoid(
        Effect.forkIn(
          ask((redis) => redis.eval(scripts.release)(name, owner)),
          scope
        )
      ),
    keep: (name, owner, { fence, text, until }) =>
      ask((redis) =>
        Effect.map(redis.eval(scripts.keep)(name, owner, fence, text, Math.floor(until)), (kept) => kept === 1)
      ),
    withdraw: (name, id, milliseconds) =>
      ask((redis) =>
        Effect.all([redis.eval(scripts.drop)(name, id), redis.eval(scripts.announce)(id, Math.ceil(milliseconds))])
      ),
    withdrawn: ask(readWithdrawn)
  }
})
