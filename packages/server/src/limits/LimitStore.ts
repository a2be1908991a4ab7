/**
 * The interface of a store in which processes count the requests of callers together, as `Limits` uses it. `@tempcred/redis` implements it with Redis.
 *
 * Each operation returns `None` where the store is unavailable: it is down, it refused, or it did not answer within `limit`.
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"

/** How the endpoint wants its counts. */
export interface StoreOptions {
  readonly perMinute: number
  readonly concurrent: number
  /** Limit of one exchange; one that takes longer is an outage. */
  readonly limit: Duration.Duration
  /** How long the request of a process counts without a sign of life. */
  readonly lease: Duration.Duration
  /** Receives the reason of an outage when it begins: an error code such as `ECONNREFUSED`, without the words of the error. */
  readonly onDown: (reason: string) => Effect.Effect<void>
  /** Runs when the outage is over. */
  readonly onUp: Effect.Effect<void>
}

/** Counts by key, which is a hash of the caller's subject. An owner is one request. */
export interface Counts {
  /** Takes one of the concurrent places of a key; returns false where none is free. A place that was taken without an answer in time is returned. */
  readonly enter: (key: string, owner: string) => Effect.Effect<Option.Option<boolean>>
  /** Keeps the owner's place until it is interrupted. */
  readonly stay: (key: string, owner: string) => Effect.Effect<never>
  /** Returns the owner's place in the background; during an outage, when it is over. */
  readonly leave: (key: string, owner: string) => Effect.Effect<void>
  /** Counts one request, or returns how long the key has to wait. */
  readonly count: (key: string) => Effect.Effect<Option.Option<Duration.Duration | undefined>>
}

/** A store that processes share. Opening it does not wait for the connection and never fails; closing the scope closes the connection. */
export interface LimitStore {
  readonly limits: (options: StoreOptions) => Effect.Effect<Counts, never, Scope.Scope>
}
