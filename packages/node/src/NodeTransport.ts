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
import { ConfigurationError } from "@tempcred/core/ConfigurationError"
import {
  type Exchange,
  make,
  proxies,
  type Proxy,
  Transport,
  type Receiver,
  unusedProxy
} from "@tempcred/core/Transport"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { Dispatcher } from "undici"
import { openDirect, openProxied } from "./node-transport/Dispatchers.ts"

/**
 * For how many milliseconds a connection stays open without a request: 55 seconds, as load balancers close theirs after a minute or more
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html, read 2026-11-21: 60 seconds).
 *
 * @category constants
 * @since 0.1.0
 */
export const keepAliveTimeout = 55_000

/**
 * Provides the transport, with a pool of its own that is closed with the layer. It sends through the proxies that the environment names when the layer is
 * built: HTTPS_PROXY or else HTTP_PROXY, but not to hosts of NO_PROXY; each variable also in small letters.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Transport, ConfigurationError> = Layer.effect(
  Transport,
  Effect.gen(function* () {
    const { of, proxy } = proxies()
    const direct = yield* scoped(() => openDirect(pool))
    if (proxy === undefined) return make(through(() => direct))
    const proxied = yield* makeProxied(proxy)
    return make(
      through((url) => (of(url) === undefined ? direct : proxied)),
      (url) => (of(url) === undefined ? undefined : `through the proxy at ${proxy.host} (${proxy.variable})`)
    )
  })
)

/**
 * Provides the transport over a dispatcher of one's own; it is closed by whoever made it. Dispatchers of undici 7 and 8 will do.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerDispatcher = (dispatcher: Dispatcher): Layer.Layer<Transport, ConfigurationError> =>
  Layer.effect(
    Transport,
    Effect.suspend(() =>
      isKnown(dispatcher)
        ? Effect.succeed(
            make(
              through(() => dispatcher),
              noteOfDispatcher
            )
          )
        : misconfigured(
            "NodeTransport.layerDispatcher",
            "must be a dispatcher of undici 7 or 8: undici 5 and 6 speak another protocol"
          )
    )
  )

const noteOfDispatcher = (url: URL) => unusedProxy(url, "check that the dispatcher of the app uses it")

/** Old versions throw at a handler of today; no version sends this. */
const isKnown = (dispatcher: Dispatcher): boolean => {
  const nothing = () => {}
  const handler = {
    onRequestStart: nothing,
    onResponseStart: nothing,
    onResponseData: nothing,
    onResponseEnd: nothing,
    onResponseError: nothing
  }
  try {
    dispatcher.dispatch({ origin: "https://127.0.0.1", path: "", method: " " }, handler)
    return true
  } catch {
    return false
  }
}

const pool = { keepAliveTimeout, allowH2: false }

const scoped = (open: () => Dispatcher) =>
  Effect.acquireRelease(Effect.sync(open), (dispatcher) => Effect.promise(() => dispatcher.destroy()))

const misconfigured = (name: string, message: string) => new ConfigurationError({ issues: [{ name, message }] })

const makeProxied = ({ address, host, variable }: Proxy) => {
  const uri = Redacted.value(address)
  return host === undefined || !/^(https?|socks5?):\/\//i.test(uri)
    ? misconfigured(variable, "must be the URL of a proxy, such as http://proxy.example:3128")
    : scoped(() => openProxied(pool, uri))
}

const left = new Error("the request was left")

const through =
  (dispatcherOf: (url: URL) => Dispatcher): Exchange =>
  ({ body, headers, method, url }, receiver) => {
    let controller: Dispatcher.DispatchController | undefined
    let isLeft = false
    // An app's own interceptors may follow redirects, and would pass on the key.
    const options = { method, headers, body: body ?? null, maxRedirections: 0 }
    const handling = handler(receiver, (begun) => {
      controller = begun
      if (isLeft) begun.abort(left)
    })
    try {
      dispatcherOf(url).dispatch({ origin: url.origin, path: url.pathname + url.search, ...options }, handling)
    } catch (cause) {
      receiver.fail(cause)
    }
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
    // Informational responses (1xx) are not the response.
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
