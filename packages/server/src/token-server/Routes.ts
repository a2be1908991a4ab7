/**
 * All routes of one server, and the answers to what is none.
 *
 * @since 0.1.0
 */
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import type { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as TokenEndpoint from "@tempcred/core/TokenEndpoint"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as OpenApi from "effect/http-api/OpenApi"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import type * as Scope from "effect/Scope"
import type { Authenticator } from "../Authenticator.ts"
import type { Options } from "../TokenServer.ts"
import * as Admission from "./Admission.ts"
import * as Answers from "./Answers.ts"
import * as Api from "./Api.ts"
import * as Cors from "./Cors.ts"
import * as Frame from "./Frame.ts"
import * as Log from "./Log.ts"
import * as Mint from "./Mint.ts"
import * as RequestBody from "./RequestBody.ts"
import * as Settings from "./Settings.ts"

/**
 * A server whose options make sense: its door, its log, and its routes.
 *
 * @category models
 * @since 0.1.0
 */
export interface Server {
  readonly admission: Admission.Admission
  readonly log: Log.Log
  readonly settings: Settings.Settings
  readonly routes: Layer.Layer<
    never,
    ConfigurationError,
    HttpRouter.HttpRouter | TempCredentialProvider | Authenticator
  >
}

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"] as const

type Path = `/${string}`

/** Answers the methods that a path has not. */
const others = (
  path: Path,
  allowed: (typeof methods)[number],
  cors: Cors.Cors
): Layer.Layer<never, never, HttpRouter.HttpRouter> => {
  const allow = allowed === "GET" ? "GET, HEAD" : allowed
  const refused = Answers.problem(
    TokenEndpoint.makeProblem(405, "InvalidRequestError", `the method of this path is ${allowed}`),
    { allow }
  )
  return HttpRouter.addAll(
    methods
      .filter((method) => method !== allowed)
      .map((method) => HttpRouter.route(method, path, cors(Effect.succeed(refused))))
  )
}

const ok = HttpServerResponse.jsonUnsafe({ status: "ok" })

const health = (api: ReturnType<typeof Api.make>, admission: Admission.Admission) => {
  const stopping = Answers.problem(
    TokenEndpoint.makeProblem(503, "UnavailableError", "this endpoint is stopping", { retryAfter: 1 })
  )
  return HttpApiBuilder.group(api, "health", (handlers) =>
    handlers
      .handleRaw("live", () => Effect.succeed(ok))
      .handleRaw("ready", () => Effect.sync(() => (admission.isStopping() ? stopping : ok)))
  )
}

const credentials = (api: ReturnType<typeof Api.make>, options: Options, settings: Settings.Settings) =>
  HttpApiBuilder.group(
    api,
    "credentials",
    Effect.fnUntraced(function* (handlers) {
      const answer = yield* Mint.make(options, settings)
      return handlers.handleRaw("mint", ({ request }) => answer(request))
    })
  ).pipe(Layer.provide(Layer.succeedContext(RequestBody.limits)))

const document = (api: ReturnType<typeof Api.make>, path: Path) => {
  let made: HttpServerResponse.HttpServerResponse | undefined
  return HttpRouter.add(
    "GET",
    path,
    Effect.sync(() => (made ??= HttpServerResponse.jsonUnsafe(OpenApi.fromApi(api))))
  )
}

/**
 * Makes a server of options.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<Server, ConfigurationError> {
  const settings = yield* Settings.read(options)
  const { prefix } = settings
  const at = (path: `/${string}`): Path => `/${prefix.slice(1)}${path}`
  const admission = Admission.make(settings.maxInFlight, settings.drainTimeout)
  const log = Log.make(options.log, admission)
  const cors = Cors.make(settings.allowedOrigins)
  const frame = Frame.make(admission)
  const api = Api.make(prefix)
  const gets = [
    at("/healthz"),
    at("/readyz"),
    ...(settings.metrics ? [at("/metrics")] : []),
    ...(settings.docs ? [at("/openapi.json")] : [])
  ]
  const routes = Layer.mergeAll(
    HttpApiBuilder.layer(api).pipe(
      Layer.provide([credentials(api, options, settings), health(api, admission)]),
      Layer.provide(Layer.succeed(Api.Frame, (answer) => cors(frame(answer)))),
      Layer.provide(
        Layer.effect(
          Api.Authorization,
          Effect.map(Mint.authorization, (authorized) => ({
            bearer: (answer, { credential }) => authorized(answer, credential)
          }))
        )
      ),
      Layer.provide(HttpServer.layerServices)
    ),
    ...(settings.metrics ? [PrometheusMetrics.layerHttp({ path: at("/metrics") })] : []),
    ...(settings.docs ? [document(api, at("/openapi.json"))] : []),
    others(at(TokenEndpoint.path), "POST", cors),
    ...gets.map((path) => others(path, "GET", (answer) => answer))
  )
  return {
    admission,
    log,
    settings,
    routes:
      options.log === undefined ? routes : Layer.provide(routes, HttpRouter.middleware((answer) => log(answer)).layer)
  }
})

const unknown = Answers.problem(TokenEndpoint.makeProblem(404, "InvalidRequestError", "there is nothing at this path"))

/**
 * Answers everything that comes to a door of the server's own: what no route has with a problem too.
 *
 * @category constructors
 * @since 0.1.0
 */
export const door = (
  router: HttpRouter.HttpRouter,
  log: Log.Log
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest | Scope.Scope> => {
  const notFound = log(Effect.succeed(unknown))
  return Effect.catch(router.asHttpEffect(), () => notFound)
}
