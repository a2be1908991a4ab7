/** The handler of the mint route: authentication, limits, body, policy, mint. */
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import type { TempCredentialError } from "@tempcred/core/TempCredentialError"
import { type MintOptions, TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as TokenEndpoint from "@tempcred/core/TokenEndpoint"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { Authenticator } from "../Authenticator.ts"
import type { Identity } from "../authenticator/Identity.ts"
import * as IssuancePolicy from "../IssuancePolicy.ts"
import * as Limits from "../Limits.ts"
import * as Caller from "./Caller.ts"
import * as RequestBody from "./RequestBody.ts"
import * as Responses from "./Responses.ts"
import type { Options, Settings } from "./Settings.ts"

/** Answers a request for a credential, or refuses it. */
export type Mint = Effect.Effect<HttpServerResponse, Responses.Refusal, HttpServerRequest>

const problemOf = (
  error: IssuancePolicy.ForbiddenError | Limits.LimitError | TempCredentialError
): TokenEndpoint.Problem => {
  switch (error._tag) {
    case "ForbiddenError":
      return TokenEndpoint.makeProblem(403, error._tag, "the policy of this endpoint does not allow it", {
        issues: error.issues
      })
    case "LimitError":
      return TokenEndpoint.makeProblem(429, "RateLimitError", "rate limit of this caller exceeded", {
        retryAfter: Duration.toSeconds(error.retryAfter)
      })
    case "TempCredentialError":
      return TokenEndpoint.problem(error)
  }
}

const decode = (body: unknown): Effect.Effect<TokenEndpoint.Request, Responses.Refusal> => {
  const decoded = TokenEndpoint.decode(body)
  if (Result.isSuccess(decoded)) return Effect.succeed(decoded.success)
  const { issues } = decoded.failure
  const problem = TokenEndpoint.makeProblem(400, "InvalidRequestError", "the request is invalid", { issues })
  return Effect.fail(new Responses.Refusal({ problem }))
}

/** The account is the caller's, never a field of the body. */
const optionsOf = ({ account }: Identity, { minRemainingSeconds, refused }: TokenEndpoint.Request): MintOptions => ({
  ...(account === undefined ? {} : { account }),
  ...(minRemainingSeconds === undefined ? {} : { minRemaining: Duration.seconds(minRemainingSeconds) }),
  ...(refused === undefined ? {} : { refused })
})

/** Makes the handler. Limits apply before the body is read, so that slow bodies of one caller do not use up the places of all. */
export const make = Effect.fnUntraced(function* (
  options: Options,
  settings: Settings
): Effect.fn.Return<Mint, ConfigurationError, TempCredentialProvider | Authenticator | Scope.Scope> {
  const { capabilities, mint } = yield* TempCredentialProvider
  const identify = Caller.make(yield* Authenticator)
  const policy = yield* IssuancePolicy.make(options.policy)
  const limits = yield* Limits.make(options.limits)
  const read = RequestBody.make(settings.bodyTimeout)

  const minted = Effect.fnUntraced(function* (identity: Identity, request: HttpServerRequest) {
    const asked = yield* decode(yield* read(request))
    yield* Responses.note({ purpose: asked.purpose })
    const allowed = yield* policy.apply(capabilities, identity, asked)
    return yield* Responses.credential(yield* mint(allowed, optionsOf(identity, asked)))
  })

  return Effect.gen(function* () {
    const request = yield* HttpServerRequest
    const identity = yield* identify(request)
    const subject = yield* policy.subjectOf(identity.subject)
    yield* Responses.note({ subject })
    const { account } = identity
    // Equal subjects of two accounts are two callers.
    const caller = account === undefined ? subject : JSON.stringify([account, subject])
    return yield* limits.limited(caller, minted(identity, request))
  }).pipe(
    Effect.mapError((error) =>
      error._tag === "Refusal" ? error : new Responses.Refusal({ problem: problemOf(error) })
    )
  )
})
