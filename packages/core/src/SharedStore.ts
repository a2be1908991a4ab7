/**
 * The interface of a store that machines share: credentials, and the rate limit of a vendor
 * account. `@tempcred/redis` implements it. Each operation returns `None` if the store is
 * unavailable: it is down, refused, or did not respond within `limit`. The store reports an outage
 * once (`onDown`), reconnects in the background, and reports the end once (`onUp`).
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"

/** Options of a store. */
export interface StoreOptions {
  /** The time limit of one exchange; a longer one is an outage. */
  readonly limit: Duration.Duration
  /**
   * Receives the reason of an outage at its start: an error code such as `ECONNREFUSED`, without a
   * message.
   */
  readonly onDown: (reason: string) => Effect.Effect<void>
  /** Runs when the outage is over. */
  readonly onUp: Effect.Effect<void>
}

/** An encrypted credential in the store, with the milliseconds until it expires by the clock of the store. */
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

/** Encrypted credentials by scope name, with one lease for each scope. All times are the store's. */
export interface CredentialStore {
  /** Returns the stored text, unless its id is `seen`; otherwise grants the lease of the scope to an owner, if it is free. */
  readonly visit: (name: string, seen: string, owner: string) => Effect.Effect<Option.Option<Visit>>
  /** Returns the stored text of a scope, if there is one, and takes no lease. */
  readonly read: (name: string) => Effect.Effect<Option.Option<StoredText | undefined>>
  /** Extends the owner's lease. */
  readonly renew: (name: string, owner: string) => Effect.Effect<unknown>
  /** Returns the owner's lease in the background. */
  readonly release: (name: string, owner: string) => Effect.Effect<void>
  /**
   * Stores a text until a time in milliseconds and returns the lease. Returns false and stores
   * nothing after a newer lease was granted.
   */
  readonly write: (
    name: string,
    owner: string,
    stored: { readonly fence: number; readonly text: string; readonly until: number }
  ) => Effect.Effect<Option.Option<boolean>>
  /** Deletes the text with this id, and lists the id among the invalidated ones for so many milliseconds. */
  readonly invalidate: (name: string, id: string, milliseconds: number) => Effect.Effect<Option.Option<unknown>>
  /**
   * Follows the ids of the texts that any machine has invalidated while the scope is open. The
   * function returns those that were known an interval ago or later, or the last ones that the store
   * gave while it is unavailable.
   */
  readonly invalidated: (interval: Duration.Duration) => Effect.Effect<() => ReadonlySet<string>, never, Scope.Scope>
}

/** A rate limit: calls per minute, spread evenly, and calls at once after an idle time. */
export interface Budget {
  readonly perMinute: number
  readonly burst: number
}

/** Rate limits by the name of a vendor account. */
export interface RateStore {
  /** Counts one call and returns 0, or returns the milliseconds until the next attempt. */
  readonly take: (name: string, budget: Budget) => Effect.Effect<Option.Option<number>>
  /** Delays all calls of the account by so many milliseconds. A longer delay stays. */
  readonly hold: (name: string, milliseconds: number) => Effect.Effect<Option.Option<unknown>>
}

/** A store that machines share. Opening it does not wait for the connection and never fails; closing the scope closes the connection. */
export interface SharedStore {
  /** Opens the store of credentials; `lease` is how long a lease lasts without being renewed. */
  readonly credentials: (
    options: StoreOptions & { readonly lease: Duration.Duration }
  ) => Effect.Effect<CredentialStore, never, Scope.Scope>
  /** Opens the store of rate limits. */
  readonly rates: (options: StoreOptions) => Effect.Effect<RateStore, never, Scope.Scope>
}
