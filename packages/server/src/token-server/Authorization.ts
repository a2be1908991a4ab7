/** Who is asking, or the answer to whom nobody knows. */
import * as TokenEndpoint from "@tempcred/core/TokenEndpoint"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { Authenticator, AuthenticatorUnavailableError, type Identity, UnauthenticatedError } from "../Authenticator.ts"
import { isSubject, subjectRule } from "../authenticator/Verdict.ts"
import * as Responses from "./Responses.ts"
import { Caller } from "./Api.ts"

/** Bound on telling who is asking, since that is the app's own work. */
const timeout = Duration.seconds(10)

const late = new AuthenticatorUnavailableError({ problem: `no answer within ${Duration.format(timeout)}` })

/** Between two warnings. */
const silence = Duration.minutes(1)

/** The longest problem that is logged, in characters. */
const longestProblem = 300

/** Warns an operator, who would else see nothing of an outage but its answers. */
const warning = (sentence: string) => {
  let warnedAt = -Infinity
  return (problem: string): Effect.Effect<void> =>
    Effect.flatMap(Clock.monotonicTimeNanos, (nanos) => {
      const now = Number(nanos / 1_000_000n)
      if (now - warnedAt < Duration.toMillis(silence)) return Effect.void
      warnedAt = now
      // As JSON, since a line end would forge another line.
      return Effect.logWarning(`Authenticator: ${sentence}: ${JSON.stringify(problem.slice(0, longestProblem))}`)
    })
}

/** An app's own authenticator is held to the rules of the shipped ones, as untyped code may name nobody. */
const isIdentity = (identity: unknown): identity is Identity =>
  Predicate.isObject(identity) && "subject" in identity && isSubject(identity.subject)

const nameless = `the caller's subject ${subjectRule}`

const unavailable = ({ _tag: reason }: AuthenticatorUnavailableError): HttpServerResponse =>
  Responses.note(
    Responses.problem(
      TokenEndpoint.makeProblem(503, "UnavailableError", "nobody can tell now who is asking", { retryAfter: 1 })
    ),
    { reason }
  )

const unauthenticated = (error: UnauthenticatedError, presented: boolean): HttpServerResponse =>
  Responses.problem(TokenEndpoint.makeProblem(401, "UnauthenticatedError", error.hint), {
    // https://www.rfc-editor.org/rfc/rfc6750#section-3
    "www-authenticate": presented ? 'Bearer error="invalid_token"' : "Bearer"
  })

/** Makes what puts a caller's identity around a request, or answers that there is none. */
export const make = Effect.map(Authenticator, ({ authenticate }) => {
  const warnOfOutage = warning("nobody can tell who is asking, so that requests get 503")
  const warnOfSubject = warning("it named a subject that cannot be used, so that the request got 401")
  const identify = (
    credential: Redacted.Redacted,
    headers: Readonly<Record<string, string | undefined>>
  ): Effect.Effect<Identity, HttpServerResponse> => {
    const presented = Redacted.value(credential) !== ""
    return authenticate({ token: presented ? credential : undefined, headers }).pipe(
      Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail(late) }),
      Effect.filterOrElse(isIdentity, () =>
        Effect.andThen(warnOfSubject(nameless), Effect.fail(new UnauthenticatedError({ hint: nameless })))
      ),
      Effect.catchTags({
        UnauthenticatedError: (error) => Effect.fail(unauthenticated(error, presented)),
        AuthenticatorUnavailableError: (error) =>
          Effect.andThen(warnOfOutage(error.problem), Effect.fail(unavailable(error)))
      })
    )
  }
  return <E, R>(
    answer: Effect.Effect<HttpServerResponse, E, R>,
    credential: Redacted.Redacted
  ): Effect.Effect<HttpServerResponse, E, Exclude<R, Caller> | HttpServerRequest> =>
    Effect.flatMap(HttpServerRequest, ({ headers }) =>
      Effect.matchEffect(identify(credential, headers), {
        onFailure: Effect.succeed,
        onSuccess: (identity) => Effect.provideService(answer, Caller, identity)
      })
    )
})
