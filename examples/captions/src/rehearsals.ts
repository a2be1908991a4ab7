/**
 * What can go wrong, brought about on purpose at an emulated vendor, while the page's connection is cut so that it has to recover.
 */
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { Emulator } from "./vendors.ts"

type Answer = HttpServerResponse.HttpServerResponse

/** How long the endpoint is down, in milliseconds. */
const outage = 2500

export interface Rehearsals {
  /** Cuts the connection, after which: the next credential has expired; is the last one once more; or there is none for a while. */
  readonly begin: Readonly<Record<string, () => void>>
  /** Stands before the token endpoint. */
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
