/**
 * The entries of a cache, up to its capacity. Beyond the capacity, the least recently used entry is
 * evicted. Entries with a mint in progress are never evicted.
 */
import * as Redacted from "effect/Redacted"
import type { Entry, Held } from "./Entry.ts"
import { keep, saysTheSame } from "../ScopeKey.ts"
import type { MintRequest } from "../MintRequest.ts"
import { prepare } from "../mint-request/Prepare.ts"
import type { TempCredential } from "../TempCredential.ts"

/** The entries of a cache. */
export interface Entries<PendingMint> {
  /** Finds the entry of a request and marks it as used. */
  readonly find: (request: MintRequest) => Entry<PendingMint> | undefined
  /**
   * Finds the entry of a request, or makes a new one, which `depart` adds to the cache. Returns
   * `undefined` for a request without a scope key.
   */
  readonly findOrMake: (request: MintRequest) => Entry<PendingMint> | undefined
  /** Lists the entries with this credential's token. A vendor may return the same token for several scopes. */
  readonly holdersOf: (credential: TempCredential) => ReadonlyArray<Entry<PendingMint>>
  readonly hold: (entry: Entry<PendingMint>, held: Held | undefined) => void
  readonly depart: (entry: Entry<PendingMint>, pending: PendingMint) => void
  /** Marks the mint of an entry as ended. Removes an entry that never had a credential and has no failure. */
  readonly rest: (entry: Entry<PendingMint>) => void
  readonly size: () => number
  readonly clear: () => void
}

/** Makes an empty set of entries with this capacity. `keyOf` returns the scope key of a request. */
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
      // Most programs repeat one request, so the newest entry is compared first, without a scope key.
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
          request: prepare(request),
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
