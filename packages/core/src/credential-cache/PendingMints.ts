/**
 * The mints in progress of a cache, at most one for each entry (single flight). A mint is interrupted
 * when all of its callers have stopped waiting. A background refresh continues without callers.
 */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import type { ClockReading } from "../ClockReading.ts"
import * as Deadline from "../Deadline.ts"
import { type Entry, type Demand, type Held, hold, isRefusal, nothing, refuse, remaining } from "./Entry.ts"
import type { Entries } from "./Entries.ts"
import type * as CacheMetrics from "./Metrics.ts"
import type { Shares } from "./Windows.ts"
import type { Event } from "../Events.ts"
import { failureTags } from "../FailureTags.ts"
import { InvalidResponseError, type Reason, TempCredentialError, TransportError } from "../TempCredentialError.ts"
import type { TempCredentialProvider } from "../TempCredentialProvider.ts"

/** The result of a mint, and the credential in the entry afterwards. */
export interface Landing {
  readonly exit: Exit.Exit<Held, TempCredentialError>
  readonly old: Held | undefined
}

/** A mint in progress. */
export interface PendingMint {
  readonly waiting: Set<(landing: Landing) => void>
  /** Whether the mint is a background refresh, which continues without callers. */
  readonly background: boolean
  /** The minimum remaining lifetime of the new credential, in milliseconds. */
  readonly least: number
  /** The fingerprint of the credential that was reported as refused. */
  readonly refused: string | undefined
  /** The latest deadline of its callers, in monotonic milliseconds. */
  deadline: number
  landing: Landing | undefined
  fiber: Fiber.Fiber<void> | undefined
}

/** The dependencies of the mints of a cache. */
export interface Ground {
  readonly provider: TempCredentialProvider["Service"]
  readonly entries: Entries<PendingMint>
  readonly metrics: ReturnType<typeof CacheMetrics.make>
  readonly publish: (event: Event) => Effect.Effect<void>
  readonly scope: Scope.Scope
  readonly now: () => ClockReading
  readonly random: (typeof Random.Random)["Service"]
  readonly shares: Shares
  /** The time limit of one mint. */
  readonly timeout: Duration.Duration
}

/** The mints in progress of a cache. */
export interface PendingMints {
  /** Starts a mint for a caller, or a background refresh. */
  readonly depart: (
    entry: Entry<PendingMint>,
    demand: Demand | "background",
    context: Context.Context<never>
  ) => PendingMint
  /**
   * Calls `callback` when the mint ends. A later `deadline`, in monotonic milliseconds, extends the
   * deadline of the mint. Returns a function that stops waiting.
   */
  readonly wait: (
    entry: Entry<PendingMint>,
    pending: PendingMint,
    deadline: number,
    callback: (landing: Landing) => void
  ) => () => void
}

/** Makes the mints of one cache. */
export const make = (ground: Ground): PendingMints => {
  const { provider, entries, metrics, now, random, scope, shares } = ground
  const fail = (reason: Reason) => new TempCredentialError({ provider: provider.id, reason })

  const attempt = (entry: Entry<PendingMint>, pending: PendingMint) => {
    const begun = now()
    const minRemaining = pending.least > 0 ? Duration.millis(pending.least) : undefined
    return provider.mint(entry.request, { minRemaining, refused: pending.refused }).pipe(
      Deadline.until(() => pending.deadline),
      Effect.timeoutOrElse({
        duration: ground.timeout,
        orElse: () => Effect.fail(fail(new TransportError({ timedOut: true })))
      }),
      Effect.flatMap((credential) => {
        const held = hold(credential, begun, now(), shares, random.nextDoubleUnsafe())
        return held === undefined
          ? Effect.fail(fail(new InvalidResponseError({ detail: "the credential had expired when it arrived" })))
          : Effect.succeed(held)
      })
    )
  }

  /** Updates the entry with the result of a mint. */
  const settle = (entry: Entry<PendingMint>, exit: Exit.Exit<Held, TempCredentialError>) => {
    if (Exit.isSuccess(exit)) {
      entry.refusal = undefined
      entries.hold(entry, exit.value)
    } else {
      const { held } = entry
      // A credential that expired during the mint is dropped before the pause begins. Dropping it later would
      // end the pause.
      const isOver = held !== undefined && remaining(held, now()) <= 0
      if (isOver || errors(exit.cause).some((error) => isRefusal(error, held))) entries.hold(entry, undefined)
      entry.refusal = refuse(exit.cause, entry, now(), random.nextDoubleUnsafe())
    }
  }

  const land = (entry: Entry<PendingMint>, pending: PendingMint, exit: Exit.Exit<Held, TempCredentialError>) => {
    // An abandoned mint must not change the entry.
    if (entry.pending === pending) settle(entry, exit)
    const landing = { exit, old: entry.held }
    pending.landing = landing
    if (entry.pending === pending) entries.rest(entry)
    metrics.size(entries.size())
    for (const callback of pending.waiting) callback(landing)
  }

  const report = (exit: Exit.Exit<Held, TempCredentialError>) => {
    metrics.renewal(Exit.isSuccess(exit) ? "renewed" : "failed")
    return Effect.forEach(
      Exit.isSuccess(exit) ? [] : failureTags(exit.cause),
      (reason) => ground.publish({ _tag: "RefreshFailed", provider: provider.id, reason }),
      { discard: true }
    )
  }

  const depart: PendingMints["depart"] = (entry, wanted, context) => {
    const background = wanted === "background"
    const { minRemaining = 0, refused } = background ? nothing : wanted
    const { held } = entry
    const pending: PendingMint = {
      waiting: new Set(),
      background,
      // A refresh may read a store that machines share. To get another credential from it, the refresh
      // requires more remaining lifetime than the cached credential has.
      least: Math.max(minRemaining, held === undefined ? 0 : remaining(held, now()) + 1),
      refused,
      deadline: background ? Number.POSITIVE_INFINITY : Deadline.endOf(context),
      landing: undefined,
      fiber: undefined
    }
    entries.depart(entry, pending)
    const flown = Effect.suspend(() => attempt(entry, pending)).pipe(
      Effect.onExit((exit) => Effect.sync(() => land(entry, pending, exit))),
      Effect.exit,
      Effect.flatMap((exit) => (held === undefined ? Effect.void : report(exit)))
    )
    pending.fiber = Fiber.runIn(Effect.runForkWith(context)(flown), scope)
    return pending
  }

  const leave = (entry: Entry<PendingMint>, pending: PendingMint, callback: (landing: Landing) => void) => {
    pending.waiting.delete(callback)
    if (pending.waiting.size > 0 || pending.background || entry.pending !== pending) return
    entries.rest(entry)
    pending.fiber?.interruptUnsafe()
  }

  return {
    depart,
    wait: (entry, pending, deadline, callback) => {
      pending.deadline = Math.max(pending.deadline, deadline)
      if (pending.landing !== undefined) callback(pending.landing)
      else pending.waiting.add(callback)
      return () => leave(entry, pending, callback)
    }
  }
}

const errors = (cause: Cause.Cause<TempCredentialError>): ReadonlyArray<TempCredentialError> =>
  cause.reasons.filter(Cause.isFailReason).map(({ error }) => error)
