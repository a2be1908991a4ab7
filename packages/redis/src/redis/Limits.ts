/**
 * The counts of a token endpoint's limits in Redis. A minute is a key with an expiry; concurrent places are members of a sorted set, by the time when they end
 * unless they are kept.
 */
import type { StoreOptions } from "@tempcred/core/CredentialSharing"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Connections } from "./Connections.ts"

const window = 60_000

/** Options of the counts. */
export interface Options extends StoreOptions {
  readonly perMinute: number
  readonly concurrent: number
  readonly lease: Duration.Duration
}

/** Counts by key; an owner is one request. `None` means that Redis was unavailable. */
export interface Counts {
  /** Takes one of the concurrent places of a key; returns false where none is free. */
  readonly enter: (key: string, owner: string) => Effect.Effect<Option.Option<boolean>>
  /** Keeps the owner's place until it is interrupted. */
  readonly stay: (key: string, owner: string) => Effect.Effect<never>
  /** Returns the owner's place in the background. */
  readonly leave: (key: string, owner: string) => Effect.Effect<void>
  /** Counts one request, or returns how long the key has to wait. */
  readonly count: (key: string) => Effect.Effect<Option.Option<Duration.Duration | undefined>>
}

/** Braces put all keys of a caller on one node of a cluster. */
const keyOf = (key: string, name: string): string => `tempcred:limits:{${key}}:${name}`

const places = (key: string): string => keyOf(key, "running")

/** Marks that an owner has left, for an entry of this owner that arrives late. */
const left = (key: string, owner: string): string => keyOf(key, `left:${owner}`)

/** Opens the counts. */
export const make = Effect.fnUntraced(function* (
  connections: Connections,
  { concurrent, perMinute, ...options }: Options
): Effect.fn.Return<Counts, never, Scope.Scope> {
  const lease = Duration.toMillis(options.lease)
  const scope = yield* Effect.scope
  // Owners that may still have a place, as Redis did not answer when they entered or left, by their keys.
  const unconfirmed = new Map<string, string>()
  const { ask, listen } = yield* connections(options.limit)
  const inBackground = (work: Effect.Effect<unknown>): Effect.Effect<void> => Effect.asVoid(Effect.forkIn(work, scope))
  const revoke = (key: string, owner: string): Effect.Effect<unknown> =>
    Effect.tap(
      ask(({ run }) => run("revoke", places(key), left(key, owner), owner, lease)),
      (answer) =>
        Effect.sync(() => void (Option.isSome(answer) ? unconfirmed.delete(owner) : unconfirmed.set(owner, key)))
    )
  yield* listen({
    onDown: options.onDown,
    onUp: Effect.andThen(
      options.onUp,
      Effect.suspend(() => Effect.forEach([...unconfirmed], ([owner, key]) => revoke(key, owner)))
    )
  })
  return {
    enter: (key, owner) =>
      Effect.suspend(() => {
        let wasSent = false
        const entering = ask(({ run }) => {
          wasSent = true
          return Effect.map(
            run("enter", places(key), left(key, owner), owner, concurrent, lease),
            (entered) => entered === 1
          )
        })
        return Effect.tap(entering, (entered) =>
          wasSent && Option.isNone(entered) ? inBackground(revoke(key, owner)) : Effect.void
        )
      }),
    stay: (key, owner) =>
      Effect.forever(
        Effect.delay(
          ask(({ run }) => run("stay", places(key), owner, lease)),
          lease / 3
        )
      ),
    leave: (key, owner) =>
      inBackground(
        Effect.flatMap(
          ask(({ run }) => run("leave", places(key), owner)),
          (answer) => (Option.isSome(answer) ? Effect.void : revoke(key, owner))
        )
      ),
    count: (key) =>
      ask(({ run }) =>
        Effect.map(run("count", keyOf(key, "minute"), perMinute, window), (wait) =>
          typeof wait === "number" && wait > 0 ? Duration.millis(wait) : undefined
        )
      )
  }
})
