/**
 * The interface of a store that machines share: credentials and the budget of a vendor account. `@tempcred/redis` implements it with Redis.
 *
 * Each operation returns `None` where the store is unavailable: it is down, it refused, or it did not answer within `limit`. The store reports an outage once
 * (`onDown`), reconnects in the background, and reports the end of the outage once (`onUp`).
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"

/** How the users of a store want it. */
export interface StoreOptions {
  /** Limit of one exchange; one that takes longer is an outage. */
  readonly limit: Duration.Duration
  /** Receives the reason of an outage when it begins: an error code such as `ECONNREFUSED`, without the words of the error. */
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
 * The outcome of a visit to the store: a stored credential; a lease to mint one, with its fencing token and the time by the clock of the store; or neither,
 * as somebody else holds the lease.
 */
export type Visit =
  | ({ readonly _tag: "Found" } & StoredText)
  | { readonly _tag: "Granted"; readonly fence: number; readonly now: number }
  | { readonly _tag: "Held" }

/** Encrypted credentials by the name of their scope, and for each scope one lease. All times are by the clock of the store. */
export interface CredentialStore {
  /** Returns the stored text, unless its id is `seen`; otherwise grants the lease of the scope to an owner, if it is free. */
  readonly visit: (name: string, seen: string, owner: string) => Effect.Effect<Option.Option<Visit>>
  /** Returns the stored text of a scope, if there is one, and takes no lease. */
  readonly read: (name: string) => Effect.Effect<Option.Option<StoredText | undefined>>
  /** Extends the owner's lease. */
  readonly renew: (name: string, owner: string) => Effect.Effect<unknown>
  /** Returns the owner's lease in the background. */
  readonly release: (name: string, owner: string) => Effect.Effect<void>
  /** Stores a text until a time in milliseconds and returns the lease. Returns false and stores nothing where a newer lease was granted. */
  readonly write: (
    name: string,
    owner: string,
    stored: { readonly fence: number; readonly text: string; readonly until: number }
  ) => Effect.Effect<Option.Option<boolean>>
  /** Deletes the text with this id, and lists the id among the invalidated ones for so many milliseconds. */
  readonly invalidate: (name: string, id: string, milliseconds: number) => Effect.Effect<Option.Option<unknown>>
  /** The ids of the texts that any machine has invalidated. */
  readonly invalidated: Effect.Effect<Option.Option<ReadonlyArray<string>>>
}

/** A budget of calls: so many in a minute, spread evenly, and so many at once after an idle time. */
export interface Budget {
  readonly perMinute: number
  readonly burst: number
}

/** Budgets by the name of a vendor account. */
export interface RateStore {
  /** Takes one call from the budget and returns 0, or returns the milliseconds until the next attempt. */
  readonly take: (name: string, budget: Budget) => Effect.Effect<Option.Option<number>>
  /** Holds all calls of the account for so many milliseconds. A longer hold stays. */
  readonly hold: (name: string, milliseconds: number) => Effect.Effect<Option.Option<unknown>>
}

/** A store that machines share. Opening it does not wait for the connection and never fails; closing the scope closes the connection. */
export interface SharedStore {
  /** Opens the store of credentials; `lease` is how long a lease lasts without being renewed. */
  readonly credentials: (
    options: StoreOptions & { readonly lease: Duration.Duration }
  ) => Effect.Effect<CredentialStore, never, Scope.Scope>
  /** Opens the store of budgets. */
  readonly rates: (options: StoreOptions) => Effect.Effect<RateStore, never, Scope.Scope>
}
