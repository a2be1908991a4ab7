/** The endpoint as a handler of Effect's HTTP router. */
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import type { HttpServerError } from "effect/http/HttpServerError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Option from "effect/Option"
import { BodyTooLargeError, type IncomingRequest, type OutgoingResponse } from "./Exchange.ts"

const failureOf = ({ reason }: HttpServerError): Error =>
  reason._tag === "RequestParseError" && reason.reason === "BodyTooLarge"
    ? new BodyTooLargeError()
    : new Error("the body cannot be read")

/** Reads a request of Effect's server. */
const incomingOf = (request: HttpServerRequest.HttpServerRequest): IncomingRequest => ({
  method: request.method,
  target: request.url,
  headers: request.headers,
  // A fiber of its own: an interruption would close the connection before the response.
  text: (maxBytes) =>
    Effect.runPromise(
      Effect.mapError(request.text, failureOf).pipe(
        Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.fromInputUnsafe(maxBytes))
      )
    ),
  get request() {
    if (request.source instanceof Request) return request.source
    const url = Option.getOrElse(HttpServerRequest.toURL(request), () => "http://localhost")
    return new Request(url, { method: request.method, headers: request.headers })
  },
  incoming: request.source
})

/** Makes the handler. */
export const handlerOf = (
  answer: (request: IncomingRequest) => Effect.Effect<OutgoingResponse>
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest.HttpServerRequest> =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
    Effect.map(answer(incomingOf(request)), ({ body, headers, status }) =>
      HttpServerResponse.text(body, { status, headers, contentType: headers["content-type"] })
    )
  )
