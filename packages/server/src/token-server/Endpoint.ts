/** The endpoint of all platforms: it finds the route of a request, and turns every failure into a response. */
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import type { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { makeProblem, path as mintPath, type ProblemStatus } from "@tempcred/core/TokenEndpoint"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import type * as Scope from "effect/Scope"
import { Authenticator } from "../Authenticator.ts"
import * as Admission from "./Admission.ts"
import {
  describeDefect,
  type IncomingRequest,
  type OutgoingResponse,
  type Respond,
  Refusal,
  refused
} from "./Exchange.ts"
import * as Mint from "./Mint.ts"
import * as Settings from "./Settings.ts"
import * as Telemetry from "./Telemetry.ts"

/** One endpoint. */
export interface Endpoint {
  readonly admission: Admission.Admission
  readonly paths: ReadonlyArray<`/${string}`>
  /** Answers a request, for a router of the app. */
  readonly answer: (request: IncomingRequest) => Effect.Effect<OutgoingResponse>
  /** Answers a request in a span of its own, until the client leaves. */
  readonly respond: Respond
}

const refusal = (
  status: ProblemStatus,
  detail: string,
  headers: Readonly<Record<string, string>> = {}
): Effect.Effect<never, Refusal> =>
  Effect.fail(new Refusal({ problem: makeProblem(status, "InvalidRequestError", detail), headers }))

const failed = new Refusal({ problem: makeProblem(500, "UnavailableError", "this endpoint failed") })

/** Turns every failure into a response: refusals as they are, defects into 500, an interruption by the server into 503. */
const answered =
  (handler: Mint.Handler): Telemetry.Answer =>
  (request, facts) => {
    const noted = (refusing: Refusal): Effect.Effect<OutgoingResponse> => {
      const { provider, reason, requestId } = refusing.problem
      facts.reason = refusing.reason ?? reason
      if (provider !== undefined) facts.provider = provider
      if (requestId !== undefined) facts.requestId = requestId
      return Effect.succeed(refused(refusing))
    }
    return Effect.catchCause(Effect.catch(handler(request, facts), noted), (cause) => {
      if (Cause.hasInterruptsOnly(cause)) return noted(Admission.stopping)
      const traces = cause.reasons.flatMap((one) => (Cause.isDieReason(one) ? [describeDefect(one.defect)] : []))
      const message = ["a request for a credential failed unexpectedly", ...traces].join("\n")
      return Effect.andThen(Effect.logError(message), noted(failed))
    })
  }

/** Adds the CORS headers of listed origins. Cookies of other origins do not count. */
const cors = ({ allowedHeaders, allowedOrigins }: Settings.Settings, answer: Telemetry.Answer): Telemetry.Answer => {
  if (allowedOrigins.length === 0) return answer
  // Clients read the wait and the difference of clocks there.
  const common = { vary: "Origin", "access-control-expose-headers": "Retry-After,Date" }
  const preflight = {
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": ["authorization", "content-type", ...allowedHeaders].join(","),
    "access-control-max-age": "600"
  }
  return (request, facts) => {
    const { origin = "" } = request.headers
    const allowed = allowedOrigins.includes(origin) ? { ...common, "access-control-allow-origin": origin } : common
    return request.method === "OPTIONS"
      ? Effect.succeed({ status: 204, headers: { ...allowed, ...preflight }, body: "" })
      : Effect.map(answer(request, facts), (response) => ({
          ...response,
          headers: { ...response.headers, ...allowed }
        }))
  }
}

/** Restricts a handler to its method. */
const only = (method: "GET" | "POST", answer: Telemetry.Answer): Telemetry.Answer => {
  const allow = method === "GET" ? "GET, HEAD" : method
  const wrongMethod = answered(() => refusal(405, `the method of this path is ${method}`, { allow }))
  return (request, facts) => (allow.split(", ").includes(request.method) ? answer : wrongMethod)(request, facts)
}

const content = (contentType: string, body: string, headers: Readonly<Record<string, string>> = {}) => ({
  status: 200,
  headers: { "content-type": contentType, ...headers },
  body
})

const ok = content("application/json", '{"status":"ok"}')

const metrics = Effect.map(PrometheusMetrics.format(), (text) =>
  content("text/plain; version=0.0.4; charset=utf-8", text)
)

/** Makes an endpoint. */
export const make = Effect.fnUntraced(function* (
  options: Settings.Options
): Effect.fn.Return<Endpoint, ConfigurationError, TempCredentialProvider | Authenticator | Scope.Scope> {
  const settings = yield* Settings.check(options)
  const { prefix } = settings
  const admission = Admission.make(settings.maxInFlight, settings.drainTimeout)
  const { tokenFrom } = yield* Authenticator
  const mint = closing(admission, Telemetry.admitted(admission, answered(yield* Mint.make(options, settings))))
  const routes = new Map<`/${string}`, Telemetry.Answer>([
    [`${prefix}${mintPath}`, cors(settings, only("POST", mint))],
    [`${prefix}/healthz`, only("GET", () => Effect.succeed(ok))],
    [
      `${prefix}/readyz`,
      only(
        "GET",
        answered(() => (admission.isStopping() ? Effect.fail(Admission.stopping) : Effect.succeed(ok)))
      )
    ]
  ])
  if (settings.metrics)
    routes.set(
      `${prefix}/metrics`,
      only("GET", () => metrics)
    )
  if (settings.docs) {
    // Only these two paths load the documents.
    const documents = yield* Effect.cached(
      Effect.promise(async () => {
        const OpenApi = await import("./OpenApi.ts")
        const { document, headers, page } = OpenApi.make(prefix, tokenFrom)
        return { document: content("application/json", document), page: content("text/html", page, headers) }
      })
    )
    const serve = (name: "document" | "page") => only("GET", () => Effect.map(documents, (made) => made[name]))
    routes.set(`${prefix}/openapi.json`, serve("document"))
    routes.set(`${prefix}/docs`, serve("page"))
  }
  const byPath = new Map<string, Telemetry.Answer>(routes)
  const unknown = answered(() => refusal(404, "there is nothing at this path"))
  const routed: Telemetry.Answer = (request, facts) => (byPath.get(pathOf(request)) ?? unknown)(request, facts)
  const logged = options.log === undefined ? routed : Telemetry.logged(options.log, admission, routed)
  const answer = (request: IncomingRequest) => Effect.suspend(() => logged(request, {}))
  const routeOf = (request: IncomingRequest) => (byPath.has(pathOf(request)) ? pathOf(request) : undefined)
  const traced = Telemetry.traced(settings.trustTraceparent, routeOf, answer)
  const run = Effect.runForkWith(yield* Effect.context())
  yield* Telemetry.registerMetrics
  return {
    admission,
    paths: [...routes.keys()],
    answer,
    respond: (request, left) => {
      const fiber = run(traced(request), { signal: left })
      const exit = fiber.pollUnsafe()
      if (exit !== undefined) return responseOf(exit)
      return new Promise((resolve) => fiber.addObserver((end) => resolve(responseOf(end))))
    }
  }
})

/** Only an interruption is left as a failure, and nobody reads its response. */
const responseOf = (exit: Exit.Exit<OutgoingResponse>): OutgoingResponse =>
  Exit.isSuccess(exit) ? exit.value : { status: Telemetry.clientLeft, headers: {}, body: "" }

/** Returns the path exactly as it was sent. A router matches paths loosely, which would bypass the rules of a proxy. */
const pathOf = ({ target }: IncomingRequest): string => target.replace(/\?.*$/s, "")

/** Closes the connections of a server that stops. */
const closing =
  (admission: Admission.Admission, answer: Telemetry.Answer): Telemetry.Answer =>
  (request, facts) =>
    Effect.map(answer(request, facts), (response) =>
      admission.isStopping() ? { ...response, headers: { ...response.headers, connection: "close" } } : response
    )
