/**
 * Mints under way for a cache, one per cell. A flight is nobody's child: whoever waits for it may leave, and only when all have left is it
 * interrupted. A flight that renews beside the callers is waited for by the cache itself.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import type { Moment } from "../Moment.ts"
import * as Deadline from "../Deadline.ts"
import { type Cell, type Demand, type Held, hold, isRefusal, nothing, refuse, remaining } from "./Cell.ts"
import type { Cells } from "./Cells.ts"
import type * as CacheMetrics from "./Metrics.ts"
import type { Shares } from "./Windows.ts"
import type { Event } from "../Events.ts"
import { failureTags } from "../FailureTags.ts"
import { InvalidResponseError, type Reason, TempCredentialError, TransportError } from "../TempCredentialError.ts"
import type { TempCredentialProvider } from "../TempCredentialProvider.ts"

/**
 * How a flight ended, and what of the old credential may still be served.
 *
 * @category models
 * @since 0.1.0
 */
export interface Landing {
  readonly exit: Exit.Exit<Held, TempCredentialError>
  readonly old: Held | undefined
}

/**
 * A mint under way.
 *
 * @category models
 * @since 0.1.0
 */
export interface Flight {
  readonly waiting: Set<(landing: Landing) => void>
  /** Whether the cache itself waits. */
  readonly background: boolean
  /** How much life was asked for, in milliseconds. */
  readonly least: number
  /** The fingerprint of the credential that was told to be refused. */
  readonly refused: string | undefined
  /** The deadline of the caller with most time, in monotonic milliseconds. */
  deadline: number
  landing: Landing | undefined
  fiber: Fiber.Fiber<void> | undefined
}

/**
 * What flights need.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ground {
  readonly provider: TempCredentialProvider["Service"]
  readonly cells: Cells<Flight>
  readonly metrics: ReturnType<typeof CacheMetrics.make>
  readonly publish: (event: Event) => Effect.Effect<void>
  readonly scope: Scope.Scope
  readonly now: () => Moment
  readonly random: (typeof Random.Random)["Service"]
  readonly shares: Shares
  /** Bound on one flight. */
  readonly timeout: Duration.Duration
}

/**
 * Sends off flights and waits for them.
 *
 * @category models
 * @since 0.1.0
 */
export interface Flights {
  /** Sends a flight off, for what a caller wants, or for the cache itself. */
  readonly depart: (cell: Cell<Flight>, demand: Demand | "background", context: Context.Context<never>) => Flight
  /** Calls back when a cell's flight has landed, for a caller who has until a deadline; what it returns stops waiting. */
  readonly wait: (
    cell: Cell<Flight>,
    flight: Flight,
    deadline: number,
    callback: (landing: Landing) => void
  ) => () => void
}

/**
 * Makes the flights of one cache.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (ground: Ground): Flights => {
  const { provider, cells, metrics, now, random, scope, shares } = ground
  const fail = (reason: Reason) => new TempCredentialError({ provider: provider.id, reason })

  const attempt = (cell: Cell<Flight>, flight: Flight) => {
    const begun = now()
    const minRemaining = flight.least > 0 ? Duration.millis(flight.least) : undefined
    return provider.mint(cell.kept.request, { minRemaining, refused: flight.refused }).pipe(
      Deadline.until(() => flight.deadline),
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

  /** What the cell learns. */
  const settle = (cell: Cell<Flight>, exit: Exit.Exit<Held, TempCredentialError>) => {
    if (Exit.isSuccess(exit)) {
      cell.refusal = undefined
      cells.hold(cell, exit.value)
    } else {
      if (errors(exit.cause).some((error) => isRefusal(error, cell.held))) cells.hold(cell, undefined)
      cell.refusal = refuse(exit.cause, cell, now(), random.nextDoubleUnsafe())
    }
  }

  const land = (cell: Cell<Flight>, flight: Flight, exit: Exit.Exit<Held, TempCredentialError>) => {
    // An abandoned flight has nothing more to say about the cell.
    if (cell.flight === flight) settle(cell, exit)
    const landing = { exit, old: cell.held }
    flight.landing = landing
    if (cell.flight === flight) cells.rest(cell)
    metrics.size(cells.size())
    for (const callback of flight.waiting) callback(landing)
  }

  const report = (exit: Exit.Exit<Held, TempCredentialError>) => {
    metrics.renewal(Exit.isSuccess(exit) ? "renewed" : "failed")
    return Effect.forEach(
      Exit.isSuccess(exit) ? [] : failureTags(exit.cause),
      (reason) => ground.publish({ _tag: "RefreshFailed", provider: provider.id, reason }),
      { discard: true }
    )
  }

  const depart: Flights["depart"] = (cell, wanted, context) => {
    const background = wanted === "background"
    const { minRemaining = 0, refused } = background ? nothing : wanted
    const { held } = cell
    const flight: Flight = {
      waiting: new Set(),
      background,
      // What is renewed may come from a store that machines share: ask for more than is held.
      least: Math.max(minRemaining, held === undefined ? 0 : remaining(held, now()) + 1),
      refused,
      deadline: background ? Number.POSITIVE_INFINITY : Deadline.endOf(context),
      landing: undefined,
      fiber: undefined
    }
    cells.depart(cell, flight)
    const flown = Effect.suspend(() => attempt(cell, flight)).pipe(
      Effect.onExit((exit) => Effect.sync(() => land(cell, flight, exit))),
      Effect.exit,
      Effect.flatMap((exit) => (held === undefined ? Effect.void : report(exit)))
    )
    flight.fiber = Fiber.runIn(Effect.runForkWith(context)(flown), scope)
    return flight
  }

  const leave = (cell: Cell<Flight>, flight: Flight, callback: (landing: Landing) => void) => {
    flight.waiting.delete(callback)
    if (flight.waiting.size > 0 || flight.background || cell.flight !== flight) return
    cells.rest(cell)
    flight.fiber?.interruptUnsafe()
  }

  return {
    depart,
    wait: (cell, flight, deadline, callback) => {
      flight.deadline = Math.max(flight.deadline, deadline)
      if (flight.landing !== undefined) callback(flight.landing)
      else flight.waiting.add(callback)
      return () => leave(cell, flight, callback)
    }
  }
}

const errors = (cause: Cause.Cause<TempCredentialError>): ReadonlyArray<TempCredentialError> =>
  cause.reasons.filter(Cause.isFailReason).map(({ error }) => error)
