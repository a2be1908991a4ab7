/**
 * The entries of a cache, at most so many at a time. Those at rest are in the order of their last use and the first of them gives way; those with a
 * mint under way are kept apart, so that none of them can.
 */
import * as Redacted from "effect/Redacted"
import type { Entry, Held } from "./Entry.ts"
import { keep, saysTheSame } from "../ScopeKey.ts"
import type { MintRequest } from "../MintRequest.ts"
import type { TempCredential } from "../TempCredential.ts"

/** Finds and keeps entries. */
export interface Entries<PendingMint> {
  /** The entry of a request, from now on the last used. */
  readonly find: (request: MintRequest) => Entry<PendingMint> | undefined
  /** The same, or a new and empty one; nothing for a request that has no key. */
  readonly findOrMake: (request: MintRequest) => Entry<PendingMint> | undefined
  /** The entries that hold this credential's token: a vendor may return one token for several scopes. */
  readonly holdersOf: (credential: TempCredential) => ReadonlyArray<Entry<PendingMint>>
  readonly hold: (entry: Entry<PendingMint>, held: Held | undefined) => void
  readonly depart: (entry: Entry<PendingMint>, pending: PendingMint) => void
  /** Ends the pending; a entry that never held anything and has no refusal is dropped. */
  readonly rest: (entry: Entry<PendingMint>) => void
  readonly size: () => number
  readonly clear: () => void
}

/** Makes a place for so many entries; a request without a key has none. */
export const make = <PendingMint>(
  capacity: number,
  keyOf: (request: MintRequest) => string | undefined
): Entries<PendingMint> => {
  const resting = new Map<string, Entry<PendingMint>>()
  const flying = new Map<string, Entry<PendingMint>>()
  const holders = new Map<string, Set<Entry<PendingMint>>>()
  let newest: Entry<PendingMint> | undefined

  const touch = (entry: Entry<PendingMint>) => {
    resting.delete(entry.key)
    resting.set(entry.key, entry)
    newest = entry
  }
  const forget = (entry: Entry<PendingMint>) => {
    hold(entry, undefined)
    resting.delete(entry.key)
    if (newest === entry) newest = undefined
  }
  const trim = () => {
    for (const entry of resting.values()) {
      if (resting.size + flying.size <= capacity) return
      forget(entry)
    }
  }
  const byKey = (key: string): Entry<PendingMint> | undefined => {
    const entry = resting.get(key)
    if (entry === undefined) return flying.get(key)
    touch(entry)
    return entry
  }
  const hold = (entry: Entry<PendingMint>, held: Held | undefined) => {
    if (entry.held !== undefined) {
      const token = Redacted.value(entry.held.credential.token)
      const sharers = holders.get(token)
      if (sharers?.delete(entry) === true && sharers.size === 0) holders.delete(token)
    }
    entry.held = held
    if (held === undefined) return
    entry.hasHeld = true
    const token = Redacted.value(held.credential.token)
    holders.set(token, (holders.get(token) ?? new Set()).add(entry))
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
          pending: undefined
        }
      )
    },
    holdersOf: ({ token }) => [...(holders.get(Redacted.value(token)) ?? [])],
    hold,
    depart: (entry, pending) => {
      entry.pending = pending
      resting.delete(entry.key)
      flying.set(entry.key, entry)
      newest = entry
      trim()
    },
    rest: (entry) => {
      entry.pending = undefined
      flying.delete(entry.key)
      if (!entry.hasHeld && entry.refusal === undefined) return forget(entry)
      touch(entry)
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
