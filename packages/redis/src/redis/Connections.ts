/**
 * The connections of all stores of one Redis. Stores with the same limit share a connection, which closes with the last of them, and a poll of invalidations.
 * A connection per limit keeps a store with a short limit from ending the requests of one that is patient.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as RcMap from "effect/RcMap"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import type { RedisClient } from "./RedisClient.ts"
import * as RedisConnection from "./RedisConnection.ts"

/** The key of the ids that were invalidated. */
export const invalidatedKey = "tempcred:invalidated"

/** A shared connection. */
interface Connection extends RedisConnection.RedisConnection {
  /** Follows the invalidated ids while the scope is open, with one request per interval for all that follow at this interval. */
  readonly invalidated: (interval: Duration.Duration) => Effect.Effect<() => ReadonlySet<string>, never, Scope.Scope>
}

/** Opens the connection of a limit, or shares the open one. */
export type Connections = (limit: Duration.Duration) => Effect.Effect<Connection, never, Scope.Scope>

const decodeIds = Schema.decodeUnknownEffect(Schema.Array(Schema.String))

/** The script writes, so that a read-only Redis counts as unavailable. */
const probe = ({ run }: RedisClient) => run("invalidated", invalidatedKey)

const invalidated = (client: RedisClient) => Effect.flatMap(probe(client), decodeIds)

const poll = Effect.fnUntraced(function* ({ ask }: RedisConnection.RedisConnection, interval: number) {
  let known: ReadonlySet<string> = new Set()
  const once = Effect.map(ask(invalidated), (ids) => {
    if (Option.isSome(ids)) known = new Set(ids.value)
  })
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(once, Effect.sleep(interval))))
  return () => known
})

const open = Effect.fnUntraced(function* (
  connect: RedisConnection.Options["connect"],
  limit: number
): Effect.fn.Return<Connection, never, Scope.Scope> {
  const connection = yield* RedisConnection.make({ connect, probe, limit: Duration.millis(limit) })
  const polls = yield* RcMap.make({ lookup: (interval: number) => poll(connection, interval) })
  return { ...connection, invalidated: (interval) => RcMap.get(polls, Duration.toMillis(interval)) }
})

/** Makes the connections of one Redis, which are opened when they are needed. */
export const make = (connect: RedisConnection.Options["connect"]): Connections => {
  // The map is never closed: it is empty when no store is open.
  const connections = Effect.runSync(
    Scope.provide(RcMap.make({ lookup: (limit: number) => open(connect, limit) }), Scope.makeUnsafe())
  )
  return (limit) => RcMap.get(connections, Duration.toMillis(limit))
}
