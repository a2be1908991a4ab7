/** Rehearsed failures at an emulated vendor. Each also cuts the page's connection, so that the page must recover. */
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { Emulator } from "./vendors.ts"

type Answer = HttpServerResponse.HttpServerResponse

/** The duration of the endpoint's outage in milliseconds. */
const outage = 2500

export interface Rehearsals {
  /**
   * Each rehearsal cuts the connection. Then the next credential has expired, or repeats the last one, or the
   * endpoint is down for a while.
   */
  readonly begin: Readonly<Record<string, () => void>>
  /** Wraps the token endpoint. */
  readonly around: <E, R>(answer: Effect.Effect<Answer, E, R>) => Effect.Effect<Answer, E, R>
}

export const make = (emulator: Emulator): Rehearsals => {
  let pending: "expired" | "again" | undefined
  let downUntil = 0
  let last: Answer | undefined
  const cut = (what?: typeof pending) => () => {
    pending = what
    emulator.close()
  }
  return {
    begin: {
      expired: cut("expired"),
      again: cut("again"),
      down: () => {
        downUntil = performance.now() + outage
        cut()()
      }
    },
    around: (answer) =>
      Effect.suspend(() => {
        if (performance.now() < downUntil) return Effect.succeed(HttpServerResponse.empty({ status: 503 }))
        const what = pending
        pending = undefined
        if (what === "again" && last !== undefined) return Effect.succeed(last)
        return Effect.map(answer, (response) => {
          if (response.status === 201) last = response
          if (what === "expired") emulator.expireAll()
          return response
        })
      })
  }
}
