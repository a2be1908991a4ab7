/** The bound on concurrent requests, and the drain of a server that stops. */
import { makeProblem } from "@tempcred/core/TokenEndpoint"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import { Refusal } from "./Exchange.ts"

/** The admission of requests to one server. */
export interface Admission {
  /** Admits a request, or returns the refusal. Each admitted request calls `leave` once. */
  readonly enter: () => Refusal | undefined
  readonly leave: () => void
  readonly isStopping: () => boolean
  /** Runs work in the background. `drain` waits for it. */
  readonly inBackground: (work: Effect.Effect<void>) => Effect.Effect<void>
  /** Refuses new requests, and waits until all others have left or the time is over. */
  readonly drain: Effect.Effect<void>
}

const unavailable = (detail: string) => makeProblem(503, "UnavailableError", detail, { retryAfter: 1 })

const full = new Refusal({ problem: unavailable("too many requests at a time") })

/** The refusal of a server that stops. */
export const stopping = new Refusal({
  problem: unavailable("this endpoint is stopping"),
  headers: { connection: "close" }
})

/** Makes the admission of a server. */
export const make = (maxInFlight: number, drainTimeout: Duration.Duration): Admission => {
  const idle = Latch.makeUnsafe(true)
  let inFlight = 0
  let inBackground = 0
  let closed = false
  const settle = () => {
    if (inFlight + inBackground === 0) idle.openUnsafe()
  }
  return {
    enter: () => {
      if (closed) return stopping
      if (inFlight >= maxInFlight) return full
      inFlight += 1
      idle.closeUnsafe()
      return undefined
    },
    leave: () => {
      inFlight -= 1
      settle()
    },
    isStopping: () => closed,
    inBackground: (work) =>
      Effect.suspend(() => {
        inBackground += 1
        idle.closeUnsafe()
        const done = Effect.sync(() => {
          inBackground -= 1
          settle()
        })
        return Effect.asVoid(Effect.forkDetach(Effect.ensuring(work, done)))
      }),
    drain: Effect.suspend(() => {
      closed = true
      return Effect.timeoutOrElse(idle.await, { duration: drainTimeout, orElse: () => Effect.void })
    })
  }
}
