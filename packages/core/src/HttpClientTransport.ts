/**
 * A transport over the `HttpClient` of an Effect app. The app's own middleware applies.
 *
 * ```ts
 * import * as HttpClientTransport from "@tempcred/core/HttpClientTransport"
 * import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 * import * as Effect from "effect/Effect"
 * import * as FetchHttpClient from "effect/http/FetchHttpClient"
 * import * as Layer from "effect/Layer"
 *
 * const transport = Layer.provide(HttpClientTransport.layer, FetchHttpClient.layer)
 * const credential = await Effect.runPromise(
 *   TempCredentialProvider.use((provider) => provider.mint({ purpose: "stt.realtime" })).pipe(
 *     Effect.provide(Layer.provide(Soniox.layerConfig, transport))
 *   )
 * )
 * console.log(credential.provider) // => soniox
 * ```
 *
 * @since 0.1.0
 */

import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { InvalidResponseError, type TransportError } from "./TempCredentialError.ts"
import { maxBytes, type Outgoing, type Wire as Request } from "./transport/Exchange.ts"
import { broken, late } from "./transport/Failure.ts"
import { fetchOptions } from "./transport/FetchOptions.ts"
import { unusedProxy } from "./transport/Proxy.ts"
import * as Reading from "./transport/Reading.ts"
import * as Wire from "./transport/Wire.ts"
import { Transport } from "./transport/Service.ts"

/**
 * Provides the transport. It turns off the client's spans, which would contain the URL and the headers,
 * and sends no trace headers to vendors.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Transport, never, HttpClient.HttpClient> = Layer.effect(
  Transport,
  Effect.gen(function* () {
    const client = HttpClient.withScope(yield* HttpClient.HttpClient)
    const given = yield* Effect.serviceOption(FetchHttpClient.RequestInit)
    const context = Context.make(HttpClient.TracerPropagationEnabled, false).pipe(
      Context.add(HttpClient.TracerDisabledWhen, () => true),
      Context.add(FetchHttpClient.RequestInit, {
        ...Option.getOrUndefined(given),
        ...fetchOptions()
      })
    )
    const send = Effect.fnUntraced(
      function* (outgoing: Outgoing) {
        const refused = Wire.refuse(outgoing)
        if (refused !== undefined) return yield* refused
        const limit = outgoing.maxBytes ?? maxBytes
        const sentAt = yield* Clock.currentTimeMillis
        const failed = (cause: unknown, begun: boolean) => broken(cause, begun, { ...outgoing, note: note(outgoing) })
        const response = yield* Effect.catch(client.execute(toRequest(Wire.make(outgoing))), ({ reason }) =>
          // The app's middleware may turn a status into an error. The response in that error is used as it is.
          "response" in reason ? Effect.succeed(reason.response) : Effect.fail(failed(reason.cause ?? reason, false))
        )
        const { headers, status } = response
        const unreadable = Reading.refuse(status, headers, limit)
        if (unreadable !== undefined) return yield* unreadable
        const text = yield* read(response, limit, failed)
        return { status, headers, text, sentAt, receivedAt: yield* Clock.currentTimeMillis }
      },
      Effect.scoped,
      Effect.provideContext(context)
    )
    const sendWithin = (outgoing: Outgoing, milliseconds: number) =>
      Effect.timeoutOrElse(send(outgoing), {
        duration: milliseconds,
        orElse: () => Effect.fail(late(milliseconds, { ...outgoing, note: note(outgoing) }))
      })
    return Transport.of({ send, sendWithin })
  })
)

const note = ({ url }: Outgoing): string | undefined => unusedProxy(url, "check that the HttpClient of the app uses it")

const toRequest = ({ body, headers, method, url }: Request): HttpClientRequest.HttpClientRequest => {
  const request = HttpClientRequest.make(method)(url, { headers })
  return body === undefined ? request : HttpClientRequest.bodyText(request, body, headers["content-type"])
}

const read = Effect.fnUntraced(function* (
  response: HttpClientResponse.HttpClientResponse,
  limit: number,
  failed: (cause: unknown, begun: boolean) => TransportError
) {
  const body = Reading.makeBody(response.status, response.headers["content-encoding"], limit)
  yield* Stream.runForEach(response.stream, (bytes) => body.take(bytes) ?? Effect.void).pipe(
    Effect.catchIf(
      (error) => error._tag === "HttpClientError" && error.reason._tag === "EmptyBodyError",
      () => Effect.void
    ),
    Effect.catchTag("HttpClientError", ({ reason }) => Effect.fail(failed(reason.cause ?? reason, true)))
  )
  const text = yield* Effect.promise(async () => body.text())
  return text instanceof InvalidResponseError ? yield* text : text
})
