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
import * as Deadline from "../Deadline.ts"
import { fingerprint } from "../Fingerprint.ts"
import * as MinRemaining from "../MinRemaining.ts"
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
import type { TempCredentialError } from "../TempCredentialError.ts"

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
  /** Drops what the cell of a request holds where it has this fingerprint, and tells the provider below. */
  readonly invalidateFingerprint: (request: MintRequest, refused: string) => Effect.Effect<void>
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
    Exit.fail(MinRemaining.refuse(provider.id, `must be less than the ${seconds} seconds that a new credential lasts`))

  /** Whether a flight that others sent off may have brought what this caller cannot use, out of a store that machines share. */
  const isUnfit = (flight: Flight, { exit }: Landing, { minRemaining = 0, refused }: Demand): boolean => {
    if (Exit.isFailure(exit)) return false
    if (refused !== undefined && flight.refused !== refused) return true
    return flight.least < minRemaining && remaining(exit.value, now()) < minRemaining
  }

  const landed = ({ exit, old }: Landing, cell: Cell<Flight>, demand: Demand): Outcome => {
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
    const lasts = cell.held === undefined ? Infinity : lifetime(cell.held.credential)
    if (demand.isStrict && lasts <= (demand.minRemaining ?? 0)) return resume(tooShort(lasts / 1000))
    const denied = refusal(cell, at)
    metrics.missed(denied !== undefined)
    if (denied !== undefined) return resume(Exit.failCause(denied.cause))
    const joins = cell.flight !== undefined
    const flight = cell.flight ?? flights.depart(cell, demand, context)
    const land = (landing: Landing) =>
      joins && isUnfit(flight, landing, demand)
        ? // What landed is new: if it will do, it is found in the cell.
          resume(get(cell.kept.request, { ...demand, refresh: false }))
        : resume(landed(landing, cell, demand))
    return Effect.sync(flights.wait(cell, flight, Deadline.endOf(context), land))
  }

  const joined: Door["joined"] = (request, done) => {
    const cell = cells.find(request)
    if (cell?.flight === undefined) return undefined
    if (cell.held !== undefined && servable(cell, now(), nothing) !== undefined) return undefined
    metrics.missed(false)
    return flights.wait(cell, cell.flight, Number.POSITIVE_INFINITY, (landing) => done(landed(landing, cell, nothing)))
  }

  const pass = (request: MintRequest, { minRemaining, refused }: Demand) =>
    provider.mint(request, {
      minRemaining: minRemaining === undefined ? undefined : Duration.millis(minRemaining),
      refused
    })

  const find: Door["get"] = (request, demand) =>
    Effect.withFiber((fiber) =>
      // What is found and what is done about it must be one step: a fiber that yields in between would mint twice.
      Effect.callback((resume) => {
        if (closed) return resume(Effect.interrupt)
        const cell = cells.findOrMake(request)
        return cell === undefined ? resume(pass(request, demand)) : look(cell, demand, fiber.context, resume)
      })
    )

  const invalidateFingerprint: Door["invalidateFingerprint"] = Effect.fnUntraced(function* (request, refused) {
    const cell = cells.find(request)
    const held = cell?.held
    const isHeld = held !== undefined && (yield* fingerprint(held.credential.token)) === refused
    // Another credential may have come while the fingerprint was computed.
    if (isHeld && cell?.held === held) cells.hold(cell, undefined)
    if (provider.invalidateFingerprint !== undefined) yield* provider.invalidateFingerprint(request, refused)
    else if (isHeld && provider.invalidate !== undefined) yield* provider.invalidate(held.credential)
  })

  const get: Door["get"] = (request, demand) =>
    demand.refused === undefined
      ? find(request, demand)
      : Effect.andThen(invalidateFingerprint(request, demand.refused), find(request, demand))

  const close = Effect.sync(() => {
    closed = true
    metrics.flush()
    cells.clear()
  })
  return { cached, close, get, invalidateFingerprint, joined }
}
