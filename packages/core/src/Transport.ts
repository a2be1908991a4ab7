/**
 * HTTP transport to vendors: one request, one size-limited response. It follows no redirects, sends
 * no trace headers, refuses bodies over 64 KiB, and sends keys over TLS only. An interruption
 * closes the socket.
 *
 * ```ts
 * import { Transport } from "@tempcred/core/Transport"
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 *
 * const url = new URL("/v1/nowhere", process.env["SONIOX_API_BASE_URL"])
 * const answer = await Effect.runPromise(
 *   Transport.use((transport) => transport.send({ method: "GET", url, key: Redacted.make("key") })).pipe(
 *     Effect.provide(Transport.layer)
 *   )
 * )
 * console.log(answer.status) // => 404
 * ```
 *
 * @since 0.1.0
 */

import { layer as layerDefault } from "#default-transport"
import type * as Layer from "effect/Layer"
import type { ConfigurationError } from "./ConfigurationError.ts"
import type { Exchange } from "./transport/Exchange.ts"
import * as OverFetch from "./transport/OverFetch.ts"
import * as Service from "./transport/Service.ts"

export { type Answer, type Exchange, maxBytes, type Outgoing, type Receiver, type Wire } from "./transport/Exchange.ts"
export { fetchOptions } from "./transport/FetchOptions.ts"
export { type Environment, type Proxies, proxies, type Proxy } from "./transport/Proxy.ts"

/**
 * The transport of requests to vendors. `send` has no time limit, and interruption closes the socket.
 * `sendWithin` has a time limit in milliseconds, after which it fails with `timedOut`. For a transport
 * without `sendWithin`, callers interrupt `send` instead.
 *
 * @category services
 * @since 0.1.0
 */
export class Transport extends Service.Transport {
  /**
   * The best transport of the runtime: on Node the connection pool of `NodeTransport.layer`, elsewhere
   * `fetch`. The import conditions of the package choose it, so that bundles for other runtimes do not
   * contain the pool.
   */
  static readonly layer: Layer.Layer<Transport, ConfigurationError> = layerDefault

  /**
   * A transport over the platform's `fetch`, for any runtime. Tests that replace `fetch` need it. On
   * Node, its idle connections close after four seconds.
   */
  static readonly layerFetch: Layer.Layer<Transport> = OverFetch.layer

  /**
   * Makes a transport over the app's own function with the signature of `fetch`. The function must return
   * redirects instead of following them, because a followed redirect would send the key to another host.
   */
  static layerFetchOf(fetch: typeof globalThis.fetch): Layer.Layer<Transport> {
    return OverFetch.layerOf(fetch)
  }

  /**
   * Makes a transport from a platform's sending function, which must not follow redirects. The checks
   * of requests and responses, and the errors, are the same on every platform. `note` adds a sentence
   * to the error of a request that failed or timed out, for example about a proxy.
   */
  static make(exchange: Exchange, note?: (url: URL) => string | undefined): Transport["Service"] {
    return Service.make(exchange, note)
  }
}
