/**
 * A request for a credential, from who is asking to the answer.
 *
 * @since 0.1.0
 */
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import type { TempCredentialError } from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as TokenEndpoint from "@tempcred/core/TokenEndpoint"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import {
  Authenticator,
  type AuthenticatorUnavailableError,
  type Identity,
  type UnauthenticatedError
} from "../Authenticator.ts"
import * as IssuancePolicy from "../IssuancePolicy.ts"
import * as Limits from "../Limits.ts"
import type { Options } from "../TokenServer.ts"
import * as Answers from "./Answers.ts"
import { Caller } from "./Api.ts"
import * as RequestBody from "./RequestBody.ts"
import type { Settings } from "./Settings.ts"

/** Bound on telling who is asking, since that is the app's own work. */
const authenticationTimeout = Duration.seconds(10)

const unavailable = (): HttpServerResponse =>
  Answers.problem(
    TokenEndpoint.makeProblem(503, "UnavailableError", "nobody can tell now who is asking", { retryAfter: 1 })
  )

const unauthenticated = (error: UnauthenticatedError, presented: boolean): HttpServerResponse =>
  Answers.problem(TokenEndpoint.makeProblem(401, "UnauthenticatedError", error.hint), {
    // https://www.rfc-editor.org/rfc/rfc6750#section-3
    "www-authenticate": presented ? 'Bearer error="invalid_token"' : "Bearer"
  })

/**
 * Makes what puts a caller's identity around a request, or answers that there is none.
 *
 * @category constructors
 * @since 0.1.0
 */
export const authorization = Effect.map(Authenticator, ({ authenticate }) => {
  const identify = (
    credential: Redacted.Redacted,
    headers: Readonly<Record<string, string | undefined>>
  ): Effect.Effect<Identity, HttpServerResponse> => {
    const presented = Redacted.value(credential) !== ""
    return Effect.mapError(
      authenticate({ token: presented ? credential : undefined, headers }),
      (error: UnauthenticatedError | AuthenticatorUnavailableError) =>
        error._tag === "UnauthenticatedError" ? unauthenticated(error, presented) : unavailable()
    ).pipe(Effect.timeoutOrElse({ duration: authenticationTimeout, orElse: () => Effect.fail(unavailable()) }))
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

const refused = ({ issues }: IssuancePolicy.ForbiddenError): TokenEndpoint.Problem =>
  TokenEndpoint.makeProblem(403, "ForbiddenError", "the policy of this endpoint does not allow it", { issues })

const limited = ({ retryAfter }: Limits.LimitError): TokenEndpoint.Problem =>
  TokenEndpoint.makeProblem(429, "RateLimitError", "this caller asks for more than it may", {
    retryAfter: Math.max(1, Math.ceil(Duration.toSeconds(retryAfter)))
  })

const told = (
  error: IssuancePolicy.ForbiddenError | Limits.LimitError | TempCredentialError
): TokenEndpoint.Problem => {
  switch (error._tag) {
    case "ForbiddenError":
      return refused(error)
    case "LimitError":
      return limited(error)
    case "TempCredentialError":
      return TokenEndpoint.problem(error)
  }
}

/**
 * Makes what answers a caller's request.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (
  options: Options,
  settings: Settings
): Effect.fn.Return<
  (request: HttpServerRequest) => Effect.Effect<HttpServerResponse, never, Caller>,
  ConfigurationError,
  TempCredentialProvider | Scope.Scope
> {
  const { capabilities, mint } = yield* TempCredentialProvider
  const apply = yield* IssuancePolicy.make(options.policy)
  const limits = yield* Limits.make(options.limits)
  const read = RequestBody.make(settings.bodyTimeout)

  /** Who is past a limit is told before the policy is asked; the log names the subject nonetheless. */
  const refusedBy = (
    error: IssuancePolicy.ForbiddenError | Limits.LimitError | TempCredentialError,
    identity: Identity,
    asked: TokenEndpoint.Request
  ): Effect.Effect<HttpServerResponse> => {
    const response = Answers.problem(told(error))
    if (options.log === undefined) return Effect.succeed(response)
    return Effect.map(Effect.option(apply(capabilities, identity, asked)), (granted) =>
      Answers.note(response, { purpose: asked.purpose, subject: Option.getOrUndefined(granted)?.subject })
    )
  }

  const served = (identity: Identity, asked: TokenEndpoint.Request): Effect.Effect<HttpServerResponse> =>
    limits.limited(identity.subject, Effect.flatMap(apply(capabilities, identity, asked), mint)).pipe(
      Effect.matchEffect({
        onFailure: (error) => refusedBy(error, identity, asked),
        onSuccess: (credential) => Effect.succeed(Answers.created(credential))
      })
    )

  return (request) =>
    Effect.flatMap(Caller, (identity) =>
      Effect.matchEffect(read(request), {
        onFailure: Effect.succeed,
        onSuccess: (body) => {
          const asked = TokenEndpoint.decode(body)
          if (asked._tag === "Success") return served(identity, asked.success)
          const { issues } = asked.failure
          return Effect.succeed(
            Answers.problem(TokenEndpoint.makeProblem(400, "InvalidRequestError", "the request is invalid", { issues }))
          )
        }
      })
    )
})
