/**
 * Which shared credentials were withdrawn, here or on another machine. Each machine asks the store at a fixed pace for as long as something that it gave out
 * is alive, and tells it again what it could not tell during an outage.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as MutableHashMap from "effect/MutableHashMap"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { inBackground } from "../Background.ts"
import { endOf, lifeLeft } from "../CredentialEnd.ts"
import { monotonicMillis } from "../Deadline.ts"
import { fingerprint } from "../Fingerprint.ts"
import { moment } from "../ClockReading.ts"
import type { SharedStore } from "./SharedStore.ts"
import type { TempCredential } from "../TempCredential.ts"

/** Where a credential is in the store. */
interface Place {
  readonly name: string
  readonly id: string
}

/** A place, with the end of the credential by the monotonic clock. */
interface Given extends Place {
  readonly until: number
}

/** What was withdrawn on this machine, kept until it would have ended by the monotonic clock: the store may forget, or not have been told yet. */
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
  /** Withdraws a credential that was given out, or a copy of it; any other is left alone. */
  readonly withdraw: (credential: TempCredential) => Effect.Effect<void>
  /** Withdraws what was given out for a scope and has this fingerprint; tells whether there was such a credential. */
  readonly withdrawFingerprint: (name: string, refused: string) => Effect.Effect<boolean>
  /** Whether a credential that was given out has been withdrawn, from each scope that it was given out for. */
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
  // By the token, which a copy of the credential shares.
  const places = MutableHashMap.empty<Redacted.Redacted, ReadonlyArray<Given>>()
  const own = new Map<string, Withdrawn>()
  const alive = yield* Latch.make()
  let aliveUntil = 0
  let heard: ReadonlySet<string> = new Set()

  const tell = Effect.fnUntraced(function* (id: string, { isTold, name, until }: Withdrawn) {
    const left = until - (yield* monotonicMillis)
    if (left <= 0) own.delete(id)
    else if (!isTold && Option.isSome(yield* store.withdraw(name, id, left))) own.set(id, { isTold: true, name, until })
  })

  const watch = Effect.gen(function* () {
    yield* alive.await
    yield* Effect.sleep(pace)
    yield* Effect.forEach([...own], ([id, withdrawn]) => tell(id, withdrawn), { discard: true })
    const ids = yield* store.withdrawn
    if (Option.isSome(ids)) heard = new Set(ids.value)
    const now = yield* monotonicMillis
    for (const [token, given] of places) {
      const current = given.filter(({ until }) => now <= until)
      if (current.length === 0) MutableHashMap.remove(places, token)
      else if (current.length < given.length) MutableHashMap.set(places, token, current)
    }
    if (now > aliveUntil) yield* alive.close
  })
  yield* Effect.forkScoped(inBackground(Effect.forever(watch)))

  const withdraw = Effect.fnUntraced(function* ({ id, name, until }: Given) {
    if (hasId(id)) return
    const withdrawn = { name, until, isTold: false }
    own.set(id, withdrawn)
    yield* tell(id, withdrawn)
  })

  const placesOf = ({ token }: TempCredential): ReadonlyArray<Given> =>
    Option.getOrElse(MutableHashMap.get(places, token), () => [])
  const hasId = (id: string) => heard.has(id) || own.has(id)
  return {
    note: Effect.fnUntraced(function* (credential, place) {
      const now = yield* Effect.clockWith((clock) => Effect.sync(() => moment(clock)))
      const until = now.monotonic + lifeLeft(endOf(credential, now, now), now)
      const others = placesOf(credential).filter(({ id }) => id !== place.id)
      MutableHashMap.set(places, credential.token, [...others, { ...place, until }])
      aliveUntil = Math.max(aliveUntil, until)
      yield* alive.open
    }),
    withdraw: (credential) => Effect.forEach(placesOf(credential), withdraw, { discard: true }),
    withdrawFingerprint: Effect.fnUntraced(function* (name, refused) {
      for (const [token, given] of places) {
        const mine = given.filter((place) => place.name === name)
        if (mine.length === 0 || (yield* fingerprint(token)) !== refused) continue
        yield* Effect.forEach(mine, withdraw, { discard: true })
        return true
      }
      return false
    }),
    has: (credential) => {
      if (heard.size === 0 && own.size === 0) return false
      const given = placesOf(credential)
      return given.length > 0 && given.every(({ id }) => hasId(id))
    },
    hasId
  }
})
