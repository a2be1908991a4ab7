/** The access log of one server: an entry for each answer, written behind it, with fingerprints in place of secrets and subjects. */
import { fingerprint } from "@tempcred/core/Fingerprint"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Redacted from "effect/Redacted"
import type { Entry, Write } from "../AccessLog.ts"
import type { Admission } from "./Admission.ts"
import * as Responses from "./Responses.ts"
import { gone } from "./RequestMetrics.ts"
import { pathOf } from "./Tracing.ts"

/** Bound on writing one entry, after which it is dropped. */
const timeout = "5 seconds"

const entryOf = Effect.fnUntraced(function* (
  seen: Pick<Entry, "method" | "path" | "status" | "milliseconds"> & { readonly since: number },
  { credential, fingerprint: name, problem, purpose, reason = problem?.reason, subject }: Responses.Facts
): Effect.fn.Return<Entry> {
  const { since, ...rest } = seen
  const provider = credential?.provider ?? problem?.provider
  return {
    time: DateTime.formatIso(DateTime.makeUnsafe(since)),
    ...rest,
    ...(subject === undefined ? {} : { subject: yield* fingerprint(Redacted.make(subject)) }),
    ...(purpose === undefined ? {} : { purpose }),
    ...(provider === undefined ? {} : { provider }),
    ...(name === undefined ? {} : { credential: name }),
    ...(reason === undefined ? {} : { reason }),
    ...(problem?.requestId === undefined ? {} : { requestId: problem.requestId })
  }
})

/** Writes an entry for every answer. */
export type Log = <E, R>(
  answer: Effect.Effect<HttpServerResponse, E, R>
) => Effect.Effect<HttpServerResponse, E, R | HttpServerRequest>

/** Makes it; without a writer it costs nothing. */
export const make = (write: Write | undefined, admission: Admission): Log => {
  if (write === undefined) return (answer) => answer
  return (answer) =>
    Effect.gen(function* () {
      const { method, url } = yield* HttpServerRequest
      const since = yield* Clock.currentTimeMillis
      const path = pathOf(url)
      return yield* Effect.onExit(answer, (exit) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const status = Exit.isSuccess(exit) ? exit.value.status : gone
          const facts = Exit.isSuccess(exit) ? Responses.factsOf(exit.value) : {}
          const seen = { method, path, status, milliseconds: now - since, since }
          return entryOf(seen, facts).pipe(
            Effect.flatMap(write),
            Effect.timeout(timeout),
            Effect.ignoreCause,
            admission.behind
          )
        })
      )
    })
}
