/** The Redis client: one socket that runs scripts. It never reconnects by itself, as `RedisConnection` replaces it. */
import { type CommandParser, createClient, defineScript } from "@redis/client"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { type Name, scripts } from "./Scripts.ts"

/** The socket is closed when Redis is silent for this long, although it is sent a ping every two seconds. In milliseconds. */
const socketTimeout = 5000

const pingInterval = 2000

/** Time for answers to what was sent, before the socket is closed. */
const closeLimit = "250 millis"

/** A connected client that runs scripts by their names. */
export interface RedisClient {
  /** Runs a script with its keys and arguments. */
  readonly run: (name: Name, ...params: ReadonlyArray<string | number>) => Effect.Effect<unknown, unknown>
  /** Completes when the connection is lost. */
  readonly closed: Effect.Effect<void>
}

/** Connects to Redis 6.2 or later; the client closes with the scope. Fails where Redis cannot be reached or refuses the connection. */
export const connect = Effect.fnUntraced(function* (
  url: Redacted.Redacted
): Effect.fn.Return<RedisClient, unknown, Scope.Scope> {
  const closed = Deferred.makeUnsafe<void>()
  const lost = () => void Deferred.doneUnsafe(closed, Effect.void)
  const client = yield* Effect.acquireRelease(
    Effect.try(() =>
      createClient({
        url: Redacted.value(url),
        scripts: Record.map(scripts, ({ keys, lua }) =>
          defineScript({
            SCRIPT: lua,
            NUMBER_OF_KEYS: keys,
            parseCommand: (parser: CommandParser, params: ReadonlyArray<string>) => {
              parser.pushKeys(params.slice(0, keys))
              parser.push(...params.slice(keys))
            },
            transformReply: (reply: unknown): unknown => reply
          })
        ),
        pingInterval,
        disableOfflineQueue: true,
        socket: { socketTimeout, reconnectStrategy: false }
      })
        // Without a listener, the client throws its errors.
        .on("error", lost)
        .on("end", lost)
    ),
    (opened) =>
      Effect.tryPromise(() => opened.close()).pipe(
        Effect.timeoutOption(closeLimit),
        Effect.andThen(Effect.try(() => opened.destroy())),
        Effect.ignore
      )
  )
  yield* Effect.tryPromise(() => client.connect())
  return {
    run: (name, ...params) => Effect.tryPromise(() => client[name](params.map(String))),
    closed: Deferred.await(closed)
  }
})
