/**
 * Which shared credentials were withdrawn, here or on another machine. Each machine asks the store at a fixed pace for as long as something that it gave out
 * is alive, and tells it again what it could not tell during an outage.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { monotonicMillis } from "../Deadline.ts"
import type { SharedStore } from "./SharedStore.ts"
import type { TempCredential } from "../TempCredential.ts"

/** Where a credential is in the store. */
interface Place {
  readonly name: string
  readonly id: string
}

/** What was withdrawn on this machine, kept until it would have ended: the store may forget, or not have been told yet. */
interface Withdrawn {
  readonly name: string
  readonly until: number
  readonly isTold: boolean
}

/**
 * What was given out, and what of it was withdrawn.
 *
 * @category models
 * @since 0.1.0
 */
export interface Withdrawals {
  /** Notes that a credential of the store is given out. */
  readonly note: (credential: TempCredential, place: Place) => Effect.Effect<void>
  /** Withdraws a credential that was given out; any other is left alone. */
  readonly withdraw: (credential: TempCredential) => Effect.Effect<void>
  /** Whether a credential that was given out has been withdrawn. */
  readonly has: (credential: TempCredential) => boolean
  /** Whether a text of the store has been withdrawn. */
  readonly hasId: (id: string) => boolean
}

/**
 * Makes an empty record and keeps it up to date while the scope is open.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (
  store: SharedStore,
  pace: Duration.Duration
): Effect.fn.Return<Withdrawals, never, Scope.Scope> {
  const places = new WeakMap<TempCredential, Place>()
  const own = new Map<string, Withdrawn>()
  const alive = yield* Latch.make()
  let aliveUntil = 0
  let heard: ReadonlySet<string> = new Set()

  const tell = Effect.fnUntraced(function* (id: string, { isTold, name, until }: Withdrawn) {
    const left = until - (yield* Clock.currentTimeMillis)
    if (left <= 0) own.delete(id)
    else if (!isTold && Option.isSome(yield* store.withdraw(name, id, left))) own.set(id, { isTold: true, name, until })
  })

  const watch = Effect.gen(function* () {
    yield* alive.await
    yield* Effect.sleep(pace)
    yield* Effect.forEach([...own], ([id, withdrawn]) => tell(id, withdrawn), { discard: true })
    const ids = yield* store.withdrawn
    if (Option.isSome(ids)) heard = new Set(ids.value)
    if ((yield* monotonicMillis) > aliveUntil) yield* alive.close
  })
  yield* Effect.forkScoped(Effect.forever(watch))

  const hasId = (id: string) => heard.has(id) || own.has(id)
  return {
    note: Effect.fnUntraced(function* (credential, place) {
      places.set(credential, place)
      aliveUntil = Math.max(aliveUntil, (yield* monotonicMillis) + (yield* lifeLeft(credential)))
      yield* alive.open
    }),
    withdraw: Effect.fnUntraced(function* (credential) {
      const place = places.get(credential)
      if (place === undefined || hasId(place.id)) return
      const withdrawn = { name: place.name, until: DateTime.toEpochMillis(credential.expiresAt), isTold: false }
      own.set(place.id, withdrawn)
      yield* tell(place.id, withdrawn)
    }),
    has: (credential) => {
      if (heard.size === 0 && own.size === 0) return false
      const place = places.get(credential)
      return place !== undefined && hasId(place.id)
    },
    hasId
  }
})

const lifeLeft = (credential: TempCredential) =>
  Effect.map(Clock.currentTimeMillis, (now) => DateTime.toEpochMillis(credential.expiresAt) - now)
