/** The routes of the endpoint: one handler that serves every path and method. */
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import type { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as TokenEndpoint from "@tempcred/core/TokenEndpoint"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as OpenApi from "effect/http-api/OpenApi"
import * as HttpMiddleware from "effect/http/HttpMiddleware"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import type * as Scope from "effect/Scope"
import { Authenticator } from "../Authenticator.ts"
import * as Admission from "./Admission.ts"
import * as Api from "./Api.ts"
import { describeDefect } from "./Defect.ts"
import * as Mint from "./Mint.ts"
import * as Observability from "./Observability.ts"
import * as Responses from "./Responses.ts"
import * as Settings from "./Settings.ts"

type Handler<E = never> = Effect.Effect<HttpServerResponse.HttpServerResponse, E, HttpServerRequest>

/** One server. */
export interface Server {
  readonly admission: Admission.Admission
  readonly paths: ReadonlyArray<`/${string}`>
  /** Serves the paths, for a router of the app. */
  readonly handler: Handler
  /** Serves the paths in spans of its own, for a server of its own. */
  readonly traced: Handler
}

const refuse = (
  status: TokenEndpoint.ProblemStatus,
  detail: string,
  headers: Readonly<Record<string, string>> = {}
): Effect.Effect<never, Responses.Refusal> =>
  Effect.fail(
    new Responses.Refusal({ problem: TokenEndpoint.makeProblem(status, "InvalidRequestError", detail), headers })
  )

const failed = Responses.refused(
  new Responses.Refusal({ problem: TokenEndpoint.makeProblem(500, "UnavailableError", "this endpoint failed") })
)

/** Turns every failure into a response: refusals as they are, defects into 500, an interruption by the server into 503. */
const answered = (handler: Handler<Responses.Refusal>): Handler =>
  Effect.catchCause(Effect.catch(handler, Responses.refused), (cause) => {
    if (Cause.hasInterruptsOnly(cause)) return Responses.refused(Admission.stopping)
    const traces = cause.reasons.flatMap((reason) => (Cause.isDieReason(reason) ? [describeDefect(reason.defect)] : []))
    return Effect.andThen(
      Effect.logError(["a request for a credential failed unexpectedly", ...traces].join("\n")),
      failed
    )
  })

/** Makes the CORS rules. Cookies of other origins do not count. */
const cors = ({ allowedHeaders, allowedOrigins }: Settings.Settings): ((handler: Handler) => Handler) =>
  allowedOrigins.length === 0
    ? (handler) => handler
    : HttpMiddleware.cors({
        // A predicate, because a list of one would be sent to every origin.
        allowedOrigins: (origin) => allowedOrigins.includes(origin),
        allowedMethods: ["POST"],
        allowedHeaders: ["authorization", "content-type", ...allowedHeaders],
        // Clients read the wait and the difference of clocks there.
        exposedHeaders: ["Retry-After", "Date"],
        maxAge: 600
      })

/** Restricts a handler to its method. */
const only = (method: "GET" | "POST", handler: Handler): Handler => {
  const allow = method === "GET" ? "GET, HEAD" : method
  const wrongMethod = answered(refuse(405, `the method of this path is ${method}`, { allow }))
  return Effect.flatMap(HttpServerRequest, (request) =>
    allow.split(", ").includes(request.method) ? handler : wrongMethod
  )
}

const ok = HttpServerResponse.jsonUnsafe({ status: "ok" })

const metrics: Handler = Effect.map(PrometheusMetrics.format(), (text) =>
  HttpServerResponse.text(text, { contentType: "text/plain; version=0.0.4; charset=utf-8" })
)

/** Makes a server. */
export const make = Effect.fnUntraced(function* (
  options: Settings.Options
): Effect.fn.Return<Server, ConfigurationError, TempCredentialProvider | Authenticator | Scope.Scope> {
  const settings = yield* Settings.check(options)
  const { docs, drainTimeout, maxInFlight, prefix, trustTraceparent } = settings
  const admission = Admission.make(maxInFlight, drainTimeout)
  const mint = Observability.admitted(admission, answered(yield* Mint.make(options, settings)))
  const { tokenFrom } = yield* Authenticator
  const ready = Effect.suspend(() =>
    admission.isStopping() ? Responses.refused(Admission.stopping) : Effect.succeed(ok)
  )
  const handlers = new Map<`/${string}`, Handler>([
    [`${prefix}${TokenEndpoint.path}`, cors(settings)(only("POST", closing(admission, mint)))],
    [`${prefix}/healthz`, only("GET", Effect.succeed(ok))],
    [`${prefix}/readyz`, only("GET", ready)]
  ])
  if (settings.metrics) handlers.set(`${prefix}/metrics`, only("GET", metrics))
  if (docs) {
    const document = `${prefix}/openapi.json` as const
    const spec = OpenApi.fromApi(Api.make(prefix, tokenFrom))
    handlers.set(document, only("GET", Effect.succeed(HttpServerResponse.jsonUnsafe(spec))))
    handlers.set(`${prefix}/docs`, only("GET", Effect.succeed(Api.page(spec, document))))
  }
  const byPath = new Map<string, Handler>(handlers)
  const unknown = answered(refuse(404, "there is nothing at this path"))
  const routed = Effect.flatMap(HttpServerRequest, (request) => byPath.get(pathOf(request)) ?? unknown)
  const handler = options.log === undefined ? routed : Observability.logged(options.log, admission, routed)
  const routeOf = (request: HttpServerRequest) => (byPath.has(pathOf(request)) ? pathOf(request) : undefined)
  yield* Observability.registerMetrics
  return {
    admission,
    paths: [...handlers.keys()],
    handler,
    // Effect's servers run handlers uninterruptibly, but a client that leaves must end its mint.
    traced: Observability.traced(Effect.interruptible(handler), trustTraceparent, routeOf)
  }
})

/** Returns the path exactly as it was sent. A router matches paths loosely, which would bypass the rules of a proxy. */
const pathOf = ({ url }: HttpServerRequest): string => url.replace(/\?.*$/s, "")

/** Closes the connections of a server that stops. */
const closing = (admission: Admission.Admission, handler: Handler): Handler =>
  Effect.map(handler, (response) =>
    admission.isStopping() ? HttpServerResponse.setHeader(response, "connection", "close") : response
  )
