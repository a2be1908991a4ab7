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
import { after } from "./Deadline.ts"
import type { InvalidRequestError, InvalidResponseError, TransportError } from "./TempCredentialError.ts"
import { type Answer, type Exchange, maxBytes, type Outgoing } from "./transport/Exchange.ts"
import { late } from "./transport/Failure.ts"
import { fetchOptions } from "./transport/FetchOptions.ts"
import { isUsedByFetch, unusedProxy } from "./transport/Proxy.ts"
import * as Reading from "./transport/Reading.ts"
import * as Wire from "./transport/Wire.ts"

export { type Answer, type Exchange, maxBytes, type Outgoing, type Receiver, type Wire } from "./transport/Exchange.ts"
export { fetchOptions } from "./transport/FetchOptions.ts"
export { type Environment, type Proxies, proxies, type Proxy, unusedProxy } from "./transport/Proxy.ts"

/**
 * The transport of requests to vendors. `send` has no time limit, and interruption closes the socket.
 * `sendWithin` fails as `timedOut` after so many milliseconds, by a timer of its own. A transport
 * without a timer has no `sendWithin`; its `send` is interrupted instead.
 *
 * @category services
 * @since 0.1.0
 */
export class Transport extends Context.Service<
  Transport,
  {
    readonly send: (request: Outgoing) => Effect.Effect<Answer, Failure>
    readonly sendWithin?: (request: Outgoing, milliseconds: number) => Effect.Effect<Answer, Failure>
  }
>()("@tempcred/core/Transport") {}

type Failure = TransportError | InvalidResponseError | InvalidRequestError

/**
 * Makes a transport from a platform's sending function, which must not follow redirects. The checks
 * of requests and responses, and the errors, are the same on every platform. `note` adds a sentence
 * to the error of an exchange that failed or timed out, for example about a proxy.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (exchange: Exchange, note?: (url: URL) => string | undefined): Transport["Service"] => {
  const sendWithin = (outgoing: Outgoing, milliseconds: number): Effect.Effect<Answer, Failure> => {
    const refused = Wire.refuse(outgoing)
    if (refused !== undefined) return Effect.fail(refused)
    const way = () => ({ ...outgoing, note: note?.(outgoing.url) })
    if (milliseconds <= 0) return Effect.suspend(() => Effect.fail(late(milliseconds, way())))
    return Effect.withFiber((fiber) => {
      const clock = fiber.getRef(Clock.Clock)
      return Effect.callback((resume) => {
        const wire = Wire.make(outgoing)
        const sentAt = clock.currentTimeMillisUnsafe()
        let leave = () => {}
        const stop = after(fiber, milliseconds, () => {
          // A response that arrives during the abort is ignored, because the fiber has already resumed.
          resume(Effect.fail(late(milliseconds, way())))
          leave()
        })
        const done = (answer: Effect.Effect<Answer, Failure>) => {
          stop()
          resume(answer)
        }
        const receiver = Reading.make(way, outgoing.maxBytes ?? maxBytes, {
          read: (answer) => done(Effect.succeed({ ...answer, sentAt, receivedAt: clock.currentTimeMillisUnsafe() })),
          failed: (error) => done(Effect.fail(error))
        })
        leave = exchange(wire, receiver)
        return Effect.sync(() => {
          stop()
          leave()
        })
      })
    })
  }
  return Transport.of({ send: (outgoing) => sendWithin(outgoing, Number.POSITIVE_INFINITY), sendWithin })
}

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
