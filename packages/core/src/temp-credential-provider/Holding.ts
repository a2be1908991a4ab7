/**
 * The credentials that a provider holds, for wrappers of this package and for the Promise API. They
 * are under a symbol, so that a wrapper of an app that copies a provider (`{ ...provider, mint }`)
 * passes them on without knowing them.
 */
import type * as Exit from "effect/Exit"
import type { MintRequest } from "../MintRequest.ts"
import type { TempCredential } from "../TempCredential.ts"
import type { TempCredentialError } from "../TempCredentialError.ts"

/** The key of a provider's `Holding`. */
export const holding: unique symbol = Symbol.for("@tempcred/core/Holding")

/** Access to the credentials that a provider holds. Each part is absent if no wrapper below has it. */
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
   * Tells whether a credential was invalidated, here or on another machine. Holders of credentials
   * check this before they serve one; the check does no I/O.
   */
  readonly isInvalidated?: (credential: TempCredential) => boolean
}
