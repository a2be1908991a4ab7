/** What is around every request for a credential: browsers' rules, the bound on how many there are, the count of them, and the answer to a defect. */
import { makeProblem } from "@tempcred/core/TokenEndpoint"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Metric from "effect/Metric"
import * as Predicate from "effect/Predicate"
import type { Admission } from "./Admission.ts"
import * as Responses from "./Responses.ts"

const requests = Metric.counter("tempcred_requests_total", {
  description: "Requests for a credential by the status of their answer",
  incremental: true
})

const durations = Metric.histogram("tempcred_request_milliseconds", {
  description: "How long requests for a credential took",
  boundaries: Metric.exponentialBoundaries({ start: 1, factor: 2, count: 15 })
})

const inFlight = Metric.gauge("tempcred_requests_in_flight", {
  description: "Requests for a credential that are under way"
})

/** The status of a request whose client went away before its answer. */
export const gone = 499

const counters = new Map<number, typeof requests>()

const counter = (status: number): typeof requests => {
  const known = counters.get(status)
  if (known !== undefined) return known
  const made = Metric.withAttributes(requests, { status: String(status) })
  counters.set(status, made)
  return made
}

/** All that an answer can have, and that of a client which went away. */
const statuses = [201, 400, 401, 403, 408, 413, 415, 422, 429, gone, 500, 502, 503, 504]

/** Makes metrics be there before the first request, so that what is counted from then on is a growth from zero. */
export const begin: Effect.Effect<void> = Effect.andThen(
  Effect.forEach(statuses, (status) => Metric.update(counter(status), 0), { discard: true }),
  Metric.modify(inFlight, 0)
)

const failed = (): HttpServerResponse => Responses.problem(makeProblem(500, "UnavailableError", "this endpoint failed"))

const stopped = (): HttpServerResponse =>
  Responses.problem(makeProblem(503, "UnavailableError", "this endpoint is stopping", { retryAfter: 1 }))

/** What a defect says of itself may hold anything that the app knows, so that the places in the code are all that is told. */
const trace = (defect: unknown): string => {
  if (!Predicate.isError(defect)) return typeof defect
  const places = (defect.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line))
  return [/^\w+$/.test(defect.name) ? defect.name : "Error", ...places.slice(0, 10)].join("\n")
}

/** Answers a request that failed in a way that nobody foresaw. */
export const answered = <E>(cause: Cause.Cause<E>): Effect.Effect<HttpServerResponse> => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.sync(stopped)
  const traces = cause.reasons.flatMap((reason) => (Cause.isDieReason(reason) ? [trace(reason.defect)] : []))
  return Effect.as(Effect.logError(["a request for a credential died", ...traces].join("\n")), failed())
}

/** Makes the frame of one server. */
export const make =
  (admission: Admission) =>
  <E, R>(answer: Effect.Effect<HttpServerResponse, E, R>): Effect.Effect<HttpServerResponse, never, R> => {
    const guarded = Effect.catchCause(answer, answered)
    return Effect.withFiber((fiber) => {
      const { context } = fiber
      const refusal = admission.enter()
      if (refusal !== undefined) {
        counter(refusal.status).updateUnsafe(1, context)
        return Effect.succeed(refusal)
      }
      const clock = fiber.getRef(Clock.Clock)
      const since = clock.currentTimeMillisUnsafe()
      inFlight.modifyUnsafe(1, context)
      const leave = (exit: Exit.Exit<HttpServerResponse>) => {
        admission.leave()
        inFlight.modifyUnsafe(-1, context)
        durations.updateUnsafe(clock.currentTimeMillisUnsafe() - since, context)
        counter(exit._tag === "Success" ? exit.value.status : gone).updateUnsafe(1, context)
        return undefined
      }
      return Effect.map(Effect.onExitPrimitive(guarded, leave), (response) =>
        admission.isStopping() ? Responses.withHeader(response, "connection", "close") : response
      )
    })
  }
