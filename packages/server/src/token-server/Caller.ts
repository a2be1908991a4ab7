/** The caller of a request: the answer of the app's authenticator, checked and in time. */
import * as TokenEndpoint from "@tempcred/core/TokenEndpoint"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { Authenticator } from "../Authenticator.ts"
import {
  AuthenticatorUnavailableError,
  type Identity,
  isSubject,
  subjectRule,
  UnauthenticatedError
} from "../authenticator/Identity.ts"
import { type IncomingRequest, Refusal, type RequestHeaders } from "./Exchange.ts"

/** Bound on authentication, which can be code of the app. */
const timeout = Duration.seconds(10)

const late = new AuthenticatorUnavailableError({ problem: `no answer within ${Duration.format(timeout)}` })

/** The shortest time between two warnings of one kind. */
const silence = Duration.minutes(1)

/** The longest problem in a warning, in characters. */
const longestProblem = 300

/** Makes a rate-limited warning. */
const warning = (sentence: string) => {
  let warnedAt = -Infinity
  return (problem: string): Effect.Effect<void> =>
    Effect.flatMap(Clock.monotonicTimeNanos, (nanos) => {
      const now = Number(nanos / 1_000_000n)
      if (now - warnedAt < Duration.toMillis(silence)) return Effect.void
      warnedAt = now
      // JSON escapes line ends, which could forge log lines.
      return Effect.logWarning(`Authenticator: ${sentence}: ${JSON.stringify(problem.slice(0, longestProblem))}`)
    })
}

/** Checks an identity of the app's own code, which may be untyped. */
const checked = (identity: unknown): Identity | undefined => {
  if (!Predicate.isObject(identity) || !("subject" in identity) || !isSubject(identity.subject)) return undefined
  const claims = "claims" in identity && Predicate.isReadonlyObject(identity.claims) ? identity.claims : {}
  const account = "account" in identity ? identity.account : undefined
  if (account === undefined) return { subject: identity.subject, claims }
  return isSubject(account) ? { subject: identity.subject, account, claims } : undefined
}

const subjectProblem = `the caller's subject and account ${subjectRule}`

const unavailable = new Refusal({
  problem: TokenEndpoint.makeProblem(503, "UnavailableError", "authentication is unavailable", { retryAfter: 1 }),
  reason: "AuthenticatorUnavailableError"
})

const unauthenticated = ({ hint }: UnauthenticatedError, token: Redacted.Redacted | undefined): Refusal =>
  new Refusal({
    problem: TokenEndpoint.makeProblem(401, "UnauthenticatedError", hint),
    // https://www.rfc-editor.org/rfc/rfc6750#section-3
    headers: { "www-authenticate": token === undefined ? "Bearer" : 'Bearer error="invalid_token"' }
  })

const bearerToken = ({ authorization = "" }: RequestHeaders): Redacted.Redacted | undefined => {
  const [, token = ""] = /^Bearer +(.*)$/i.exec(authorization) ?? []
  return token === "" ? undefined : Redacted.make(token)
}

/** Limits the time of authentication, without a race if it has its answer at once. */
const inTime = <A, E>(authenticating: Effect.Effect<A, E>): Effect.Effect<A, E | AuthenticatorUnavailableError> =>
  Exit.isExit(authenticating)
    ? authenticating
    : Effect.timeoutOrElse(authenticating, { duration: timeout, orElse: () => Effect.fail(late) })

/** Makes the function that identifies the caller of a request. */
export const make = ({
  authenticate
}: Authenticator["Service"]): ((request: IncomingRequest) => Effect.Effect<Identity, Refusal>) => {
  const warnOfOutage = warning("authentication is unavailable, and requests get 503")
  const warnOfSubject = warning("it returned an invalid subject, and the request got 401")
  const accepted = (answer: unknown): Effect.Effect<Identity, UnauthenticatedError> => {
    const identity = checked(answer)
    if (identity !== undefined) return Effect.succeed(identity)
    return Effect.andThen(warnOfSubject(subjectProblem), new UnauthenticatedError({ hint: subjectProblem }))
  }
  return (incoming) => {
    const { headers } = incoming
    const token = bearerToken(headers)
    const authenticating = authenticate({
      token,
      headers,
      get request() {
        return incoming.request
      },
      incoming: incoming.incoming
    })
    return Effect.flatMap(inTime(authenticating), accepted).pipe(
      Effect.catchTags({
        UnauthenticatedError: (error) => Effect.fail(unauthenticated(error, token)),
        AuthenticatorUnavailableError: ({ problem }) => Effect.andThen(warnOfOutage(problem), Effect.fail(unavailable))
      })
    )
  }
}
