/**
 * HTTP transport to vendors: one request, one size-limited response. It follows no redirects, sends
 * no trace headers, refuses bodies over 64 KiB, and sends keys over TLS only. An interruption
 * closes the socket.
 *
 * ```ts
 * import { layerFetch, Transport } from "@tempcred/core/Transport"
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 *
 * const url = new URL("/v1/nowhere", process.env["SONIOX_API_BASE_URL"])
 * const answer = await Effect.runPromise(
 *   Transport.use((transport) => transport.send({ method: "GET", url, key: Redacted.make("key") })).pipe(
 *     Effect.provide(layerFetch)
 *   )
 * )
 * console.log(answer.status) // => 404
 * ```
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type { InvalidRequestError, InvalidResponseError, TransportError } from "./TempCredentialError.ts"
import { fetchOptions } from "./transport/FetchOptions.ts"
import { isUsedByFetch, unusedProxy } from "./transport/Proxy.ts"
import * as Reading from "./transport/Reading.ts"
import * as Wire from "./transport/Wire.ts"

export { fetchOptions } from "./transport/FetchOptions.ts"
export { type Environment, type Proxies, proxies, type Proxy, unusedProxy } from "./transport/Proxy.ts"
export type { Receiver } from "./transport/Reading.ts"
export type { Wire } from "./transport/Wire.ts"

/**
 * A request to a vendor. The key can only travel in a header.
 *
 * @category models
 * @since 0.1.0
 */
export interface Outgoing {
  readonly method: "GET" | "POST" | "PUT" | "DELETE"
  readonly url: URL
  readonly key: Redacted.Redacted
  /** @default { name: "authorization", prefix: "Bearer " } */
  readonly keyHeader?: { readonly name: string; readonly prefix: string } | undefined
  /** Further headers, without secrets. */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
  /** The body, sent as JSON. */
  readonly body?: unknown
  /** The maximum size of the response in bytes. @default maxBytes */
  readonly maxBytes?: number | undefined
}

/**
 * A vendor's complete response with any status, and the times of sending and receiving in epoch
 * milliseconds.
 *
 * @category models
 * @since 0.1.0
 */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly text: string
  readonly sentAt: number
  readonly receivedAt: number
}

/**
 * The default maximum size of a response in bytes: 64 KiB.
 *
 * @category constants
 * @since 0.1.0
 */
export const maxBytes = 65_536

/**
 * The transport of requests to vendors. It has no time limit: the caller sets one, and interruption
 * closes the socket.
 *
 * @category services
 * @since 0.1.0
 */
export class Transport extends Context.Service<
  Transport,
  {
    readonly send: (
      request: Outgoing
    ) => Effect.Effect<Answer, TransportError | InvalidResponseError | InvalidRequestError>
  }
>()("@tempcred/core/Transport") {}

/**
 * The sending function of a platform. It starts at once, reports to the receiver, and returns a
 * function that aborts the exchange.
 *
 * @category models
 * @since 0.1.0
 */
export type Exchange = (wire: Wire.Wire, receiver: Reading.Receiver) => () => void

/**
 * Makes a transport from a platform's sending function, which must not follow redirects. The checks
 * of requests and responses, and the errors, are the same on every platform. `note` adds a sentence
 * to the error of a failed exchange, for example about a proxy.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (exchange: Exchange, note?: (url: URL) => string | undefined): Transport["Service"] =>
  Transport.of({
    send: (outgoing) => {
      const refused = Wire.refuse(outgoing)
      if (refused !== undefined) return Effect.fail(refused)
      return Clock.clockWith((clock) =>
        Effect.callback<Answer, TransportError | InvalidResponseError>((resume) => {
          const sentAt = clock.currentTimeMillisUnsafe()
          const leave = exchange(
            Wire.make(outgoing),
            Reading.make(() => ({ ...outgoing, note: note?.(outgoing.url) }), outgoing.maxBytes ?? maxBytes, {
              read: (answer) =>
                resume(Effect.succeed({ ...answer, sentAt, receivedAt: clock.currentTimeMillisUnsafe() })),
              failed: (error) => resume(Effect.fail(error))
            })
          )
          return Effect.sync(leave)
        })
      )
    }
  })

/**
 * A transport over the platform's `fetch`, for any runtime. On Node, `@tempcred/node` is faster and
 * keeps idle connections open longer than the four seconds of `fetch`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerFetch: Layer.Layer<Transport> = Layer.sync(Transport, () => make(throughFetch(), noteOfFetch))

const noteOfFetch = (url: URL): string | undefined => {
  const advice = "set NODE_USE_ENV_PROXY=1 too, so that Node's fetch uses it, or use the transport of @tempcred/node"
  const note = unusedProxy(url, advice)
  return note === undefined || isUsedByFetch() ? undefined : note
}

const throughFetch = (): Exchange => {
  const options = fetchOptions()
  return ({ body, headers, method, url }, receiver) => {
    const leaving = new AbortController()
    const leave = () => leaving.abort()
    const read = async () => {
      const response = await fetch(url, { ...options, method, headers, body: body ?? null, signal: leaving.signal })
      // `fetch` has already decompressed the body.
      const { "content-encoding": _, ...told } = Object.fromEntries(response.headers)
      if (!receiver.begin(response.status, told)) return leave()
      const reader = response.body?.getReader()
      for (let next = await reader?.read(); next?.value !== undefined; next = await reader?.read()) {
        if (!receiver.piece(next.value)) return leave()
      }
      receiver.end()
    }
    read().catch(receiver.fail)
    return leave
  }
}
