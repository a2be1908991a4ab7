/** The access log, the metrics and the spans of requests. */
import { fingerprint } from "@tempcred/core/Fingerprint"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Headers from "effect/http/Headers"
import * as HttpTraceContext from "effect/http/HttpTraceContext"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { Entry, Write } from "../AccessLog.ts"
import type { Admission } from "./Admission.ts"
import { type Facts, type IncomingRequest, type OutgoingResponse, refused } from "./Exchange.ts"

/** Answers every request. */
export type Answer = (request: IncomingRequest, facts: Facts) => Effect.Effect<OutgoingResponse>

/** The status of a request whose client left before the response. */
export const clientLeft = 499

/** Returns the path of a request for logs and spans: at most 200 characters, and without the query, which can hold a token. */
const pathOf = ({ target }: IncomingRequest): string => target.replace(/[?#].*$/s, "").slice(0, 200)

const requests = Metric.counter("tempcred_requests_total", {
  description: "Requests for credentials by status",
  incremental: true
})

const durations = Metric.histogram("tempcred_request_milliseconds", {
  description: "Duration of requests for credentials",
  boundaries: Metric.exponentialBoundaries({ start: 1, factor: 2, count: 15 })
})

const inFlight = Metric.gauge("tempcred_requests_in_flight", {
  description: "Requests for credentials in flight"
})

const counters = new Map<number, typeof requests>()

const counter = (status: number): typeof requests => {
  const known = counters.get(status)
  if (known !== undefined) return known
  const made = Metric.withAttributes(requests, { status: String(status) })
  counters.set(status, made)
  return made
}

/** The statuses of the mint route. */
const statuses = [201, 400, 401, 403, 408, 413, 415, 422, 429, clientLeft, 500, 502, 503, 504]

/** Registers the metrics with the value 0, so that rates are right from the first request on. */
export const registerMetrics: Effect.Effect<void> = Effect.andThen(
  Effect.forEach(statuses, (status) => Metric.update(counter(status), 0), { discard: true }),
  Metric.modify(inFlight, 0)
)

/** Admits requests, and counts and times them. */
export const admitted =
  (admission: Admission, answer: Answer): Answer =>
  (request, facts) =>
    Effect.withFiber((fiber) => {
      const { context } = fiber
      const refusal = admission.enter()
      if (refusal !== undefined) {
        counter(refusal.problem.status).updateUnsafe(1, context)
        facts.reason = refusal.problem.reason
        return Effect.succeed(refused(refusal))
      }
      const clock = fiber.getRef(Clock.Clock)
      const startedAt = clock.currentTimeMillisUnsafe()
      inFlight.modifyUnsafe(1, context)
      const leave = (exit: Exit.Exit<OutgoingResponse>) => {
        admission.leave()
        inFlight.modifyUnsafe(-1, context)
        durations.updateUnsafe(clock.currentTimeMillisUnsafe() - startedAt, context)
        counter(exit._tag === "Success" ? exit.value.status : clientLeft).updateUnsafe(1, context)
        return undefined
      }
      return Effect.onExitPrimitive(answer(request, facts), leave)
    })

/** Bound on writing one entry of the access log. Late entries are dropped. */
const writeTimeout = "5 seconds"

const entryOf = (
  seen: Pick<Entry, "time" | "method" | "path" | "status" | "milliseconds">,
  { subject, ...facts }: Facts
): Effect.Effect<Entry> =>
  subject === undefined
    ? Effect.succeed({ ...seen, ...facts })
    : Effect.map(fingerprint(Redacted.make(subject)), (name) => ({ ...seen, subject: name, ...facts }))

/** Writes an access log entry for each request, in the background. */
export const logged =
  (write: Write, admission: Admission, answer: Answer): Answer =>
  (request, facts) =>
    Effect.flatMap(Clock.currentTimeMillis, (startedAt) =>
      Effect.onExit(answer(request, facts), (exit) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const seen = {
            time: DateTime.formatIso(DateTime.makeUnsafe(startedAt)),
            method: request.method,
            path: pathOf(request),
            status: Exit.isSuccess(exit) ? exit.value.status : clientLeft,
            milliseconds: now - startedAt
          }
          return entryOf(seen, Exit.isSuccess(exit) ? facts : {}).pipe(
            Effect.flatMap(write),
            Effect.timeout(writeTimeout),
            Effect.ignoreCause,
            admission.inBackground
          )
        })
      )
    )

/** Marks responses of 500 or more as failed, as OpenTelemetry requires. */
const outcome = (exit: Exit.Exit<OutgoingResponse>): Exit.Exit<unknown, string> =>
  Exit.isSuccess(exit) && exit.value.status >= 500 ? Exit.fail(`answered with ${exit.value.status}`) : exit

/** Makes a span of each request, if a tracer is installed: a root unless `traceparent` is trusted, and without the query. */
export const traced = (
  trustsTraceparent: boolean,
  routeOf: (request: IncomingRequest) => string | undefined,
  answer: (request: IncomingRequest) => Effect.Effect<OutgoingResponse>
): ((request: IncomingRequest) => Effect.Effect<OutgoingResponse>) => {
  const spanned = Effect.fnUntraced(function* (request: IncomingRequest) {
    const route = routeOf(request)
    const parent = trustsTraceparent ? HttpTraceContext.fromHeaders(Headers.fromInput(request.headers)) : Option.none()
    const span = yield* Effect.makeSpan(request.method, {
      kind: "server",
      attributes: {
        "http.request.method": request.method,
        "url.path": pathOf(request),
        ...(route === undefined ? {} : { "http.route": route })
      },
      ...(Option.isSome(parent) ? { parent: parent.value } : { root: true })
    })
    // Capturing a stack for each request would be slow.
    return yield* Effect.onExit(Effect.withParentSpan(answer(request), span, { captureStackTrace: false }), (exit) =>
      Effect.map(Clock.currentTimeNanos, (now) => {
        if (Exit.isSuccess(exit)) span.attribute("http.response.status_code", exit.value.status)
        span.end(now, outcome(exit))
      })
    )
  })
  return (request) => Effect.withFiber(({ cache }) => (cache.tracer === undefined ? answer(request) : spanned(request)))
}
