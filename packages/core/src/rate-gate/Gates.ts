/** Which gate a provider's calls go through. It stands apart from budgets, as whoever sets none should not carry what keeps them. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Gate from "./Gate.ts"

/** Gives the gate of an account, which is named by its fingerprint. */
export type Gates = (provider: string, account: Effect.Effect<string>) => Effect.Effect<Gate.Gate>

/** Finds the gate of a provider's account; adapters read it when their layer is built. By default each adapter has one of its own, without a budget. */
export const RateGate: Context.Reference<Gates> = Context.Reference<Gates>("@tempcred/core/RateGate", {
  defaultValue: () => (provider) =>
    Gate.make(provider, unlimited, { perMillisecond: Infinity, burst: 0, firstWindow: 16 })
})

const unlimited: Gate.Limits = {
  ask: Effect.succeed(0),
  close: () => Effect.void
}
