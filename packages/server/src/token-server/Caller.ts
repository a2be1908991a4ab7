/** The caller of a request: the answer of the app's authenticator, checked and in time. */
import * as TokenEndpoint from "@tempcred/core/TokenEndpoint"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { Authenticator } from "../Authenticator.ts"
import {
  AuthenticatorUnavailableError,
  type Identity,
  isSubject,
  type RequestHeaders,
  subjectRule,
  UnauthenticatedError
} from "../authenticator/Identity.ts"
import { Refusal } from "./Responses.ts"

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

/** Makes the web request that the app's code sees. */
const webRequest = (request: HttpServerRequest.HttpServerRequest): Request => {
  if (request.source instanceof Request) return request.source
  const url = Option.getOrElse(HttpServerRequest.toURL(request), () => "http://localhost")
  return new Request(url, { method: request.method, headers: request.headers })
}

/** The framework's own request, if a door has one. */
export const Incoming = Context.Reference<unknown>("@tempcred/server/TokenServer/Incoming", {
  defaultValue: () => undefined
})

/** Makes the function that identifies the caller of a request. */
export const make = ({
  authenticate
}: Authenticator["Service"]): ((request: HttpServerRequest.HttpServerRequest) => Effect.Effect<Identity, Refusal>) => {
  const warnOfOutage = warning("authentication is unavailable, and requests get 503")
  const warnOfSubject = warning("it returned an invalid subject, and the request got 401")
  const inTime: Authenticator["Service"]["authenticate"] = (presented) => {
    const authenticating = authenticate(presented)
    if (Exit.isExit(authenticating)) return authenticating
    return Effect.timeoutOrElse(authenticating, { duration: timeout, orElse: () => Effect.fail(late) })
  }
  return (request) => {
    const { headers } = request
    const token = bearerToken(headers)
    const identifying = Effect.withFiber((fiber) =>
      inTime({
        token,
        headers,
        incoming: fiber.getRef(Incoming) ?? (request.source instanceof Request ? undefined : request.source),
        get request() {
          return webRequest(request)
        }
      })
    )
    return identifying.pipe(
      Effect.flatMap((answer) => {
        const identity = checked(answer)
        if (identity !== undefined) return Effect.succeed(identity)
        return Effect.andThen(warnOfSubject(subjectProblem), new UnauthenticatedError({ hint: subjectProblem }))
      }),
      Effect.catchTags({
        UnauthenticatedError: (error) => Effect.fail(unauthenticated(error, token)),
        AuthenticatorUnavailableError: ({ problem }) => Effect.andThen(warnOfOutage(problem), Effect.fail(unavailable))
      })
    )
  }
}
