/**
 * Sends through a pool of `undici` that suits minting: few requests, long apart, each of which should find a connection that is already open. What is idle
 * keeps no process alive.
 *
 * ```ts
 * import * as Minter from "@tempcred/core/Minter"
 * import * as NodeTransport from "@tempcred/node/NodeTransport"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 *
 * const minter = Minter.make(Soniox.layerConfig, { transport: NodeTransport.layer })
 * const credential = await minter.mint({ purpose: "stt.realtime" })
 * console.log(credential.provider) // => soniox
 * await minter.close()
 * ```
 *
 * @since 0.1.0
 */
/// <reference path="./undici.d.ts" />
import { type Exchange, make, Transport, type Receiver } from "@tempcred/core/Transport"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Dispatcher } from "undici"
// The whole of undici puts itself in the place of what the platform's `fetch` sends through.
import Agent from "undici/lib/dispatcher/agent.js"

/**
 * For how many milliseconds a connection stays open without a request: 55 seconds, as load balancers close theirs after a minute or more
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html, read 2026-11-21: 60 seconds).
 *
 * @category constants
 * @since 0.1.0
 */
export const keepAliveTimeout = 55_000

/**
 * Provides the transport, with a pool of its own that is closed with the layer.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Transport> = Layer.effect(
  Transport,
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new Agent({ keepAliveTimeout, allowH2: false })),
      (agent) => Effect.promise(() => agent.destroy())
    ),
    (agent) => make(through(agent))
  )
)

/**
 * Provides the transport over a dispatcher of one's own, such as undici's `EnvHttpProxyAgent`; it is closed by whoever made it.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerDispatcher = (dispatcher: Dispatcher): Layer.Layer<Transport> =>
  Layer.sync(Transport, () => make(through(dispatcher)))

const left = new Error("the request was left")

const through =
  (dispatcher: Dispatcher): Exchange =>
  ({ body, headers, method, url }, receiver) => {
    let controller: Dispatcher.DispatchController | undefined
    let isLeft = false
    // What an app puts around its dispatcher may follow redirects, and would take the key along.
    const options = { method, headers, body: body ?? null, maxRedirections: 0 }
    dispatcher.dispatch(
      { origin: url.origin, path: url.pathname + url.search, ...options },
      handler(receiver, (begun) => {
        controller = begun
        if (isLeft) begun.abort(left)
      })
    )
    return () => {
      isLeft = true
      controller?.abort(left)
    }
  }

const handler = (
  receiver: Receiver,
  started: (controller: Dispatcher.DispatchController) => void
): Dispatcher.DispatchHandler => ({
  onRequestStart: started,
  onResponseStart: (controller, status, headers) => {
    // What a server says before its answer is not the answer.
    if (status >= 200 && !receiver.begin(status, single(headers))) controller.abort(left)
  },
  onResponseData: (controller, bytes) => {
    if (!receiver.piece(bytes)) controller.abort(left)
  },
  onResponseEnd: () => receiver.end(),
  onResponseError: (_, error) => receiver.fail(error)
})

/** Most headers come once. */
const single = (headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>) => {
  const all: Record<string, string | undefined> = {}
  for (const name in headers) {
    const value = headers[name]
    all[name] = typeof value === "object" ? value.join(", ") : value
  }
  return all
}
