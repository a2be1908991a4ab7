/**
 * HTTP transport for Node over a connection pool of undici. An idle connection stays open for 55
 * seconds, so that the next mint needs no new connection. Idle connections do not keep the process
 * running. It is the default transport on Node; `layerDispatcher` uses an app's own dispatcher.
 *
 * ```ts
 * import * as Minter from "@tempcred/core/Minter"
 * import * as NodeTransport from "@tempcred/core/NodeTransport"
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

import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { ConfigurationError } from "./ConfigurationError.ts"
import type { Closable, Controller, Dispatcher, Handler } from "./node-transport/Dispatcher.ts"
import type { Exchange, Receiver } from "./transport/Exchange.ts"
import { proxies, type Proxy, unusedProxy } from "./transport/Proxy.ts"
import { make, Transport } from "./transport/Service.ts"

export type { Controller, Dispatcher, Handler, Options } from "./node-transport/Dispatcher.ts"

/**
 * How long an idle connection stays open, in milliseconds. Load balancers close idle connections after a
 * minute or more, so 55 seconds is safe. Source: 60 seconds in
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html,
 * read 2026-11-21.
 *
 * @category constants
 * @since 0.1.0
 */
export const keepAliveTimeout = 55_000

/**
 * Provides the transport with its own connection pool, which is closed with the layer. When the layer is
 * built, it reads the proxy from HTTPS_PROXY or else HTTP_PROXY. Hosts in NO_PROXY bypass the proxy.
 * Variables with names in lowercase letters take precedence.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Transport, ConfigurationError> = Layer.effect(
  Transport,
  Effect.gen(function* () {
    const { of, proxy } = proxies()
    // Loaded here, because programs with another transport do not need it.
    const { openDirect, openProxied } = yield* Effect.promise(() => import("./node-transport/Dispatchers.ts"))
    const direct = yield* scoped(() => openDirect(pool))
    if (proxy === undefined) return make(through(() => direct))
    const address = yield* addressOf(proxy)
    const proxied = yield* scoped(() => openProxied(pool, address))
    return make(
      through((url) => (of(url) === undefined ? direct : proxied)),
      (url) => (of(url) === undefined ? undefined : `through the proxy at ${proxy.host} (${proxy.variable})`)
    )
  })
)

/**
 * Provides the transport over a dispatcher of undici 7 or 8, which the app closes. It refuses a
 * dispatcher of undici 5 or 6 with a `ConfigurationError`.
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

/** Tells whether a dispatcher accepts the handler of undici 7 and 8. The test request is invalid and never sent. */
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
    dispatcher.dispatch({ origin: "https://127.0.0.1", path: "", method: " ", headers: {}, body: null }, handler)
    return true
  } catch {
    return false
  }
}

const pool = { keepAliveTimeout, allowH2: false }

const scoped = (open: () => Closable) =>
  Effect.acquireRelease(Effect.sync(open), (dispatcher) => Effect.promise(() => dispatcher.destroy()))

const misconfigured = (name: string, message: string) => new ConfigurationError({ issues: [{ name, message }] })

const addressOf = ({ address, host, variable }: Proxy): Effect.Effect<string, ConfigurationError> => {
  const url = Redacted.value(address)
  return host === undefined || !/^(https?|socks5?):\/\//i.test(url)
    ? misconfigured(variable, "must be the URL of a proxy, such as http://proxy.example:3128")
    : Effect.succeed(url)
}

const left = new Error("the request was left")

const through =
  (dispatcherOf: (url: URL) => Dispatcher): Exchange =>
  ({ body, headers, method, url }, receiver) => {
    let controller: Controller | undefined
    let isLeft = false
    // An app's own interceptors may follow redirects, which would send the key to another host.
    const options = { method, headers, body: body ?? null, maxRedirections: 0 } as const
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

const handler = (receiver: Receiver, started: (controller: Controller) => void): Handler => ({
  onRequestStart: started,
  onResponseStart: (controller, status, headers) => {
    // Informational responses (1xx) precede the actual response.
    if (status >= 200 && !receiver.begin(status, single(headers))) controller.abort(left)
  },
  onResponseData: (controller, bytes) => {
    if (!receiver.piece(bytes)) controller.abort(left)
  },
  onResponseEnd: () => receiver.end(),
  onResponseError: (_, error) => receiver.fail(error)
})

/** Joins the values of repeated headers. */
const single = (headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>) => {
  const all: Record<string, string | undefined> = {}
  for (const name in headers) {
    const value = headers[name]
    all[name] = typeof value === "object" ? value.join(", ") : value
  }
  return all
}
