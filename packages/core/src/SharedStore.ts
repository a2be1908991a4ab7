/**
 * The interface of a store that machines share: credentials, and the rate limit of a vendor
 * account. `@tempcred/redis` implements it. Each operation returns `None` if the store is
 * unavailable: it is down, returns an error, or does not respond within `limit`. The store reports an
 * outage once (`onDown`), reconnects in the background, and reports the recovery once (`onUp`).
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"

/** Options of a store. */
export interface StoreOptions {
  /** The time limit of one request to the store. A longer one counts as an outage. */
  readonly limit: Duration.Duration
  /**
   * Receives the reason of an outage at its start: an error code such as `ECONNREFUSED`, without a
   * message.
   */
  readonly onDown: (reason: string) => Effect.Effect<void>
  /** Runs when the outage is over. */
  readonly onUp: Effect.Effect<void>
}

/** An encrypted credential in the store, and the milliseconds until it expires by the store's clock. */
export interface StoredText {
  readonly text: string
  readonly remaining: number
}

/**
 * The outcome of a visit: a stored credential; a lease to mint one, with its fencing token and the
 * store's time; or neither, because another machine holds the lease.
 */
export type Visit =
  | ({ readonly _tag: "Found" } & StoredText)
  | { readonly _tag: "Granted"; readonly fence: number; readonly now: number }
  | { readonly _tag: "Held" }

/** Encrypted credentials by scope name, with one lease for each scope. All times are by the store's clock. */
export interface CredentialStore {
  /**
   * Returns the stored text, unless its id is `seen`. Otherwise grants the lease of the scope to an
   * owner, if the lease is free.
   */
  readonly visit: (name: string, seen: string, owner: string) => Effect.Effect<Option.Option<Visit>>
  /** Returns the stored text of a scope, if there is one, without taking a lease. */
  readonly read: (name: string) => Effect.Effect<Option.Option<StoredText | undefined>>
  /** Extends the owner's lease. */
  readonly renew: (name: string, owner: string) => Effect.Effect<unknown>
  /** Releases the owner's lease in the background. */
  readonly release: (name: string, owner: string) => Effect.Effect<void>
  /**
   * Stores a text until a time in milliseconds and releases the lease. If a newer lease was granted,
   * stores nothing and returns false.
   */
  readonly write: (
    name: string,
    owner: string,
    stored: { readonly fence: number; readonly text: string; readonly until: number }
  ) => Effect.Effect<Option.Option<boolean>>
  /** Deletes the text with this id, and lists the id as invalidated for a number of milliseconds. */
  readonly invalidate: (name: string, id: string, milliseconds: number) => Effect.Effect<Option.Option<unknown>>
  /**
   * Reads the ids of invalidated texts at an interval while the scope is open, from all machines. The
   * function returns the ids of the last reading. While the store is unavailable, they are older than
   * the interval.
   */
  readonly invalidated: (interval: Duration.Duration) => Effect.Effect<() => ReadonlySet<string>, never, Scope.Scope>
}

/** A rate limit: calls per minute, spread evenly, and the number of calls at once after an idle time. */
export interface Budget {
  readonly perMinute: number
  readonly burst: number
}

/** Rate limits by the name of a vendor account. */
export interface RateStore {
  /** Counts one call and returns 0. If the limit is reached, returns the milliseconds to wait instead. */
  readonly take: (name: string, budget: Budget) => Effect.Effect<Option.Option<number>>
  /** Delays all calls of the account by a number of milliseconds, unless a longer delay is in effect. */
  readonly hold: (name: string, milliseconds: number) => Effect.Effect<Option.Option<unknown>>
}

/**
 * A store that machines share. Opening it never fails and does not wait for the connection. Closing
 * the scope closes the connection.
 */
export interface SharedStore {
  /** Opens the store of credentials. A lease that is not renewed expires after `lease`. */
  readonly credentials: (
    options: StoreOptions & { readonly lease: Duration.Duration }
  ) => Effect.Effect<CredentialStore, never, Scope.Scope>
  /** Opens the store of rate limits. */
  readonly rates: (options: StoreOptions) => Effect.Effect<RateStore, never, Scope.Scope>
}
