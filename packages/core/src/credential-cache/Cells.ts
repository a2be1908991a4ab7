/**
 * The cells of a cache, at most so many at a time. Those at rest are in the order of their last use and the first of them gives way; those with a
 * mint under way are kept apart, so that none of them can.
 *
 * @since 0.1.0
 */
import * as Redacted from "effect/Redacted"
import type { Cell, Held } from "./Cell.ts"
import { keep, saysTheSame } from "../ScopeKey.ts"
import type { MintRequest } from "../MintRequest.ts"
import type { TempCredential } from "../TempCredential.ts"

/**
 * Finds and keeps cells.
 *
 * @category models
 * @since 0.1.0
 */
export interface Cells<Flight> {
  /** The cell of a request, from now on the last used. */
  readonly find: (request: MintRequest) => Cell<Flight> | undefined
  /** The same, or a new and empty one; nothing for a request that has no key. */
  readonly findOrMake: (request: MintRequest) => Cell<Flight> | undefined
  /** The cells that hold this credential's token: a vendor may return one token for several scopes. */
  readonly holdersOf: (credential: TempCredential) => ReadonlyArray<Cell<Flight>>
  readonly hold: (cell: Cell<Flight>, held: Held | undefined) => void
  readonly depart: (cell: Cell<Flight>, flight: Flight) => void
  /** Ends the flight; a cell that never held anything and has no refusal is dropped. */
  readonly rest: (cell: Cell<Flight>) => void
  readonly size: () => number
  readonly clear: () => void
}

/**
 * Makes a place for so many cells; a request without a key has none.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <Flight>(capacity: number, keyOf: (request: MintRequest) => string | undefined): Cells<Flight> => {
  const resting = new Map<string, Cell<Flight>>()
  const flying = new Map<string, Cell<Flight>>()
  const holders = new Map<string, Set<Cell<Flight>>>()
  let newest: Cell<Flight> | undefined

  const touch = (cell: Cell<Flight>) => {
    resting.delete(cell.key)
    resting.set(cell.key, cell)
    newest = cell
  }
  const forget = (cell: Cell<Flight>) => {
    hold(cell, undefined)
    resting.delete(cell.key)
    if (newest === cell) newest = undefined
  }
  const trim = () => {
    for (const cell of resting.values()) {
      if (resting.size + flying.size <= capacity) return
      forget(cell)
    }
  }
  const byKey = (key: string): Cell<Flight> | undefined => {
    const cell = resting.get(key)
    if (cell === undefined) return flying.get(key)
    touch(cell)
    return cell
  }
  const hold = (cell: Cell<Flight>, held: Held | undefined) => {
    if (cell.held !== undefined) {
      const token = Redacted.value(cell.held.credential.token)
      const sharers = holders.get(token)
      if (sharers?.delete(cell) === true && sharers.size === 0) holders.delete(token)
    }
    cell.held = held
    if (held === undefined) return
    cell.hasHeld = true
    const token = Redacted.value(held.credential.token)
    holders.set(token, (holders.get(token) ?? new Set()).add(cell))
  }
  return {
    find: (request) => {
      // Most programs ask for the same thing again and again: then there is no key to write.
      if (newest !== undefined && saysTheSame(newest.kept, request)) return newest
      const key = keyOf(request)
      return key === undefined ? undefined : byKey(key)
    },
    findOrMake: (request) => {
      const key = keyOf(request)
      if (key === undefined) return undefined
      return (
        byKey(key) ?? {
          key,
          kept: keep(request),
          held: undefined,
          hasHeld: false,
          refusal: undefined,
          flight: undefined
        }
      )
    },
    holdersOf: ({ token }) => [...(holders.get(Redacted.value(token)) ?? [])],
    hold,
    depart: (cell, flight) => {
      cell.flight = flight
      resting.delete(cell.key)
      flying.set(cell.key, cell)
      newest = cell
      trim()
    },
    rest: (cell) => {
      cell.flight = undefined
      flying.delete(cell.key)
      if (!cell.hasHeld && cell.refusal === undefined) return forget(cell)
      touch(cell)
      trim()
    },
    size: () => resting.size + flying.size,
    clear: () => {
      resting.clear()
      flying.clear()
      holders.clear()
      newest = undefined
    }
  }
}
