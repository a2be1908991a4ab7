/**
 * How bytes reach a vendor and come back: one request, one bounded answer. Redirects are not followed, no trace headers are sent, a
 * body over 64 KiB is refused, a key goes over an encrypted connection only, and leaving early closes the socket.
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
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { checkUrl } from "./ConfigurationError.ts"
import { InvalidRequestError, InvalidResponseError, TransportError } from "./TempCredentialError.ts"

/**
 * One request to a vendor as plain data; the key can travel in a header only.
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
  /** Further headers, which hold no secret. */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
  /** Sent as JSON. */
  readonly body?: unknown
  /** The largest answer to read, in bytes. @default maxBytes */
  readonly maxBytes?: number | undefined
}

/**
 * A vendor's whole answer, whatever its status, and the two moments around it in epoch milliseconds.
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
 * The largest answer that is read unless a request says otherwise, in bytes: 64 KiB.
 *
 * @category constants
 * @since 0.1.0
 */
export const maxBytes = 65_536

/**
 * Sends requests to vendors. It sets no time-out: who calls knows how long there is, and interrupting closes the socket.
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

const settings = Context.make(HttpClient.TracerPropagationEnabled, false).pipe(
  // Our own span says what there is to say; the client's would hold the URL and headers.
  Context.add(HttpClient.TracerDisabledWhen, () => true)
)

/**
 * Sends through the `HttpClient` of the app, for instance undici's pool on Node.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Transport, never, HttpClient.HttpClient> = Layer.effect(
  Transport,
  Effect.gen(function* () {
    const client = HttpClient.withScope(yield* HttpClient.HttpClient)
    const given = yield* Effect.serviceOption(FetchHttpClient.RequestInit)
    const context = Context.add(settings, FetchHttpClient.RequestInit, {
      ...Option.getOrUndefined(given),
      redirect: "manual",
      credentials: "omit",
      cache: "no-store"
    })
    const send = Effect.fnUntraced(
      function* (outgoing: Outgoing) {
        if (checkUrl("", outgoing.url.origin).length > 0) {
          const message = "must begin with https:// (http:// is allowed on loopback only)"
          return yield* new InvalidRequestError({ issues: [{ field: "url", message }] })
        }
        const sentAt = yield* Clock.currentTimeMillis
        const response = yield* Effect.mapError(client.execute(toRequest(outgoing)), toTransportError)
        if (response.status >= 300 && response.status < 400) {
          return yield* new InvalidResponseError({ status: response.status, detail: "redirects are not followed" })
        }
        const text = yield* read(response, outgoing.maxBytes ?? maxBytes)
        const receivedAt = yield* Clock.currentTimeMillis
        return { status: response.status, headers: response.headers, text, sentAt, receivedAt }
      },
      Effect.scoped,
      Effect.provideContext(context)
    )
    return Transport.of({ send })
  })
)

/**
 * Sends through the platform's `fetch`: any runtime, nothing to install.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerFetch: Layer.Layer<Transport> = Layer.provide(layer, FetchHttpClient.layer)

const toRequest = (outgoing: Outgoing): HttpClientRequest.HttpClientRequest => {
  const { name, prefix } = outgoing.keyHeader ?? { name: "authorization", prefix: "Bearer " }
  const request = HttpClientRequest.make(outgoing.method)(outgoing.url, {
    headers: { accept: "application/json", ...outgoing.headers, [name]: prefix + Redacted.value(outgoing.key) }
  })
  return outgoing.body === undefined ? request : HttpClientRequest.bodyJsonUnsafe(request, outgoing.body)
}

const read = Effect.fnUntraced(function* (response: HttpClientResponse.HttpClientResponse, limit: number) {
  const tooLarge = new InvalidResponseError({ status: response.status, detail: `the answer is over ${limit} bytes` })
  if (Number(response.headers["content-length"] ?? 0) > limit) return yield* tooLarge
  const decoder = new TextDecoder()
  let bytes = 0
  let text = ""
  yield* Stream.runForEach(response.stream, (chunk) => {
    bytes += chunk.length
    if (bytes > limit) return tooLarge
    text += decoder.decode(chunk, { stream: true })
    return Effect.void
  }).pipe(
    Effect.catchIf(
      (error) => error._tag === "HttpClientError" && error.reason._tag === "EmptyBodyError",
      () => Effect.void
    ),
    Effect.catchTag("HttpClientError", (error) => Effect.fail(cutOff(error)))
  )
  return text + decoder.decode()
})

const toTransportError = (error: HttpClientError.HttpClientError): TransportError =>
  new TransportError({ timedOut: false, ...platformCode(error.reason.cause) })

const cutOff = (error: HttpClientError.HttpClientError): TransportError =>
  new TransportError({ timedOut: false, ...platformCode(error.reason.cause), detail: "the answer was cut off" })

/** `ECONNREFUSED` and its kin, from wherever the platform put it; nothing else of a cause is kept, as it may hold the request. */
const platformCode = (cause: unknown, depth = 0): { readonly code?: string } => {
  if (!Predicate.isObject(cause) || depth > 4) return {}
  if ("code" in cause && typeof cause.code === "string" && /^[A-Z][A-Z0-9_]+$/.test(cause.code)) {
    return { code: cause.code }
  }
  return "cause" in cause ? platformCode(cause.cause, depth + 1) : {}
}
