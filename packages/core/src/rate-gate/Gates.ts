/**
 * The service that provides the gate of a vendor account. This module is separate from the rate limits,
 * so that apps without a limit do not load them.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Gate from "./Gate.ts"

/** A function that returns the gate of an account, by the account's fingerprint. */
export type Gates = (provider: string, account: Effect.Effect<string>) => Effect.Effect<Gate.Gate>

/**
 * The gates of accounts, which adapters read when their layer is built. By default each adapter has
 * its own gate, without a limit.
 */
export const RateGate: Context.Reference<Gates> = Context.Reference<Gates>("@tempcred/core/RateGate", {
  defaultValue: () => (provider) =>
    Gate.make(provider, unlimited, { perMillisecond: Infinity, burst: 0, firstWindow: 16 })
})

const unlimited: Gate.Limits = {
  ask: Effect.succeed(0),
  close: () => Effect.void
}
