/** The body of a request, read within its bounds: JSON, 16 KiB at most, whole in time. What is wrong with it is an answer. */
import { makeProblem, type ProblemStatus } from "@tempcred/core/TokenEndpoint"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import type { HttpServerError } from "effect/http/HttpServerError"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as ByteSize from "effect/ByteSize"
import * as Responses from "./Responses.ts"

/** In bytes. */
const maxBytes = 16_384

/** Makes platforms stop reading at the bound, by the bytes that come and not by what the request says of itself. */
export const limits: Context.Context<never> = Context.make(
  HttpIncomingMessage.MaxBodySize,
  ByteSize.fromInputUnsafe(maxBytes)
)

const refuse = (
  status: ProblemStatus,
  detail: string,
  headers?: Readonly<Record<string, string>>
): Effect.Effect<never, HttpServerResponse> =>
  Effect.suspend(() => Effect.fail(Responses.problem(makeProblem(status, "InvalidRequestError", detail), headers)))

/** What was not read would be taken for the next request on the same connection. */
const close = { connection: "close" }

const notJson = refuse(415, "the body must be JSON, sent with Content-Type: application/json")
const tooLarge = refuse(413, `the body must be at most ${maxBytes} bytes`, close)
const unreadable = refuse(400, "the body cannot be read", close)
const malformed = refuse(400, "the body is not JSON")

/** Who stops reading at once closes the connection, and the answer may be lost. */
const grace = Duration.seconds(1)

const failed = ({ reason }: HttpServerError): Effect.Effect<never, HttpServerResponse> =>
  reason._tag === "RequestParseError" && reason.reason === "BodyTooLarge" ? tooLarge : unreadable

/** Makes what reads a body, or fails with the answer. */
export const make = (
  timeout: Duration.Duration
): ((request: HttpServerRequest) => Effect.Effect<unknown, HttpServerResponse>) => {
  const tooSlow = refuse(408, `the body must arrive within ${Duration.format(timeout)}`, close)
  const inTime = <A, E>(reading: Effect.Effect<A, E>): Effect.Effect<A, E | HttpServerResponse> =>
    Effect.flatMap(Effect.forkDetach(reading, { startImmediately: true }), (reader) =>
      Effect.timeoutOrElse(Fiber.join(reader), {
        duration: timeout,
        orElse: () => Effect.andThen(Effect.forkDetach(Effect.delay(Fiber.interrupt(reader), grace)), tooSlow)
      }).pipe(Effect.onInterrupt(() => Fiber.interrupt(reader)))
    )
  return (request) => {
    if (!/^application\/json\s*(;|$)/i.test(request.headers["content-type"] ?? "")) return notJson
    if (Number(request.headers["content-length"] ?? 0) > maxBytes) return tooLarge
    return Effect.flatMap(inTime(Effect.catch(request.text, failed)), parsed)
  }
}

const parsed = (text: string): Effect.Effect<unknown, HttpServerResponse> => {
  try {
    return Effect.succeed(JSON.parse(text))
  } catch {
    return malformed
  }
}
