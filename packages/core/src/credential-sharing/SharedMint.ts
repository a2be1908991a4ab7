/**
 * The way of one mint through the store: take what is there, or wait for the machine that has the lease, or mint with the lease in hand and store the
 * credential; and without the store, mint.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import { isForOneUse } from "../Capabilities.ts"
import { endOf, lifeLeft } from "../CredentialEnd.ts"
import * as Deadline from "../Deadline.ts"
import { fingerprint } from "../Fingerprint.ts"
import * as MinRemaining from "../MinRemaining.ts"
import type { MintRequest } from "../MintRequest.ts"
import { type ClockReading, moment } from "../ClockReading.ts"
import { scopeKey } from "../ScopeKey.ts"
import * as Sealed from "./Sealed.ts"
import type { Kept, SharedStore } from "./SharedStore.ts"
import * as TempCredential from "../TempCredential.ts"
import type { MintOptions, TempCredentialProvider } from "../TempCredentialProvider.ts"
import type { Withdrawals } from "./Withdrawals.ts"

/** In milliseconds, between two looks at somebody else's lease. */
const firstPause = 20

const longestPause = 200

/** The share of its life that a stored credential must have left, so that what a cache renews late in its life is not its own old one. */
const freshShare = 0.5

const shared = Metric.counter("tempcred_shared_total", {
  description: "Mints by how sharing served them: found, minted for all, or minted alone",
  incremental: true
})

/**
 * What the way needs.
 *
 * @category models
 * @since 0.1.0
 */
export interface Parts {
  readonly provider: TempCredentialProvider["Service"]
  readonly store: SharedStore
  readonly withdrawals: Withdrawals
  readonly sealer: Sealed.Sealer
  readonly lease: Duration.Duration
  readonly patience: Duration.Duration
  /** Bound on the whole, the wait for another machine and the provider's own tries together. */
  readonly deadline: Duration.Duration
  readonly clientWithoutSubject: boolean
}

/** A turn to mint: the fence, the time by Redis when it was given, and the time by this machine when it came. */
interface Holder {
  readonly _tag: "Holder"
  readonly fence: number
  readonly given: number
  readonly came: ClockReading
}

/** How the visit to the store ended. */
type Turn =
  | Holder
  | { readonly _tag: "Alone" }
  | { readonly _tag: "Found"; readonly credential: TempCredential.TempCredential }

/**
 * The ways of a request through the store.
 *
 * @category models
 * @since 0.1.0
 */
export type SharedMint = Required<Pick<TempCredentialProvider["Service"], "mint" | "invalidateFingerprint">>

/**
 * Makes the mint of a provider whose credentials are shared.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (parts: Parts): SharedMint => {
  const { provider, store } = parts
  const count = (outcome: Turn["_tag"]) =>
    Metric.update(Metric.withAttributes(shared, { provider: provider.id, outcome: outcomes[outcome] }), 1)
  const beat = Duration.times(parts.lease, 1 / 3)

  const nameOf = Effect.fnUntraced(function* (request: MintRequest) {
    const scope = yield* sharedScope(provider, request, parts.clientWithoutSubject)
    return scope === undefined ? undefined : yield* hash(scope)
  })

  const mint = Effect.fnUntraced(function* (request: MintRequest, options?: MintOptions) {
    const minimum = (yield* MinRemaining.read(provider.id, options?.minRemaining)) ?? 0
    const name = yield* nameOf(request)
    if (name === undefined) return yield* provider.mint(request, options)
    if (options?.refused !== undefined) yield* withdrawRefused(parts, name, options.refused)
    const place = { name, owner: crypto.randomUUID() }
    const pulse = Effect.forever(Effect.andThen(Effect.sleep(beat), store.renew(place.name, place.owner)))
    return yield* Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const turn = yield* restore(takeTurn(parts, place, minimum))
        yield* count(turn._tag)
        switch (turn._tag) {
          case "Found":
            return turn.credential
          case "Alone":
            return yield* restore(provider.mint(request, options))
          case "Holder":
            return yield* restore(
              Effect.tap(Effect.raceFirst(provider.mint(request, options), pulse), (credential) =>
                put(parts, place, turn, credential)
              )
            ).pipe(Effect.onError(() => store.release(place.name, place.owner)))
        }
      })
    )
  })
  const deadline = Duration.toMillis(parts.deadline)
  return {
    mint: (request, options) => Deadline.within(deadline)(mint(request, options)),
    invalidateFingerprint: Effect.fnUntraced(function* (request, refused) {
      const name = yield* nameOf(request)
      if (name !== undefined) yield* withdrawRefused(parts, name, refused)
      yield* provider.invalidateFingerprint?.(request, refused) ?? Effect.void
    })
  }
}

/** Withdraws the credential of a scope that has this fingerprint: one that was given out here, or the one in the store. */
const withdrawRefused = Effect.fnUntraced(function* (parts: Parts, name: string, refused: string) {
  const { store, withdrawals } = parts
  if (yield* withdrawals.withdrawFingerprint(name, refused)) return
  const asked = yield* now
  const kept = Option.getOrUndefined(yield* store.read(name))
  if (kept === undefined) return
  const credential = yield* read(parts, name, { ...kept, asked })
  if (Option.isNone(credential) || (yield* fingerprint(credential.value.token)) !== refused) return
  yield* withdrawals.note(credential.value, { name, id: Sealed.idOf(kept.text) })
  yield* withdrawals.withdraw(credential.value)
})

