/**
 * How requests get their credentials from the cells of a cache: at once where something is held that will do, else through a flight.
 *
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Moment } from "../Moment.ts"
import {
  type Cell,
  type Demand,
  isDue,
  isFresh,
  lifetime,
  nothing,
  phase,
  refusal,
  remaining,
  servable
} from "./Cell.ts"
import type { Flight, Flights, Ground, Landing } from "./Flights.ts"
import type { MintRequest } from "../MintRequest.ts"
import type { TempCredential } from "../TempCredential.ts"
import { InvalidRequestError, TempCredentialError } from "../TempCredentialError.ts"
import { MinRemaining } from "../TempCredentialProvider.ts"

type Resume = (answer: Effect.Effect<TempCredential, TempCredentialError>) => void

/**
 * The ways into one cache.
 *
 * @category models
 * @since 0.1.0
 */
export interface Door {
  /** What can be served at once, with nothing else to be done. */
  readonly cached: (request: MintRequest) => TempCredential | undefined
  /** Waits for a flight that is under way, where waiting is all there is to do; what it returns stops waiting. */
  readonly joined: (request: MintRequest, done: (exit: Outcome) => void) => (() => void) | undefined
  /** Serves, waits, or refuses, and sends off what flight that takes. */
  readonly get: (request: MintRequest, demand: Demand) => Effect.Effect<TempCredential, TempCredentialError>
  /** Lets nobody in any more, and forgets everything. */
  readonly close: Effect.Effect<void>
}

/**
 * What comes of a get.
 *
 * @category models
 * @since 0.1.0
 */
export type Outcome = Exit.Exit<TempCredential, TempCredentialError>

/**
 * Says what is wrong with the life that a caller wants to be left.
 *
 * @category constructors
 * @since 0.1.0
 */
export const refuseMinRemaining = (provider: string, message: string): TempCredentialError =>
  new TempCredentialError({
    provider,
    reason: new InvalidRequestError({ issues: [{ field: "minRemaining", message }] })
  })

/**
 * Opens a cache.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (ground: Ground, flights: Flights, clock: Clock.Clock): Door => {
  const { provider, cells, metrics, now } = ground
  let closed = false

  const isTakenBack = provider.isInvalidated ?? (() => false)

  const cached: Door["cached"] = (request) => {
    const cell = cells.find(request)
    if (cell?.held === undefined || isTakenBack(cell.held.credential)) return undefined
    if (isFresh(cell.held, clock)) {
      metrics.hit(cell.held)
      return cell.held.credential
    }
    const at = now()
    const held = servable(cell, at, nothing)
    if (held === undefined || isDue(cell, held, at)) return undefined
    metrics.served(cell, held)
    return held.credential
  }

  /** Forgets what nobody may be given any more, and with what has ended the refusal that kept it from renewal. */
  const tidy = (cell: Cell<Flight>, at: Moment) => {
    if (cell.held === undefined) return
    const isOver = remaining(cell.held, at) <= 0
    if (isOver) cell.refusal = undefined
    if (isOver || isTakenBack(cell.held.credential)) cells.hold(cell, undefined)
  }

  const tooShort = (seconds: number): Outcome =>
    Exit.fail(refuseMinRemaining(provider.id, `must be less than the ${seconds} seconds that a new credential lasts`))

  const isShort = ({ exit }: Landing, least: number): boolean =>
    Exit.isSuccess(exit) && remaining(exit.value, now()) < least

  const landed = ({ exit, old }: Landing, cell: Cell<Flight>, demand: Demand): Outcome => {
    const at = now()
    if (Exit.isSuccess(exit)) {
      const left = remaining(exit.value, at)
      return left < (demand.minRemaining ?? 0) ? tooShort(left / 1000) : Exit.succeed(exit.value.credential)
    }
    if (old === undefined || phase(old, at, demand) === "spent" || isTakenBack(old.credential)) {
      return Exit.failCause(exit.cause)
    }
    metrics.served(cell, old)
    return Exit.succeed(old.credential)
  }

  const look = (cell: Cell<Flight>, demand: Demand, context: Context.Context<never>, resume: Resume) => {
    const at = now()
    tidy(cell, at)
    const held = servable(cell, at, demand)
    if (held !== undefined) {
      if (isDue(cell, held, at)) flights.depart(cell, "background", context)
      metrics.served(cell, held)
      return resume(Exit.succeed(held.credential))
    }
    const least = demand.minRemaining ?? 0
    const lasts = cell.held === undefined ? Infinity : lifetime(cell.held.credential)
    if (lasts <= least) return resume(tooShort(lasts / 1000))
    const denied = refusal(cell, at)
    metrics.missed(denied !== undefined)
    if (denied !== undefined) return resume(Exit.failCause(denied.cause))
    const joins = cell.flight !== undefined
    const flight = cell.flight ?? flights.depart(cell, least, context)
    return Effect.sync(
      flights.wait(cell, flight, (landing) =>
        // A flight that others sent off may bring less life than this caller wants, out of a store that machines share.
        resume(joins && isShort(landing, least) ? get(cell.kept.request, demand) : landed(landing, cell, demand))
      )
    )
  }

  const joined: Door["joined"] = (request, done) => {
    const cell = cells.find(request)
    if (cell?.flight === undefined) return undefined
    if (cell.held !== undefined && servable(cell, now(), nothing) !== undefined) return undefined
    metrics.missed(false)
    return flights.wait(cell, cell.flight, (landing) => done(landed(landing, cell, nothing)))
  }

  const pass = (request: MintRequest, { minRemaining }: Demand) =>
    minRemaining === undefined
      ? provider.mint(request)
      : Effect.provideService(provider.mint(request), MinRemaining, Duration.millis(minRemaining))

  const get: Door["get"] = (request, demand) =>
    Effect.withFiber((fiber) =>
      // What is found and what is done about it must be one step: a fiber that yields in between would mint twice.
      Effect.callback((resume) => {
        if (closed) return resume(Effect.interrupt)
        const cell = cells.findOrMake(request)
        return cell === undefined ? resume(pass(request, demand)) : look(cell, demand, fiber.context, resume)
      })
    )

  const close = Effect.sync(() => {
    closed = true
    metrics.flush()
    cells.clear()
  })
  return { cached, close, get, joined }
}
