/** A request for a credential by a caller who is known, to the answer. */
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import type { TempCredentialError } from "@tempcred/core/TempCredentialError"
import { type MintOptions, TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as TokenEndpoint from "@tempcred/core/TokenEndpoint"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import type * as Scope from "effect/Scope"
import type { Identity } from "../Authenticator.ts"
import * as IssuancePolicy from "../IssuancePolicy.ts"
import * as Limits from "../Limits.ts"
import type { Options } from "../TokenServer.ts"
import * as Responses from "./Responses.ts"
import { Caller } from "./Api.ts"
import * as RequestBody from "./RequestBody.ts"
import type { Settings } from "./Settings.ts"

const refused = ({ issues }: IssuancePolicy.ForbiddenError): TokenEndpoint.Problem =>
  TokenEndpoint.makeProblem(403, "ForbiddenError", "the policy of this endpoint does not allow it", { issues })

const limited = ({ retryAfter }: Limits.LimitError): TokenEndpoint.Problem =>
  TokenEndpoint.makeProblem(429, "RateLimitError", "this caller asks for more than it may", {
    retryAfter: Duration.toSeconds(retryAfter)
  })

const told = (error: IssuancePolicy.ForbiddenError | TempCredentialError): TokenEndpoint.Problem =>
  error._tag === "ForbiddenError" ? refused(error) : TokenEndpoint.problem(error)

/** What a client accepts of a credential that is already held. It concerns the scope of its own request, as the policy made it. */
const accepted = ({ minRemainingSeconds, refused: name }: TokenEndpoint.Request): MintOptions => ({
  ...(minRemainingSeconds === undefined ? {} : { minRemaining: Duration.seconds(minRemainingSeconds) }),
  ...(name === undefined ? {} : { refused: name })
})

/** Makes what answers a caller's request. The caller's limits apply before its body is read, as slow bodies would else take everybody's places. */
export const make = Effect.fnUntraced(function* (
  options: Options,
  settings: Settings
): Effect.fn.Return<
  (request: HttpServerRequest) => Effect.Effect<HttpServerResponse, never, Caller>,
  ConfigurationError,
  TempCredentialProvider | Scope.Scope
> {
  const { capabilities, mint } = yield* TempCredentialProvider
  const { apply, subjectOf } = yield* IssuancePolicy.make(options.policy)
  const limits = yield* Limits.make(options.limits)
  const read = RequestBody.make(settings.bodyTimeout)

  const minted = (identity: Identity, asked: TokenEndpoint.Request): Effect.Effect<HttpServerResponse> =>
    Effect.matchEffect(
      Effect.flatMap(apply(capabilities, identity, asked), (request) => mint(request, accepted(asked))),
      {
        onFailure: (error) =>
          Effect.sync(() => Responses.note(Responses.problem(told(error)), { purpose: asked.purpose })),
        onSuccess: Responses.created
      }
    )

  const answered = (request: HttpServerRequest, identity: Identity): Effect.Effect<HttpServerResponse> =>
    Effect.matchEffect(read(request), {
      onFailure: Effect.succeed,
      onSuccess: (body) => {
        const asked = TokenEndpoint.decode(body)
        if (asked._tag === "Success") return minted(identity, asked.success)
        const { issues } = asked.failure
        return Effect.succeed(
          Responses.problem(TokenEndpoint.makeProblem(400, "InvalidRequestError", "the request is invalid", { issues }))
        )
      }
    })

  return (request) =>
    Effect.gen(function* () {
      const identity = yield* Caller
      const subject = yield* subjectOf(identity.subject)
      const response = yield* limits
        .limited(subject, answered(request, identity))
        .pipe(Effect.catch((error) => Effect.succeed(Responses.problem(limited(error)))))
      // A credential has its subject, and its answer may be the answer to others too.
      return Responses.factsOf(response).credential === undefined ? Responses.note(response, { subject }) : response
    })
})
