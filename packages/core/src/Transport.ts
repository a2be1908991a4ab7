/**
 * HTTP transport to vendors: one request, one size-limited response. It follows no redirects, sends
 * no trace headers, refuses bodies over 64 KiB, and sends keys over TLS only. An interruption
 * closes the socket.
 *
 * ```ts
 * import * as Transport from "@tempcred/core/Transport"
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 *
 * const url = new URL("/v1/nowhere", process.env["SONIOX_API_BASE_URL"])
 * const answer = await Effect.runPromise(
 *   Transport.Transport.use((transport) => transport.send({ method: "GET", url, key: Redacted.make("key") })).pipe(
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
import * as OverFetch from "./transport/OverFetch.ts"
import type { Transport } from "./transport/Service.ts"

export { type Answer, type Exchange, maxBytes, type Outgoing, type Receiver, type Wire } from "./transport/Exchange.ts"
export { fetchOptions } from "./transport/FetchOptions.ts"
export { type Environment, type Proxies, proxies, type Proxy } from "./transport/Proxy.ts"
export { make, Transport } from "./transport/Service.ts"

/**
 * The best transport of the runtime: on Node the connection pool of `NodeTransport.layer`, elsewhere
 * `fetch`. The import conditions of the package choose it, so that bundles for other runtimes do not
 * contain the pool.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Transport, ConfigurationError> = layerDefault

/**
 * A transport over the platform's `fetch`, for any runtime. Tests that replace `fetch` need it. On
 * Node, its idle connections close after four seconds.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerFetch: Layer.Layer<Transport> = OverFetch.layer
