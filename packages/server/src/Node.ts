/**
 * The token endpoint on a port of Node's own HTTP server, with bounds on every wait for a client, and a stop that loses no answer.
 *
 * ```ts
 * import { layerFetch } from "@tempcred/core/Transport"
 * import * as Authenticator from "@tempcred/server/Authenticator"
 * import * as Node from "@tempcred/server/Node"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Redacted from "effect/Redacted"
 *
 * const authenticator = Authenticator.layerBearer([
 *   { token: Redacted.make("kiosk-7-secret-token"), subject: "kiosk-7" }
 * ])
 * const server = Node.layer({ port: 0 }).pipe(
 *   Layer.provide([Soniox.layerConfig.pipe(Layer.provide(layerFetch)), authenticator])
 * )
 * const program = Effect.gen(function* () {
 *   const { origin } = yield* Node.Listening
 *   return yield* Effect.promise(() => fetch(`${origin}/readyz`))
 * })
 * console.log((await Effect.runPromise(Effect.provide(program, server))).status) // => 200
 * ```
 *
 * @since 0.1.0
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { ConfigurationError } from "@tempcred/core/ConfigurationError"
import type { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import type { ServeError } from "effect/http/HttpServerError"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import { createServer, type Server } from "node:http"
import type { Authenticator } from "./Authenticator.ts"
import * as Docs from "./Docs.ts"
import type { Admission } from "./token-server/Admission.ts"
import * as Routes from "./token-server/Routes.ts"
import * as Tracing from "./token-server/Tracing.ts"
import type * as TokenServer from "./TokenServer.ts"

/**
 * How the endpoint behaves, and where it listens.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends TokenServer.Options {
  /** The name or address of the network interface. @default "127.0.0.1" */
  readonly host?: string | undefined
  /** 0 is any free port. @default 8787 */
  readonly port?: number | undefined
}

/**
 * Where a server listens.
 *
 * @category services
 * @since 0.1.0
 */
export class Listening extends Context.Service<
  Listening,
  {
    /** Such as `http://127.0.0.1:8787`. */
    readonly origin: string
    readonly port: number
  }
>()("@tempcred/server/Node/Listening") {}

/** In milliseconds: how long a client may take for its headers and for its whole request, and how long a connection may idle. */
const patience = { headersTimeout: 8000, requestTimeout: 10_000, keepAliveTimeout: 5000 }

const settings = { ...patience, connectionsCheckingInterval: 1000, maxHeaderSize: 16_384 }

/** How long open connections may still bring requests that are on their way when all others have been answered. */
const linger = Duration.millis(250)

/** How long connections may take to take their last answer. */
const farewell = Duration.seconds(1)

const connections = (server: Server): Effect.Effect<number> =>
  Effect.callback<number>((resume) => {
    server.getConnections((_, count) => resume(Effect.succeed(count)))
  })

const closed = (server: Server): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    server.close(() => resume(Effect.void))
  })

/** The port stays open while requests that are under way finish, so that new ones are told to go elsewhere. */
const stop = Effect.fnUntraced(function* (server: Server, admission: Admission) {
  yield* admission.drain
  const lingering = Effect.repeat(Effect.delay(connections(server), "10 millis"), { until: (count) => count === 0 })
  yield* Effect.timeoutOption(lingering, linger)
  yield* Effect.timeoutOption(closed(server), farewell)
  server.closeAllConnections()
})

const wrong = (name: "host" | "port", message: string): ConfigurationError =>
  new ConfigurationError({ issues: [{ name: `Node.${name}`, message }] })

const unusable = ({ cause }: ServeError, host: string, port: number): ConfigurationError => {
  const code = Predicate.hasProperty(cause, "code") ? cause.code : undefined
  return code === "EADDRINUSE" || code === "EACCES"
    ? wrong("port", `${port} cannot be had: another program has it, or it takes more rights`)
    : wrong("host", `${host} is no name or address of this machine`)
}

const check = ({ port = 8787 }: Options): Effect.Effect<void, ConfigurationError> =>
  Number.isInteger(port) && port >= 0 && port < 65_536
    ? Effect.void
    : Effect.fail(wrong("port", "must be a whole number, 0 to 65535"))

/**
 * Listens. When the layer closes, `/readyz` and new requests for a credential are answered with 503 while those that are under way finish, for
 * `drainTimeout` at most; then the port closes.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: Options = {}
): Layer.Layer<Listening, ConfigurationError, TempCredentialProvider | Authenticator> =>
  Layer.unwrap(
    Effect.map(Effect.andThen(check(options), Routes.make(options)), ({ admission, door, routes }) => {
      const { host = "127.0.0.1", port = 8787 } = options
      const server = createServer(settings)
      const listening = Layer.effect(
        Listening,
        Effect.gen(function* () {
          const { address } = yield* HttpServer.HttpServer
          yield* Effect.addFinalizer(() => stop(server, admission))
          return { origin: HttpServer.formatAddress(address), port: "port" in address ? address.port : port }
        })
      )
      const served = Layer.unwrap(Effect.map(HttpRouter.HttpRouter, (router) => HttpServer.serve(door(router)))).pipe(
        Layer.provide(Layer.succeedContext(Tracing.instead))
      )
      return listening.pipe(
        Layer.provide(served),
        Layer.provide(options.docs === false ? routes : Layer.merge(routes, Docs.layer(options))),
        Layer.provide(HttpRouter.layer),
        Layer.provide(NodeHttpServer.layerServer(() => server, { host, port })),
        Layer.catchTag("ServeError", (error) => Layer.effect(Listening, unusable(error, host, port)))
      )
    })
  )