const now: Effect.Effect<ClockReading> = Effect.clockWith((clock) => Effect.sync(() => moment(clock)))

const outcomes = { Found: "found", Holder: "minted", Alone: "alone" } as const

/** Where a scope is in the store, and who asks. */
interface Place {
  readonly name: string
  readonly owner: string
}

/** Visits until there is a credential or a turn; whoever gives up gives back what a visit under way may bring. */
const takeTurn = Effect.fnUntraced(function* (
  parts: Parts,
  { name, owner }: Place,
  minimum: number
): Effect.fn.Return<Turn> {
  const { store } = parts
  const patience = Math.min(Duration.toMillis(parts.patience), Math.max(0, (yield* Deadline.remaining) / 2))
  const alone: Turn = { _tag: "Alone" }

  const visits = Effect.gen(function* (): Effect.fn.Return<Turn> {
    let seen = ""
    let pause = firstPause
    while (true) {
      const asked = yield* now
      const visit = Option.getOrUndefined(yield* store.visit(name, seen, owner))
      switch (visit?._tag) {
        case undefined:
          return alone
        case "Granted":
          return { _tag: "Holder", fence: visit.fence, given: visit.now, came: yield* now }
        case "Found": {
          const credential = yield* take(parts, name, { ...visit, asked, minimum })
          if (Option.isSome(credential)) return { _tag: "Found", credential: credential.value }
          seen = Sealed.idOf(visit.text)
          break
        }
        case "Held":
          yield* Effect.sleep(pause * (0.5 + (yield* Random.next) / 2))
          pause = Math.min(longestPause, pause * 1.5)
      }
    }
  })
  return yield* visits.pipe(
    Effect.onInterrupt(() => store.release(name, owner)),
    Effect.timeoutOrElse({ duration: patience, orElse: () => Effect.succeed(alone) })
  )
})

const decodeText = Schema.decodeUnknownEffect(Schema.fromJsonString(TempCredential.Json))

/** A stored text, and when this machine asked for it. */
interface Found extends Kept {
  readonly asked: ClockReading
}

/** Reads a stored credential into this machine's time, counted from before it was asked for, if it can be read. */
const read = Effect.fnUntraced(function* ({ sealer }: Parts, name: string, found: Found) {
  const json = yield* Effect.flatMap(Effect.flatMap(sealer.open(name, found.text), Effect.fromOption), decodeText)
  const life = Date.parse(json.expiresAt) - Date.parse(json.issuedAt)
  const end = found.asked.wall + found.remaining
  const iso = (millis: number) => new Date(millis).toISOString()
  const credential = yield* TempCredential.decode({ ...json, issuedAt: iso(end - life), expiresAt: iso(end) })
  endOf(credential, found.asked, found.asked)
  return credential
}, Effect.option)

/** Takes a stored credential if it was not withdrawn and has enough of its life left. */
const take = Effect.fnUntraced(function* (parts: Parts, name: string, found: Found & { readonly minimum: number }) {
  const { withdrawals } = parts
  const id = Sealed.idOf(found.text)
  const credential = yield* Effect.flatMap(read(parts, name, found), Effect.fromOption)
  const life = DateTime.toEpochMillis(credential.expiresAt) - DateTime.toEpochMillis(credential.issuedAt)
  const isFresh = found.remaining >= Math.max(life * freshShare, found.minimum)
  // More than the whole of its life left: the clock of Redis was set back.
  if (withdrawals.hasId(id) || !isFresh || found.remaining > life) return yield* Effect.fail("stale" as const)
  yield* withdrawals.note(credential, { name, id })
  return credential
}, Effect.option)

/** Stores a credential for the rest of its life, by a moment of Redis's clock: however late the write arrives, the end stays. */
const put = Effect.fnUntraced(function* (
  { sealer, store, withdrawals }: Parts,
  { name, owner }: Place,
  { came, fence, given }: Holder,
  credential: TempCredential.TempCredential
) {
  const at = yield* now
  const remaining = lifeLeft(endOf(credential, came, at), at)
  if (credential.uses === "once" || remaining <= 0) return yield* store.release(name, owner)
  const text = yield* sealer.seal(name, JSON.stringify(TempCredential.encode(credential)))
  // It was minted after the lease was given, so it cannot outlast its life from then, should this machine's clock have been set back.
  const life = DateTime.toEpochMillis(credential.expiresAt) - DateTime.toEpochMillis(credential.issuedAt)
  const until = given + Math.min(at.monotonic - came.monotonic + remaining, life)
  const isKept = yield* store.keep(name, owner, { fence, text, until })
  // Where no answer came it may have been kept.
  if (Option.getOrElse(isKept, () => true)) yield* withdrawals.note(credential, { name, id: Sealed.idOf(text) })
})

/** The scope of a request as text, or nothing where its credential is nobody else's. */
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
