/**
 * The token endpoint, from which an app's clients request credentials: a function of web requests, or routes of an Effect app.
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
 * Responses, in this order: 503 at once when it stops or serves as many requests as it may; 401; 429 past the caller's limits, which count every request of an
 * authenticated caller; 415, 413, 408 and 400 for the body; 403 by the policy; `TokenEndpoint.problem` for a vendor's error; 201 with `TokenEndpoint.Response`.
 * All errors are `application/problem+json`.
 *
 * @since 0.1.0
 */

import type { ProviderLayer } from "@tempcred/core/Adapter"
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import type { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { makeProblem } from "@tempcred/core/TokenEndpoint"
import { Transport } from "@tempcred/core/Transport"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { HttpRouter } from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Schema from "effect/Schema"
import type { Authenticator } from "./Authenticator.ts"
import * as Endpoint from "./token-server/Endpoint.ts"
import * as Exchange from "./token-server/Exchange.ts"
import { handlerOf } from "./token-server/Router.ts"
import type { Options } from "./token-server/Settings.ts"

export type { IncomingRequest, OutgoingResponse, Respond } from "./token-server/Exchange.ts"
export type { Options } from "./token-server/Settings.ts"

/**
 * The server was closed, before or while it was built.
 *
 * @category errors
 * @since 0.1.0
 */
export class ClosedError extends Schema.TaggedError<ClosedError>()("ClosedError", {}) {
  override get message(): string {
    return "this server is closed: make a new one"
  }
}

/**
 * Adds the endpoint's routes to the router of an Effect app. Other paths, 404s and the spans of requests, which have the whole URL, stay with the app. When the
 * layer closes, requests in flight finish first.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: Options = {}
): Layer.Layer<never, ConfigurationError, HttpRouter | TempCredentialProvider | Authenticator> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const { admission, answer, paths } = yield* Endpoint.make(options)
      const router = yield* HttpRouter
      for (const path of paths) yield* router.add("*", path, handlerOf(answer))
      yield* Effect.addFinalizer(() => admission.drain)
    })
  )

/**
 * The endpoint as a function of web requests.
 *
 * @category models
 * @since 0.1.0
 */
export interface TokenServer extends AsyncDisposable {
  /**
   * Answers a request. Rejects only if the configuration is invalid, as `ready` does. `incoming` is the framework's own request, which an authenticator of the
   * app can read.
   */
  readonly fetch: (request: Request, incoming?: unknown) => Promise<Response>
  /** Answers a request of a platform without web requests, until its client leaves. `NodeHandler` uses it. */
  readonly respond: Exchange.Respond
  /** Builds the server now, so that an invalid configuration shows at start. Rejects with `ConfigurationError` or `ClosedError`. */
  readonly ready: () => Promise<void>
  /** Answers further requests with 503, waits for those in flight, and closes everything that was opened. */
  readonly close: () => Promise<void>
}

/** A built server. */
class Built extends Context.Service<Built, Endpoint.Endpoint>()("@tempcred/server/TokenServer/Built") {}

const closed = Exchange.refused(
  new Exchange.Refusal({
    problem: makeProblem(503, "UnavailableError", "this endpoint has stopped", { retryAfter: 1 })
  })
)

/**
 * Makes the endpoint for platforms with `Request` and `Response`. The server is built at the first request, or by `ready`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (
  options: Options & {
    readonly provider: ProviderLayer
    readonly authenticator: Layer.Layer<Authenticator, ConfigurationError>
    /** The HTTP transport to the vendor. @default Transport.layer */
    readonly transport?: Layer.Layer<Transport, ConfigurationError> | undefined
  }
): TokenServer => {
  const { authenticator, provider, transport = Transport.layer } = options
  const services = Layer.merge(Layer.provide(provider, transport), authenticator)
  const runtime = ManagedRuntime.make(Layer.provide(Layer.effect(Built, Endpoint.make(options)), services))
  let built: Endpoint.Endpoint | undefined
  let closing: Promise<void> | undefined
  const build = async () => {
    if (closing !== undefined) throw new ClosedError({})
    const exit = await runtime.runPromiseExit(Built)
    if (Exit.isSuccess(exit)) return (built = exit.value)
    // Only `close` interrupts the build.
    throw Cause.hasInterruptsOnly(exit.cause) ? new ClosedError({}) : Cause.squash(exit.cause)
  }
  const buildAndRespond: Exchange.Respond = async (request, left) => {
    try {
      return await (await build()).respond(request, left)
    } catch (error) {
      if (error instanceof ClosedError) return closed
      throw error
    }
  }
  const respond: Exchange.Respond = (request, left) => (built ?? { respond: buildAndRespond }).respond(request, left)
  const close = () => {
    closing ??= Effect.runPromise(built?.admission.drain ?? Effect.void).then(async () => {
      built = undefined
      await runtime.dispose()
    })
    return closing
  }
  return {
    fetch: async (request, incoming) =>
      Exchange.toWeb(await respond(Exchange.fromWeb(request, incoming), request.signal), request.method),
    respond,
    ready: async () => {
      await build()
    },
    close,
    [Symbol.asyncDispose]: close
  }
}
