/**
 * A connection to Redis that several stores share. It reconnects in the background; callers continue without it. A request is answered within a limit or not at
 * all, and during an outage nobody waits. Each connection is replaced after the first failure, as a client cannot know that its Redis became silent or
 * read-only.
 */
import type { StoreOptions } from "@tempcred/core/CredentialSharing"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import { withCode } from "./ErrorCode.ts"
import type { RedisClient } from "./RedisClient.ts"

/** Limit of connecting, which may otherwise last forever. */
const connectLimit = Duration.seconds(10)

/** A connection that held this long was a good one: the pauses start over. */
const steady = Duration.seconds(30)

const probePause = Duration.seconds(1)

/** Milliseconds before the next attempt to connect, doubled with each failure. */
const firstPause = 500

const longestPause = 10_000

/** Options of a connection. */
export interface Options extends Pick<StoreOptions, "limit"> {
  readonly connect: Effect.Effect<RedisClient, unknown, Scope.Scope>
  /** Checks a new connection. It should write, so that a read-only Redis counts as unavailable. */
  readonly probe: (client: RedisClient) => Effect.Effect<unknown, unknown>
}

/** A connection that lives as long as its scope. */
export interface RedisConnection {
  /** Sends a request; returns `None` where Redis is down, refuses, or does not answer in time. */
  readonly ask: <A, E>(ask: (client: RedisClient) => Effect.Effect<A, E>) => Effect.Effect<Option.Option<A>>
  /** Reports each outage and its end while the scope is open; an outage that has begun is reported at once. No report waits for another listener's. */
  readonly listen: (listener: Pick<StoreOptions, "onDown" | "onUp">) => Effect.Effect<void, never, Scope.Scope>
}

/** Starts the reports of one store. */
interface Listener {
  readonly down: (reason: string) => void
  readonly up: () => void
}

/** One connection, from before it is established until its first failure. */
interface Attempt {
  readonly client: Deferred.Deferred<RedisClient, string>
  readonly failed: Deferred.Deferred<void>
}

const attempt = (): Attempt => ({ client: Deferred.makeUnsafe(), failed: Deferred.makeUnsafe() })

/** Opens a connection that lives as long as the scope; does not wait until it is established. */
export const make = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<RedisConnection, never, Scope.Scope> {
  const listeners = new Set<Listener>()
  let current = attempt()
  let outage: string | undefined

  /** Marks the outage at once, and reports it. */
  const down = (broken: Attempt, reason: string): void => {
    if (broken !== current) return
    const isNew = outage === undefined
    outage = reason
    // A connection that is still being established may yet be good.
    if (Deferred.isDoneUnsafe(broken.client)) Deferred.doneUnsafe(broken.failed, Effect.void)
    if (isNew) for (const listener of listeners) listener.down(reason)
  }
  const late = `no answer within ${Duration.format(options.limit)}`

  /** Connects, waits for the first failure, and returns the pause before the next attempt as a number of doublings. */
  const keep = Effect.fnUntraced(function* (failures: number): Effect.fn.Return<number, never, Scope.Scope> {
    const own = current
    const connected = yield* options.connect.pipe(
      Effect.tap((client) => answering(options, client)),
      Effect.timeout(connectLimit),
      // The client may also throw, as over a malformed URL.
      Effect.catchCause((cause) => Effect.fail(withCode("no connection", Cause.squash(cause)))),
      Effect.result
    )
    if (connected._tag === "Failure") {
      down(own, connected.failure)
      yield* Deferred.fail(own.client, connected.failure)
      return failures + 1
    }
    const wasDown = outage !== undefined
    outage = undefined
    yield* Deferred.succeed(own.client, connected.success)
    if (wasDown) for (const listener of listeners) listener.up()
    const since = yield* Clock.monotonicTimeNanos
    yield* Effect.raceFirst(Deferred.await(own.failed), connected.success.closed)
    const held = Duration.nanos((yield* Clock.monotonicTimeNanos) - since)
    return Duration.isGreaterThanOrEqualTo(held, steady) ? 0 : failures + 1
  })

  const keeper = (failures: number): Effect.Effect<never> =>
    Effect.scoped(keep(failures)).pipe(
      Effect.tap(() => Effect.sync(() => (current = attempt()))),
      Effect.tap((next) => pause(next, outage !== undefined)),
      Effect.flatMap(keeper)
    )
  yield* Effect.forkScoped(keeper(0))

  const ask = Effect.fnUntraced(function* <A, E>(request: (client: RedisClient) => Effect.Effect<A, E>) {
    if (outage !== undefined) return Option.none<A>()
    const asked = current
    const answer = yield* Deferred.await(asked.client).pipe(
      Effect.flatMap((client) => Effect.mapError(request(client), (error) => withCode("a request failed", error))),
      Effect.timeoutOrElse({ duration: options.limit, orElse: () => Effect.fail(late) }),
      Effect.result
    )
    if (answer._tag === "Success") return Option.some(answer.success)
    down(asked, answer.failure)
    return Option.none<A>()
  })
  const listen: RedisConnection["listen"] = Effect.fnUntraced(function* ({ onDown, onUp }) {
    const run = yield* FiberSet.makeRuntime()
    const listener: Listener = { down: (reason) => void run(onDown(reason)), up: () => void run(onUp) }
    listeners.add(listener)
    yield* Effect.addFinalizer(() => Effect.sync(() => listeners.delete(listener)))
    if (outage !== undefined) listener.down(outage)
  })
  return { ask, listen }
})

/** Waits before the next attempt; not at all where a good connection was lost while nobody used it. */
const pause = (failures: number, isDown: boolean): Effect.Effect<void> =>
  failures === 0 && !isDown
    ? Effect.void
    : Effect.flatMap(Random.next, (random) =>
        Effect.sleep(Math.min(longestPause, firstPause * 2 ** failures) * (0.5 + random / 2))
      )

/** Waits until Redis answers within the limit. */
const answering = (options: Options, client: RedisClient): Effect.Effect<void, unknown> =>
  Effect.flatMap(Effect.timed(options.probe(client)), ([took]) =>
    Duration.isLessThanOrEqualTo(took, options.limit)
      ? Effect.void
      : Effect.delay(
          Effect.suspend(() => answering(options, client)),
          probePause
        )
  )
