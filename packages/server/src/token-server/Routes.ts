/** All routes of one server, and the answers to what is none. */
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import type { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as TokenEndpoint from "@tempcred/core/TokenEndpoint"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as OpenApi from "effect/http-api/OpenApi"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import type * as Scope from "effect/Scope"
import type { Authenticator } from "../Authenticator.ts"
import type { Options } from "../TokenServer.ts"
import * as Admission from "./Admission.ts"
import * as Responses from "./Responses.ts"
import * as Api from "./Api.ts"
import * as Authorization from "./Authorization.ts"
import * as Cors from "./Cors.ts"
import * as DocsPage from "./DocsPage.ts"
import * as RequestMetrics from "./RequestMetrics.ts"
import * as Log from "./Log.ts"
import * as Mint from "./Mint.ts"
import * as RequestBody from "./RequestBody.ts"
import * as Settings from "./Settings.ts"
import * as Tracing from "./Tracing.ts"

/** A server whose options make sense: its door, its log, and its routes. */
export interface Server {
  readonly admission: Admission.Admission
  /** Answers everything that comes to a door of the server's own: what no route has with a problem too. */
  readonly door: (
    router: HttpRouter.HttpRouter
  ) => Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest | Scope.Scope>
  readonly routes: Layer.Layer<
    never,
    ConfigurationError,
    HttpRouter.HttpRouter | TempCredentialProvider | Authenticator
  >
}

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"] as const

type Path = `/${string}`

/** A path and the one method that it has. */
interface Place {
  readonly path: Path
  readonly method: "GET" | "POST"
  readonly cors: Cors.Cors
}

type Answer = Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest>

/** Answers a method that a path has not. */
const refused = ({ cors, method }: Place): Answer =>
  cors(
    Effect.succeed(
      Responses.problem(TokenEndpoint.makeProblem(405, "InvalidRequestError", `the method of this path is ${method}`), {
        allow: method === "GET" ? "GET, HEAD" : method
      })
    )
  )

/** Answers the methods that a path has not, as far as a router knows them. */
const others = (place: Place): Layer.Layer<never, never, HttpRouter.HttpRouter> => {
  const answer = refused(place)
  return HttpRouter.addAll(
    methods.filter((method) => method !== place.method).map((method) => HttpRouter.route(method, place.path, answer))
  )
}

const ok = HttpServerResponse.jsonUnsafe({ status: "ok" })

const health = (api: ReturnType<typeof Api.make>, admission: Admission.Admission) => {
  const stopping = Responses.problem(
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

/** The API as a document and as a page, each made once. */
const documents = (api: ReturnType<typeof Api.make>, document: Path, page: Path) =>
  HttpRouter.use((router) => {
    const spec = OpenApi.fromApi(api)
    return Effect.andThen(
      router.add("GET", document, Effect.succeed(HttpServerResponse.jsonUnsafe(spec))),
      router.add("GET", page, Effect.succeed(DocsPage.make(spec, document)))
    )
  })

/** Makes a server of options. */
export const make = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<Server, ConfigurationError> {
  const settings = yield* Settings.read(options)
  const { prefix } = settings
  const at = (path: `/${string}`): Path => `${prefix}${path}`
  const admission = Admission.make(settings.maxInFlight, settings.drainTimeout)
  const log = Log.make(options.log, admission)
  const cors = Cors.make(settings.allowedOrigins, settings.allowedHeaders)
  const frame = RequestMetrics.make(admission)
  const api = Api.make(prefix)
  const none: Cors.Cors = (answer) => answer
  const gets = [
    at("/healthz"),
    at("/readyz"),
    ...(settings.metrics ? [at("/metrics")] : []),
    ...(settings.docs ? [at("/openapi.json"), at("/docs")] : [])
  ]
  const places: ReadonlyArray<Place> = [
    { path: at(TokenEndpoint.path), method: "POST", cors },
    ...gets.map((path) => ({ path, method: "GET", cors: none }) as const)
  ]
  const routes = Layer.mergeAll(
    HttpApiBuilder.layer(api).pipe(
      Layer.provide([credentials(api, options, settings), health(api, admission)]),
      Layer.provide(Layer.succeed(Api.Frame, (answer) => cors(frame(answer)))),
      Layer.provide(
        Layer.effect(
          Api.Authorization,
          Effect.map(Authorization.make, (authorized) => ({
            bearer: (answer, { credential }) => authorized(answer, credential)
          }))
        )
      ),
      Layer.provide(HttpServer.layerServices)
    ),
    ...(settings.metrics ? [PrometheusMetrics.layerHttp({ path: at("/metrics") })] : []),
    ...(settings.docs ? [documents(api, at("/openapi.json"), at("/docs"))] : []),
    ...places.map(others)
  )
  yield* RequestMetrics.begin
  return {
    admission,
    door: door(places, log, Tracing.make(settings.trustTraceparent)),
    routes: Layer.provide(routes, HttpRouter.middleware((answer) => log(exactly(places, answer))).layer)
  }
})

const unknown = Responses.problem(
  TokenEndpoint.makeProblem(404, "InvalidRequestError", "there is nothing at this path")
)

/** The path of a request as it was sent. A router reads it loosely, by which a proxy's rules for exact paths would be passed by. */
const sent = Effect.map(HttpServerRequest, ({ url }) => url.replace(/\?.*$/s, ""))

const exactly = <E, R>(
  places: ReadonlyArray<Place>,
  answer: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>
): Effect.Effect<HttpServerResponse.HttpServerResponse, E, R | HttpServerRequest> => {
  const paths = new Set<string>(places.map(({ path }) => path))
  return Effect.flatMap(sent, (path) => (paths.has(path) ? answer : Effect.succeed(unknown)))
}

/** A router does not know every method, so that what it has no route for may be at a path that there is. */
const door = (places: ReadonlyArray<Place>, log: Log.Log, traced: ReturnType<typeof Tracing.make>): Server["door"] => {
  const answers = new Map<string, Answer>(places.map((place) => [place.path, refused(place)]))
  const unserved = log(Effect.flatMap(sent, (path) => answers.get(path) ?? Effect.succeed(unknown)))
  return (router) => traced(Effect.catch(router.asHttpEffect(), () => unserved))
}
