/**
 * The token endpoint on a port of Node's HTTP server, with bounds on every wait for a client and a graceful shutdown.
 *
 * ```ts
 * import { Transport } from "@tempcred/core/Transport"
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
 *   Layer.provide([Soniox.layerConfig.pipe(Layer.provide(Transport.layer)), authenticator])
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

import { ConfigurationError } from "@tempcred/core/ConfigurationError"
import type { Length } from "@tempcred/core/MintRequest"
import type { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { type AddressInfo, isIPv6 } from "node:net"
import type { Authenticator } from "./Authenticator.ts"
import * as Door from "./node/Door.ts"
import * as Port from "./node/Port.ts"
import * as Endpoint from "./token-server/Endpoint.ts"
import type * as Settings from "./token-server/Settings.ts"

/**
 * The options of the endpoint and of its port.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Settings.Options {
  /** The host name or address to listen on. @default "127.0.0.1" */
  readonly host?: string | undefined
  /** The port; 0 picks a free one. @default 8787 */
  readonly port?: number | undefined
  /**
   * The time that a connection stays open between two requests. It must be longer than that of the proxy or load balancer in front.
   *
   * @default "65 seconds"
   */
  readonly keepAliveTimeout?: Length | undefined
}

/**
 * The address that a server listens on.
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

/** The longest timeout in Node, in milliseconds. */
const maxTimeout = 2 ** 31 - 1

const wrong = (name: "host" | "port" | "keepAliveTimeout", message: string): ConfigurationError =>
  new ConfigurationError({ issues: [{ name: `Node.${name}`, message }] })

const unusable = ({ code }: NodeJS.ErrnoException, host: string, port: number): ConfigurationError =>
  code === "EADDRINUSE" || code === "EACCES"
    ? wrong("port", `${port} is not available: another program uses it, or it needs more rights`)
    : wrong("host", `${host} is not a name or address of this machine`)

const check = Effect.fnUntraced(function* (options: Options) {
  const { host = "127.0.0.1", keepAliveTimeout: given = "65 seconds", port = 8787 } = options
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    return yield* wrong("port", "must be a whole number, 0 to 65535")
  }
  const keepAliveTimeout = Duration.toMillis(Option.getOrElse(Duration.fromInput(given), () => Duration.zero))
  if (!(keepAliveTimeout >= 1 && Number.isFinite(keepAliveTimeout))) {
    return yield* wrong("keepAliveTimeout", 'must be a duration such as "65 seconds"')
  }
  return { host, port, keepAliveTimeout: Math.min(keepAliveTimeout, maxTimeout) }
})

const originOf = (address: AddressInfo): string =>
  `http://${isIPv6(address.address) ? `[${address.address}]` : address.address}:${address.port}`

/**
 * Starts the server. When the layer closes, `/readyz` and new requests for credentials get 503 while requests in flight finish, for at most `drainTimeout`. Then
 * the port closes.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: Options = {}
): Layer.Layer<Listening, ConfigurationError, TempCredentialProvider | Authenticator> =>
  Layer.effect(
    Listening,
    Effect.gen(function* () {
      const { host, keepAliveTimeout, port } = yield* check(options)
      const { admission, respond } = yield* Endpoint.make(options)
      const handle = Door.make(respond)
      const server = Port.make(
        (request, response) => void handle(request, response).catch(() => response.destroy()),
        admission,
        keepAliveTimeout
      )
      yield* Effect.mapError(Port.listen(server, host, port), (error) => unusable(error, host, port))
      yield* Effect.addFinalizer(() => Port.stop(server, admission))
      const address = server.address()
      return typeof address === "object" && address !== null
        ? { origin: originOf(address), port: address.port }
        : { origin: `http://${host}:${port}`, port }
    })
  )
