/**
 * The span of a request at a door of the server's own. It knows a path and no query, which may hold a caller's token, and it begins a trace of its own, as anybody
 * can send a `traceparent`.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HttpMiddleware from "effect/http/HttpMiddleware"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as HttpTraceContext from "effect/http/HttpTraceContext"
import * as Option from "effect/Option"

/** Switches Effect's own span of a request off, which has the whole URL. */
export const instead: Context.Context<never> = Context.make(HttpMiddleware.TracerDisabledWhen, () => true)

/** The path of a URL, of at most so many characters. */
export const pathOf = (url: string): string => url.replace(/[?#].*$/s, "").slice(0, 200)

/** The span of an answer of 500 or more is a failed one, by the convention of OpenTelemetry. */
const outcome = (exit: Exit.Exit<HttpServerResponse>): Exit.Exit<unknown, string> =>
  Exit.isSuccess(exit) && exit.value.status >= 500 ? Exit.fail(`answered with ${exit.value.status}`) : exit

/** Makes what puts a span around the answer to a request. */
export const make =
  (trustsTraceparent: boolean) =>
  <R>(
    answer: Effect.Effect<HttpServerResponse, never, R>
  ): Effect.Effect<HttpServerResponse, never, R | HttpServerRequest> => {
    type Answering = Effect.Effect<HttpServerResponse, never, R | HttpServerRequest>
    const traced: Answering = Effect.gen(function* () {
      const { headers, method, url } = yield* HttpServerRequest
      const parent = trustsTraceparent ? HttpTraceContext.fromHeaders(headers) : Option.none()
      const span = yield* Effect.makeSpan(method, {
        kind: "server",
        attributes: { "http.request.method": method, "url.path": pathOf(url) },
        ...(Option.isSome(parent) ? { parent: parent.value } : { root: true })
      })
      // Whose code it is takes a stack to tell, for every request.
      return yield* Effect.onExit(Effect.withParentSpan(answer, span, { captureStackTrace: false }), (exit) =>
        Effect.map(Clock.currentTimeNanos, (now) => {
          if (Exit.isSuccess(exit)) span.attribute("http.response.status_code", exit.value.status)
          span.end(now, outcome(exit))
        })
      )
    })
    // Where no tracer listens, a span is for nobody.
    return Effect.withFiber(({ cache }): Answering => (cache.tracer === undefined ? answer : traced))
  }
