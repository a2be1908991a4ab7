/** The body of a request: JSON of at most 16 KiB that arrives in time. */
import { makeProblem, type ProblemStatus } from "@tempcred/core/TokenEndpoint"
import * as ByteSize from "effect/ByteSize"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import type { HttpServerError } from "effect/http/HttpServerError"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import { isJson } from "../authenticator/TokenFrom.ts"
import { Refusal } from "./Responses.ts"

const maxBytes = 16_384

/** Stops reading after so many bytes, whatever `Content-Length` says. */
const bounded = Context.make(HttpIncomingMessage.MaxBodySize, ByteSize.fromInputUnsafe(maxBytes))

const refuse = (
  status: ProblemStatus,
  detail: string,
  headers?: Readonly<Record<string, string>>
): Effect.Effect<never, Refusal> => {
  const problem = makeProblem(status, "InvalidRequestError", detail)
  return Effect.fail(new Refusal({ problem, ...(headers === undefined ? {} : { headers }) }))
}

/** Closes the connection, because its next request would begin with the rest of the body. */
const close = { connection: "close" }

const notJson = refuse(415, "the body must be JSON, sent with Content-Type: application/json")
const tooLarge = refuse(413, `the body must be at most ${maxBytes} bytes`, close)
const unreadable = refuse(400, "the body cannot be read", close)
const malformed = refuse(400, "the body is not JSON")

/** Time for the client to receive the response before reading stops, which closes the connection. */
const grace = Duration.seconds(1)

const failed = ({ reason }: HttpServerError): Effect.Effect<never, Refusal> =>
  reason._tag === "RequestParseError" && reason.reason === "BodyTooLarge" ? tooLarge : unreadable

/** Makes the function that reads the JSON of a body. */
export const make = (timeout: Duration.Duration): ((request: HttpServerRequest) => Effect.Effect<unknown, Refusal>) => {
  const tooSlow = refuse(408, `the body must arrive within ${Duration.format(timeout)}`, close)
  const inTime = <A, E>(reading: Effect.Effect<A, E>): Effect.Effect<A, E | Refusal> =>
    Effect.flatMap(Effect.forkDetach(reading, { startImmediately: true }), (reader) =>
      Effect.timeoutOrElse(Fiber.join(reader), {
        duration: timeout,
        orElse: () => Effect.andThen(Effect.forkDetach(Effect.delay(Fiber.interrupt(reader), grace)), tooSlow)
      }).pipe(Effect.onInterrupt(() => Fiber.interrupt(reader)))
    )
  return (request) => {
    if (!isJson(request.headers)) return notJson
    if (Number(request.headers["content-length"] ?? 0) > maxBytes) return tooLarge
    const text = Effect.provideContext(Effect.catch(request.text, failed), bounded)
    return Effect.flatMap(inTime(text), parse)
  }
}

const parse = (text: string): Effect.Effect<unknown, Refusal> => {
  try {
    return Effect.succeed(JSON.parse(text))
  } catch {
    return malformed
  }
}
