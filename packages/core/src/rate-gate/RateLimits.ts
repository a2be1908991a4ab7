/** Rate limits of one vendor account, counted in this process or in a store that machines share. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { monotonicMillis } from "../Deadline.ts"
import type { Budget, RateStore } from "../SharedStore.ts"
import type { Limits } from "./Gate.ts"

/**
 * Counts calls in this process. Each call moves `busyUntil` forward by `interval`. A call waits
 * while `busyUntil` is more than `burst - 1` intervals ahead. `close` does nothing, because the gate
 * itself delays calls.
 */
export const local = ({ burst, perMinute }: Budget): Limits => {
  const interval = 60_000 / perMinute
  let busyUntil = Number.NEGATIVE_INFINITY
  return {
    ask: Effect.map(monotonicMillis, (now) => {
      const from = Math.max(busyUntil, now)
      const wait = from - (burst - 1) * interval - now
      if (wait > 0) return wait
      busyUntil = from + interval
      return 0
    }),
    close: () => Effect.void
  }
}

/** Counts calls in a store, and in this process while the store is unavailable. */
export const shared = (store: RateStore, name: string, budget: Budget): Limits => {
  const alone = local(budget)
  return {
    ask: Effect.flatMap(store.take(name, budget), Option.match({ onNone: () => alone.ask, onSome: Effect.succeed })),
    close: (milliseconds) => Effect.asVoid(store.hold(name, milliseconds))
  }
}
