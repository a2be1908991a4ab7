/**
 * The shared credentials that this machine or another one invalidated. While a credential that this
 * machine served is valid, it reads the invalidations in the store at an interval. It repeats its own
 * reports that failed during an outage.
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
import type { CredentialStore } from "../SharedStore.ts"
import type { TempCredential } from "../TempCredential.ts"

/** The scope of a credential in the store, and the id of its text. */
interface Place {
  readonly name: string
  readonly id: string
}

/** The place of a served credential, and the credential's expiry in monotonic milliseconds. */
interface Issued extends Place {
  readonly until: number
}

/**
 * An invalidation by this machine. It is stored until the credential expires, in monotonic
 * milliseconds, because the store may lose it or be unavailable.
 */
interface Own {
  readonly name: string
  readonly until: number
  readonly isReported: boolean
}

/** The shared credentials that this machine served, and their invalidations. */
export interface Invalidations {
  /** Records that this machine serves a credential of the store. */
  readonly track: (credential: TempCredential, place: Place) => Effect.Effect<void>
  /** Invalidates a credential that this machine served, or a copy of it. Ignores other credentials. */
  readonly invalidate: (credential: TempCredential) => Effect.Effect<void>
  /**
   * Invalidates the credential with this fingerprint that this machine served for a scope. Returns
   * false if there is none.
   */
  readonly invalidateFingerprint: (name: string, refused: string) => Effect.Effect<boolean>
  /** Tells whether a credential was invalidated in every scope that this machine served it for. */
  readonly has: (credential: TempCredential) => boolean
  /** Tells whether a text of the store was invalidated. */
  readonly hasId: (id: string) => boolean
}

/** Makes an empty record, and updates it from the store at an interval while the scope is open. */
export const make = Effect.fnUntraced(function* (
  store: CredentialStore,
  interval: Duration.Duration
): Effect.fn.Return<Invalidations, never, Scope.Scope> {
  // The key is the token, because copies of a credential share it.
  const places = MutableHashMap.empty<Redacted.Redacted, ReadonlyArray<Issued>>()
  const own = new Map<string, Own>()
  const alive = yield* Latch.make()
  let aliveUntil = 0
  let known: () => ReadonlySet<string> = () => new Set()

  const report = Effect.fnUntraced(function* (id: string, { isReported, name, until }: Own) {
    const left = until - (yield* monotonicMillis)
    if (left <= 0) own.delete(id)
    else if (!isReported && Option.isSome(yield* store.invalidate(name, id, left))) {
      own.set(id, { isReported: true, name, until })
    }
  })

  const tidy = Effect.gen(function* () {
    yield* Effect.forEach([...own], ([id, invalidation]) => report(id, invalidation), { discard: true })
    const now = yield* monotonicMillis
    for (const [token, issued] of places) {
      const current = issued.filter(({ until }) => now <= until)
      if (current.length === 0) MutableHashMap.remove(places, token)
      else if (current.length < issued.length) MutableHashMap.set(places, token, current)
    }
    return now <= aliveUntil
  })
  const watch = Effect.gen(function* () {
    yield* alive.await
    known = yield* store.invalidated(interval)
    yield* Effect.repeat(Effect.delay(tidy, interval), { while: (isAlive) => isAlive })
    yield* alive.close
  })
  yield* Effect.forkScoped(inBackground(Effect.forever(Effect.scoped(watch))))

  const invalidate = Effect.fnUntraced(function* ({ id, name, until }: Issued) {
    if (hasId(id)) return
    const invalidation = { name, until, isReported: false }
    own.set(id, invalidation)
    yield* report(id, invalidation)
  })

  const placesOf = ({ token }: TempCredential): ReadonlyArray<Issued> =>
    Option.getOrElse(MutableHashMap.get(places, token), () => [])
  const hasId = (id: string) => known().has(id) || own.has(id)
  return {
    track: Effect.fnUntraced(function* (credential, place) {
      const now = yield* Effect.clockWith((clock) => Effect.sync(() => moment(clock)))
      const until = now.monotonic + lifeLeft(endOf(credential, now, now), now)
      const others = placesOf(credential).filter(({ id }) => id !== place.id)
      MutableHashMap.set(places, credential.token, [...others, { ...place, until }])
      aliveUntil = Math.max(aliveUntil, until)
      yield* alive.open
    }),
    invalidate: (credential) => Effect.forEach(placesOf(credential), invalidate, { discard: true }),
    invalidateFingerprint: Effect.fnUntraced(function* (name, refused) {
      for (const [token, issued] of places) {
        const inScope = issued.filter((place) => place.name === name)
        if (inScope.length === 0 || (yield* fingerprint(token)) !== refused) continue
        yield* Effect.forEach(inScope, invalidate, { discard: true })
        return true
      }
      return false
    }),
    has: (credential) => {
      if (known().size === 0 && own.size === 0) return false
      const issued = placesOf(credential)
      return issued.length > 0 && issued.every(({ id }) => hasId(id))
    },
    hasId
  }
})
