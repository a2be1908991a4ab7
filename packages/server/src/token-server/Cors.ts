/** Which web pages of other origins may ask: those on a list, by their exact origin. Cookies do not cross. */
import type * as Effect from "effect/Effect"
import * as HttpMiddleware from "effect/http/HttpMiddleware"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"

/** Answers preflights, and tells browsers on every other answer who may read it. */
export type Cors = <E, R>(
  answer: Effect.Effect<HttpServerResponse, E, R>
) => Effect.Effect<HttpServerResponse, E, R | HttpServerRequest>

/** Makes it for a list of origins, whose pages may send some headers more; an empty list says nothing to any browser. */
export const make = (origins: ReadonlyArray<string>, headers: ReadonlyArray<string>): Cors =>
  origins.length === 0
    ? (answer) => answer
    : HttpMiddleware.cors({
        // As a predicate, since a list of one is told to every origin.
        allowedOrigins: (origin) => origins.includes(origin),
        allowedMethods: ["POST"],
        allowedHeaders: ["authorization", "content-type", ...headers],
        // A client reads there how long to wait, and how far its clock is off.
        exposedHeaders: ["Retry-After", "Date"],
        maxAge: 600
      })
