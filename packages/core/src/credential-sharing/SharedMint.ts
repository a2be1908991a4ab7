/**
 * A mint through the shared store. It uses the stored credential, or waits for the machine that holds
 * the lease. If there is neither, it takes the lease, mints, and stores the credential. If the store is
 * unavailable, it mints without storing.
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import { isForOneUse } from "../capabilities/Capability.ts"
import { endOf, lifeLeft } from "../CredentialEnd.ts"
import * as Deadline from "../Deadline.ts"
import { fingerprint } from "../Fingerprint.ts"
import * as MinRemaining from "../MinRemaining.ts"
import { scopeKey } from "../mint-request/DecodedRequest.ts"
import type { MintRequest } from "../MintRequest.ts"
import { prepare } from "../mint-request/Prepare.ts"
import { type ClockReading, moment } from "../ClockReading.ts"
import * as Encryption from "./Encryption.ts"
import type { Invalidations } from "./Invalidations.ts"
import type { CredentialStore, StoredText } from "../SharedStore.ts"
import { Json, TempCredential } from "../TempCredential.ts"
import type { MintOptions, TempCredentialProvider } from "../TempCredentialProvider.ts"

/** The milliseconds between two visits while another machine holds the lease: the first and the longest. */
const firstPause = 20

const longestPause = 200

/**
 * The minimum remaining fraction of a stored credential's lifetime. It is above a cache's refresh
 * window, so that a refresh does not get the old credential again.
 */
const freshShare = 0.5

const mints = Metric.counter("tempcred_shared_total", {
  description: "Mints through the shared store, by outcome: found, minted for all machines, or minted alone",
  incremental: true
})

/** Settings of the shared mint. */
export interface Options {
  readonly provider: TempCredentialProvider["Service"]
  readonly store: CredentialStore
  readonly invalidations: Invalidations
  readonly encryption: Encryption.Encryption
  readonly lease: Duration.Duration
  readonly patience: Duration.Duration
  /** The time limit of the wait for another machine and of the provider's attempts together. */
  readonly deadline: Duration.Duration
  readonly clientWithoutSubject: boolean
}

/**
 * A granted lease. `fence` is its fencing token, `given` is the store's time of the grant, and `came` is
 * this machine's time when the response arrived.
 */
interface Holder {
  readonly _tag: "Holder"
  readonly fence: number
  readonly given: number
  readonly came: ClockReading
}

/** The outcome of the visits to the store. */
type Turn = Holder | { readonly _tag: "Alone" } | { readonly _tag: "Found"; readonly credential: TempCredential }

/** The operations that go through the store. */
export type SharedMint = Required<Pick<TempCredentialProvider["Service"], "mint" | "invalidateFingerprint">>

/** Makes the operations of a provider whose credentials are shared. */
export const make = (shared: Options): SharedMint => {
  const { provider, store } = shared
  const count = (outcome: Turn["_tag"]) =>
    Metric.update(Metric.withAttributes(mints, { provider: provider.id, outcome: outcomes[outcome] }), 1)
  const beat = Duration.times(shared.lease, 1 / 3)

  const nameOf = Effect.fnUntraced(function* (request: MintRequest) {
    const scope = yield* sharedScope(provider, request, shared.clientWithoutSubject)
    return scope === undefined ? undefined : yield* hash(scope)
  })

  const mint = Effect.fnUntraced(function* (request: MintRequest, options?: MintOptions) {
    const minimum = (yield* MinRemaining.read(provider.id, options?.minRemaining)) ?? 0
    // Each account shares under its own names. This layer would mix their credentials.
    const name = options?.account === undefined ? yield* nameOf(request) : undefined
    if (name === undefined) return yield* provider.mint(request, options)
    if (options?.refused !== undefined) yield* invalidateRefused(shared, name, options.refused)
    const place = { name, owner: crypto.randomUUID() }
    const pulse = Effect.forever(Effect.andThen(Effect.sleep(beat), store.renew(place.name, place.owner)))
    return yield* Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const turn = yield* restore(takeTurn(shared, place, minimum))
        yield* count(turn._tag)
        switch (turn._tag) {
          case "Found":
            return turn.credential
          case "Alone":
            return yield* restore(provider.mint(request, options))
          case "Holder":
            return yield* restore(
              Effect.tap(Effect.raceFirst(provider.mint(request, options), pulse), (credential) =>
                put(shared, place, turn, credential)
              )
            ).pipe(Effect.onError(() => store.release(place.name, place.owner)))
        }
      })
    )
  })
  const deadline = Duration.toMillis(shared.deadline)
  return {
    mint: (request, options) => Deadline.within(deadline)(Effect.suspend(() => mint(prepare(request), options))),
    invalidateFingerprint: Effect.fnUntraced(function* (request, refused) {
      const name = yield* nameOf(request)
      if (name !== undefined) yield* invalidateRefused(shared, name, refused)
      yield* provider.invalidateFingerprint?.(request, refused) ?? Effect.void
    })
  }
}

/** Invalidates the credential of a scope with this fingerprint, which this machine served or the store holds. */
const invalidateRefused = Effect.fnUntraced(function* (shared: Options, name: string, refused: string) {
  const { store, invalidations } = shared
  if (yield* invalidations.invalidateFingerprint(name, refused)) return
  const asked = yield* now
  const stored = Option.getOrUndefined(yield* store.read(name))
  if (stored === undefined) return
  const credential = yield* read(shared, name, { ...stored, asked })
  if (Option.isNone(credential) || (yield* fingerprint(credential.value.token)) !== refused) return
  yield* invalidations.track(credential.value, { name, id: Encryption.idOf(stored.text) })
  yield* invalidations.invalidate(credential.value)
})

