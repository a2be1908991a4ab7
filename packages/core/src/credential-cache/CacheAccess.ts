/**
 * The handling of requests by a cache. A suitable credential is served at once; otherwise the request
 * waits for a mint.
 */
import type * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Deadline from "../Deadline.ts"
import { fingerprint } from "../Fingerprint.ts"
import * as MinRemaining from "../MinRemaining.ts"
import type { ClockReading } from "../ClockReading.ts"
import {
  type Entry,
  type Demand,
  isDue,
  isFresh,
  lifetime,
  nothing,
  phase,
  refusal,
  remaining,
  servable
} from "./Entry.ts"
import type { PendingMint, PendingMints, Ground, Landing } from "./PendingMints.ts"
import type { MintRequest } from "../MintRequest.ts"
import { prepare } from "../mint-request/Prepare.ts"
import type { TempCredential } from "../TempCredential.ts"
import type { TempCredentialError } from "../TempCredentialError.ts"
import { holding } from "../temp-credential-provider/Holding.ts"

type Resume = (answer: Effect.Effect<TempCredential, TempCredentialError>) => void

/** The operations of a cache. */
export interface CacheAccess {
  /** Returns a cached credential that can be served without a wait and without starting a refresh. */
  readonly cached: (request: MintRequest) => TempCredential | undefined
  /**
   * Waits for a mint in progress, if no cached credential can be served. Returns a function that stops
   * waiting, or `undefined` if it does not wait.
   */
  readonly joined: (request: MintRequest, done: (exit: Outcome) => void) => (() => void) | undefined
  /** Serves a credential or waits for a mint, which it starts if needed. */
  readonly get: (request: MintRequest, demand: Demand) => Effect.Effect<TempCredential, TempCredentialError>
  /**
   * Drops the credential of a request's entry if it has this fingerprint. Then invalidates it in the
   * provider below.
   */
  readonly invalidateFingerprint: (request: MintRequest, refused: string) => Effect.Effect<void>
  /** Closes the cache and clears it. */
  readonly close: Effect.Effect<void>
}

/** The result of a request to the cache. */
type Outcome = Exit.Exit<TempCredential, TempCredentialError>

