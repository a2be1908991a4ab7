/**
 * The token endpoint: what an app's backend mounts so that its clients can ask for credentials, as a function of web requests or as routes of an
 * Effect app.
 *
 * ```ts
 * import * as Authenticator from "@tempcred/server/Authenticator"
 * import * as TokenServer from "@tempcred/server/TokenServer"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 * import * as Redacted from "effect/Redacted"
 *
 * const server = TokenServer.make({
 *   provider: Soniox.layerConfig,
 *   authenticator: Authenticator.layerBearer([{ token: Redacted.make("kiosk-7-secret-token"), subject: "kiosk-7" }])
 * })
 * const ask = (token: string, ttlSeconds: number) =>
 *   server.fetch(
 *     new Request("https://app.example/v1/credentials", {
 *       method: "POST",
 *       headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
 *       body: JSON.stringify({ purpose: "stt.realtime", ttlSeconds })
 *     })
 *   )
 * const { provider, subject, uses } = await (await ask("kiosk-7-secret-token", 60)).json()
 * console.log(provider, subject, uses) // => soniox kiosk-7 once
 * console.log((await ask("a guess", 60)).status) // => 401
 * const { issues, reason, status } = await (await ask("kiosk-7-secret-token", 3600)).json()
 * console.log(status, reason, issues[0].message) // => 403 ForbiddenError must be at most 300
 * await server.close()
 * ```
 *
 * What it answers, in this order: 503 at once when it stops or serves as many requests as it may; 401; 429 past the caller's limits, which count every request
 * of a caller who is known; 415, 413, 408 and 400 for the body; 403 by the policy; what `TokenEndpoint.problem` makes of a vendor's error; 201 with
 * `TokenEndpoint.Response`. All errors are `application/problem+json`.
 *
 * @since 0.1.0
 */
import type { ProviderLayer } from "@tempcred/core/Adapter"
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import type { Length } from "@tempcred/core/MintRequest"
import type { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { layerFetch, type Transport } from "@tempcred/core/Transport"
import * as Effect from "effect/Effect"
import type { HttpRouter } from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import type { Write } from "./AccessLog.ts"
import type { Authenticator } from "./Authenticator.ts"
import type { IssuancePolicy } from "./IssuancePolicy.ts"
import type * as Limits from "./Limits.ts"
import * as WebHandler from "./token-server/WebHandler.ts"
import * as Routes from "./token-server/Routes.ts"

export { ClosedError } from "./token-server/ClosedError.ts"

/**
 * How the endpoint behaves.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** What callers may have. @default the strict terms of `IssuancePolicy` */
  readonly policy?: IssuancePolicy | undefined
  /** How much each caller may ask for. @default 60 in a minute, 8 at a time */
  readonly limits?: Limits.Options | undefined
  /** How many requests are served at a time; more are answered with 503 at once. @default 512 */
  readonly maxInFlight?: number | undefined
  /** How long the body of a request may take; slower ones are answered with 408. @default "5 seconds" */
  readonly bodyTimeout?: Length | undefined
  /** How long requests that are under way may take when the server stops. @default "20 seconds" */
  readonly drainTimeout?: Length | undefined
  /** The origins whose web pages may ask, each exactly as browsers write it. @default none */
  readonly allowedOrigins?: ReadonlyArray<string> | undefined
  /** The headers that these pages may send beside `authorization` and `content-type`, such as `traceparent` and `baggage`. @default none */
  readonly allowedHeaders?: ReadonlyArray<string> | undefined
  /** What every path begins with. @default none */
  readonly prefix?: `/${string}` | undefined
  /** Takes an entry for each answer. @default nobody */
  readonly log?: Write | undefined
  /** Whether `/metrics` answers, with all metrics of the process. @default true */
  readonly metrics?: boolean | undefined
  /** Whether `/openapi.json` and `/docs` answer. @default true */
  readonly docs?: boolean | undefined
  /**
   * Whether the traces of a request go on where its `traceparent` says, at the doors of `make` and of `Node.layer`: for a server behind a proxy that writes that
   * header itself. In an Effect app, the app's own server decides.
   *
   * @default false
   */
  readonly trustTraceparent?: boolean | undefined
}

/**
 * Adds the endpoint's routes to the router of an Effect app, and nothing else: what is at other paths, what is at none, and the spans of requests, which have
 * their whole URL, stay the app's. When the layer closes, requests that are under way finish first.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: Options = {}
): Layer.Layer<never, ConfigurationError, HttpRouter | TempCredentialProvider | Authenticator> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { admission, routes } = yield* Routes.make(options)
      yield* Effect.addFinalizer(() => admission.drain)
      return routes
    })
  )

/**
 * The endpoint as a function of web requests.
 *
 * @category models
 * @since 0.1.0
 */
export interface TokenServer extends AsyncDisposable {
  /** Answers a request; rejects, as `ready` does, only where the configuration cannot be used. */
  readonly fetch: (request: Request) => Promise<Response>
  /** Builds everything now, so that a configuration that cannot be used shows at start: rejects with `ConfigurationError`, or `ClosedError`. */
  readonly ready: () => Promise<void>
  /** Answers requests with 503 from now on, lets those that are under way finish, and closes what was opened. */
  readonly close: () => Promise<void>
}

/**
 * Makes the endpoint for whatever speaks `Request` and `Response`. Nothing is built before the first request.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (
  options: Options & {
    readonly provider: ProviderLayer
    readonly authenticator: Layer.Layer<Authenticator, ConfigurationError>
    /** How bytes reach the vendor. @default Transport.layerFetch */
    readonly transport?: Layer.Layer<Transport, ConfigurationError> | undefined
  }
): TokenServer => {
  const { authenticator, provider, transport = layerFetch } = options
  return WebHandler.make(options, Layer.merge(Layer.provide(provider, transport), authenticator))
}
