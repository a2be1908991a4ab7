/**
 * Access to the cached credentials of a provider, for wrappers of this package and for the Promise API.
 * Its key is a symbol. An app's wrapper that copies a provider (`{ ...provider, mint }`) copies it too.
 */
import type * as Exit from "effect/Exit"
import type { MintRequest } from "../MintRequest.ts"
import type { TempCredential } from "../TempCredential.ts"
import type { TempCredentialError } from "../TempCredentialError.ts"

/** The key of a provider's `Holding`. */
export const holding: unique symbol = Symbol.for("@tempcred/core/Holding")

/** Access to the cached credentials of a provider. A function is absent if no wrapper below supports it. */
export interface Holding {
  /** Returns a cached credential synchronously, so that a cache hit needs no fiber. */
  readonly cached?: (request: MintRequest) => TempCredential | undefined
  /**
   * Waits without a fiber for a mint of the same request that is in progress. Returns a function
   * that stops waiting, or `undefined` if there is no such mint.
   */
  readonly joined?: (
    request: MintRequest,
    landed: (exit: Exit.Exit<TempCredential, TempCredentialError>) => void
  ) => (() => void) | undefined
  /**
   * Tells whether this machine or another one invalidated a credential. Caches check this before they
   * serve a credential. The check does no I/O.
   */
  readonly isInvalidated?: (credential: TempCredential) => boolean
}
