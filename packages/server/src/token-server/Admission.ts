/** Who is let in: as many requests at a time as were allowed, and none once the server stops. Nobody waits at the door. */
import { makeProblem } from "@tempcred/core/TokenEndpoint"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Latch from "effect/Latch"
import * as Responses from "./Responses.ts"

/** The door of one server. */
export interface Admission {
  /** Lets a request in, or tells what to answer it at once. Who was let in leaves, however its request ends. */
  readonly enter: () => HttpServerResponse | undefined
  readonly leave: () => void
  readonly isStopping: () => boolean
  /** Runs what belongs to a request after its answer; stopping waits for it. */
  readonly behind: (work: Effect.Effect<void>) => Effect.Effect<void>
  /** Lets nobody in from now on, and waits until all have left, for as long as is allowed. */
  readonly drain: Effect.Effect<void>
}

const retryAfter = 1

const full = () =>
  Responses.problem(
    makeProblem(503, "UnavailableError", "this endpoint serves as many requests as it can", { retryAfter })
  )

const stopping = () =>
  Responses.problem(makeProblem(503, "UnavailableError", "this endpoint is stopping", { retryAfter }), {
    connection: "close"
  })

/** Opens the door. */
export const make = (maxInFlight: number, drainTimeout: Duration.Duration): Admission => {
  const refusals = { full: full(), stopping: stopping() }
  const left = Latch.makeUnsafe(true)
  let inFlight = 0
  let behind = 0
  let closed = false
  const settle = () => {
    if (inFlight + behind === 0) left.openUnsafe()
  }
  const begin = () => void left.closeUnsafe()
  return {
    enter: () => {
      if (closed) return refusals.stopping
      if (inFlight >= maxInFlight) return refusals.full
      inFlight += 1
      begin()
      return undefined
    },
    leave: () => {
      inFlight -= 1
      settle()
    },
    isStopping: () => closed,
    behind: (work) =>
      Effect.suspend(() => {
        behind += 1
        begin()
        const done = Effect.sync(() => {
          behind -= 1
          settle()
        })
        return Effect.asVoid(Effect.forkDetach(Effect.ensuring(work, done)))
      }),
    drain: Effect.suspend(() => {
      closed = true
      return Effect.timeoutOrElse(left.await, { duration: drainTimeout, orElse: () => Effect.void })
    })
  }
}