const now: Effect.Effect<ClockReading> = Effect.clockWith((clock) => Effect.sync(() => moment(clock)))

const outcomes = { Found: "found", Holder: "minted", Alone: "alone" } as const

/** The name of a scope in the store, and the id with which this mint takes the lease. */
interface Place {
  readonly name: string
  readonly owner: string
}

/**
 * Visits the store until it returns a credential or a lease. Gives up after a time limit, and then
 * releases the lease that the last visit may have taken.
 */
const takeTurn = Effect.fnUntraced(function* (
  shared: Options,
  { name, owner }: Place,
  minimum: number
): Effect.fn.Return<Turn> {
  const { store } = shared
  const patience = Math.min(Duration.toMillis(shared.patience), Math.max(0, (yield* Deadline.remaining) / 2))
  const alone: Turn = { _tag: "Alone" }

  const visit = (seen: string, pause: number): Effect.Effect<Turn> =>
    Effect.gen(function* () {
      const asked = yield* now
      const found = Option.getOrUndefined(yield* store.visit(name, seen, owner))
      switch (found?._tag) {
        case undefined:
          return alone
        case "Granted":
          return { _tag: "Holder", fence: found.fence, given: found.now, came: yield* now }
        case "Found": {
          const credential = yield* take(shared, name, { ...found, asked, minimum })
          if (Option.isSome(credential)) return { _tag: "Found", credential: credential.value }
          return yield* visit(Encryption.idOf(found.text), pause)
        }
        case "Held":
          yield* Effect.sleep(pause * (0.5 + (yield* Random.next) / 2))
          return yield* visit(seen, Math.min(longestPause, pause * 1.5))
      }
    })
  return yield* visit("", firstPause).pipe(
    Effect.onInterrupt(() => store.release(name, owner)),
    Effect.timeoutOrElse({ duration: patience, orElse: () => Effect.succeed(alone) })
  )
})

const decodeText = Schema.decodeUnknownEffect(Schema.fromJsonString(Json))

/** A stored text, and this machine's time before the visit. */
interface Found extends StoredText {
  readonly asked: ClockReading
}

/** Decrypts a stored credential. Computes its expiry by this machine's clock, from the time before the visit. */
const read = Effect.fnUntraced(function* ({ encryption }: Options, name: string, found: Found) {
  const json = yield* Effect.flatMap(
    Effect.flatMap(encryption.decrypt(name, found.text), Effect.fromOption),
    decodeText
  )
  const life = Date.parse(json.expiresAt) - Date.parse(json.issuedAt)
  const end = found.asked.wall + found.remaining
  const iso = (millis: number) => new Date(millis).toISOString()
  const credential = yield* TempCredential.decode({ ...json, issuedAt: iso(end - life), expiresAt: iso(end) })
  endOf(credential, found.asked, found.asked)
  return credential
}, Effect.option)

/** Returns a stored credential that was not invalidated and has enough lifetime left. */
const take = Effect.fnUntraced(function* (shared: Options, name: string, found: Found & { readonly minimum: number }) {
  const { invalidations } = shared
  const id = Encryption.idOf(found.text)
  const credential = yield* Effect.flatMap(read(shared, name, found), Effect.fromOption)
  const life = DateTime.toEpochMillis(credential.expiresAt) - DateTime.toEpochMillis(credential.issuedAt)
  const isFresh = found.remaining >= Math.max(life * freshShare, found.minimum)
  // A remaining time above the lifetime means that the store's clock was set back.
  if (invalidations.hasId(id) || !isFresh || found.remaining > life) return yield* Effect.fail("stale" as const)
  yield* invalidations.track(credential, { name, id })
  return credential
}, Effect.option)

/** Stores a credential until it expires by the store's clock. A late write does not extend its lifetime. */
const put = Effect.fnUntraced(function* (
  { encryption, invalidations, store }: Options,
  { name, owner }: Place,
  { came, fence, given }: Holder,
  credential: TempCredential
) {
  const at = yield* now
  const remaining = lifeLeft(endOf(credential, came, at), at)
  if (credential.uses === "once" || remaining <= 0) return yield* store.release(name, owner)
  const text = yield* encryption.encrypt(name, JSON.stringify(TempCredential.encode(credential)))
  // The credential was minted after the grant of the lease. So it expires within one lifetime from the grant,
  // even if this machine's clock was set back.
  const life = DateTime.toEpochMillis(credential.expiresAt) - DateTime.toEpochMillis(credential.issuedAt)
  const until = given + Math.min(at.monotonic - came.monotonic + remaining, life)
  const isWritten = yield* store.write(name, owner, { fence, text, until })
  // Without a response from the store, the credential may have been written.
  if (Option.getOrElse(isWritten, () => true))
    yield* invalidations.track(credential, { name, id: Encryption.idOf(text) })
})

/** Returns the scope of a request as text, or `undefined` if its credential must not be shared. */
const sharedScope = Effect.fnUntraced(function* (
  { account, capabilities, id }: TempCredentialProvider["Service"],
  request: MintRequest,
  clientWithoutSubject: boolean
) {
  const key = scopeKey(request)
  if (key === undefined) return undefined
  if (request.exposure !== "server" && request.subject === undefined && !clientWithoutSubject) return undefined
  const capability = capabilities[request.purpose]
  if (capability === undefined || capability.mintingHasSideEffects || isForOneUse(capability, request)) return undefined
  return `${id} ${yield* account} ${key}`
})

const hash = (scope: string): Effect.Effect<string> =>
  Effect.promise(async () => {
    const bytes = new TextEncoder().encode(`tempcred scope ${scope}`)
    return Base64Url.encode(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)))
  })