/** Makes the operations of a cache. */
export const make = (ground: Ground, pendingMints: PendingMints, clock: Clock.Clock): CacheAccess => {
  const { provider, entries, metrics, now } = ground
  let closed = false

  const isTakenBack = provider[holding]?.isInvalidated ?? (() => false)

  const cached: CacheAccess["cached"] = (request) => {
    const entry = entries.find(request)
    if (entry?.held === undefined || isTakenBack(entry.held.credential)) return undefined
    if (isFresh(entry.held, clock)) {
      metrics.hit(entry.held)
      return entry.held.credential
    }
    const at = now()
    const held = servable(entry, at, nothing)
    if (held === undefined || isDue(entry, held, at)) return undefined
    metrics.served(entry, held)
    return held.credential
  }

  /** Drops an expired or invalidated credential. Expiry also ends the pause after a failed refresh. */
  const tidy = (entry: Entry<PendingMint>, at: ClockReading) => {
    if (entry.held === undefined) return
    const isOver = remaining(entry.held, at) <= 0
    if (isOver) entry.refusal = undefined
    if (isOver || isTakenBack(entry.held.credential)) entries.hold(entry, undefined)
  }

  const tooShort = (seconds: number): Outcome =>
    Exit.fail(MinRemaining.refuse(provider.id, `must be less than the ${seconds} seconds that a new credential lasts`))

  /**
   * Tells whether the result of another caller's mint is unsuitable for this caller. A mint may return
   * an older credential from a store that machines share.
   */
  const isUnfit = (pending: PendingMint, { exit }: Landing, { minRemaining = 0, refused }: Demand): boolean => {
    if (Exit.isFailure(exit)) return false
    if (refused !== undefined && pending.refused !== refused) return true
    return pending.least < minRemaining && remaining(exit.value, now()) < minRemaining
  }

  const landed = ({ exit, old }: Landing, entry: Entry<PendingMint>, demand: Demand): Outcome => {
    const at = now()
    if (Exit.isSuccess(exit)) {
      const left = remaining(exit.value, at)
      return demand.isStrict && left < (demand.minRemaining ?? 0)
        ? tooShort(left / 1000)
        : Exit.succeed(exit.value.credential)
    }
    if (old === undefined || phase(old, at, demand) === "spent" || isTakenBack(old.credential)) {
      return Exit.failCause(exit.cause)
    }
    metrics.served(entry, old)
    return Exit.succeed(old.credential)
  }

  const look = (entry: Entry<PendingMint>, demand: Demand, context: Context.Context<never>, resume: Resume) => {
    const at = now()
    tidy(entry, at)
    const held = servable(entry, at, demand)
    if (held !== undefined) {
      if (isDue(entry, held, at)) pendingMints.depart(entry, "background", context)
      metrics.served(entry, held)
      return resume(Exit.succeed(held.credential))
    }
    const lasts = entry.held === undefined ? Infinity : lifetime(entry.held.credential)
    if (demand.isStrict && lasts <= (demand.minRemaining ?? 0)) return resume(tooShort(lasts / 1000))
    const denied = refusal(entry, at)
    metrics.missed(denied !== undefined)
    if (denied !== undefined) return resume(Exit.failCause(denied.cause))
    const joins = entry.pending !== undefined
    const pending = entry.pending ?? pendingMints.depart(entry, demand, context)
    const land = (landing: Landing) =>
      joins && isUnfit(pending, landing, demand)
        ? // The next lookup finds the new credential in the entry, or mints.
          resume(get(entry.request, { ...demand, refresh: false }))
        : resume(landed(landing, entry, demand))
    return Effect.sync(pendingMints.wait(entry, pending, Deadline.endOf(context), land))
  }

  const joined: CacheAccess["joined"] = (request, done) => {
    const entry = entries.find(request)
    if (entry?.pending === undefined) return undefined
    if (entry.held !== undefined && servable(entry, now(), nothing) !== undefined) return undefined
    metrics.missed(false)
    return pendingMints.wait(entry, entry.pending, Number.POSITIVE_INFINITY, (landing) =>
      done(landed(landing, entry, nothing))
    )
  }

  const pass = (request: MintRequest, { minRemaining, refused }: Demand) =>
    provider.mint(prepare(request), {
      minRemaining: minRemaining === undefined ? undefined : Duration.millis(minRemaining),
      refused
    })

  const find: CacheAccess["get"] = (request, demand) =>
    Effect.withFiber((fiber) =>
      // Lookup and start of the mint are one synchronous step, so that two fibers cannot both start a mint.
      Effect.callback((resume) => {
        if (closed) return resume(Effect.interrupt)
        const entry = entries.findOrMake(request)
        return entry === undefined ? resume(pass(request, demand)) : look(entry, demand, fiber.context, resume)
      })
    )

  const invalidateFingerprint: CacheAccess["invalidateFingerprint"] = Effect.fnUntraced(function* (request, refused) {
    const entry = entries.find(request)
    const held = entry?.held
    const isHeld = held !== undefined && (yield* fingerprint(held.credential.token)) === refused
    // Another credential may have arrived while the fingerprint was computed.
    if (isHeld && entry?.held === held) entries.hold(entry, undefined)
    if (provider.invalidateFingerprint !== undefined) yield* provider.invalidateFingerprint(request, refused)
    else if (isHeld && provider.invalidate !== undefined) yield* provider.invalidate(held.credential)
  })

  const get: CacheAccess["get"] = (request, demand) =>
    demand.refused === undefined
      ? find(request, demand)
      : Effect.andThen(invalidateFingerprint(request, demand.refused), find(request, demand))

  const close = Effect.sync(() => {
    closed = true
    metrics.flush()
    entries.clear()
  })
  return { cached, close, get, invalidateFingerprint, joined }
}
