/** The mint route: authentication, limits, body, policy, mint. */
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import { fingerprint } from "@tempcred/core/Fingerprint"
import { TempCredential } from "@tempcred/core/TempCredential"
import type { TempCredentialError } from "@tempcred/core/TempCredentialError"
import { type MintOptions, TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as TokenEndpoint from "@tempcred/core/TokenEndpoint"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { Authenticator } from "../Authenticator.ts"
import { type Identity, isJson } from "../authenticator/Identity.ts"
import * as IssuancePolicy from "../IssuancePolicy.ts"
import * as Limits from "../Limits.ts"
import * as Caller from "./Caller.ts"
import { BodyTooLargeError, type Facts, type IncomingRequest, type OutgoingResponse, Refusal } from "./Exchange.ts"
import type { Options, Settings } from "./Settings.ts"

/** Answers a request, or refuses it. It adds facts for the access log. */
export type Handler = (request: IncomingRequest, facts: Facts) => Effect.Effect<OutgoingResponse, Refusal>

const maxBytes = 16_384

const refusal = (
  status: TokenEndpoint.ProblemStatus,
  detail: string,
  headers: Readonly<Record<string, string>> = {}
): Refusal => new Refusal({ problem: TokenEndpoint.makeProblem(status, "InvalidRequestError", detail), headers })

/** Closes the connection, because its next request would begin with the rest of the body. */
const close = { connection: "close" }

const notJson = refusal(415, "the body must be JSON, sent with Content-Type: application/json")
const tooLarge = refusal(413, `the body must be at most ${maxBytes} bytes`, close)
const unreadable = refusal(400, "the body cannot be read", close)
const malformed = refusal(400, "the body is not JSON")

const parse = (text: string): Effect.Effect<unknown, Refusal> =>
  Effect.try({ try: (): unknown => JSON.parse(text), catch: () => malformed })

/** Makes the function that reads the JSON of a body, whatever its `Content-Length` says. */
const reader = (timeout: Duration.Duration): ((request: IncomingRequest) => Effect.Effect<unknown, Refusal>) => {
  const tooSlow = refusal(408, `the body must arrive within ${Duration.format(timeout)}`, close)
  return (request) => {
    if (!isJson(request.headers)) return Effect.fail(notJson)
    if (Number(request.headers["content-length"] ?? 0) > maxBytes) return Effect.fail(tooLarge)
    const reading = Effect.tryPromise({
      try: () => request.text(maxBytes),
      catch: (error) => (error instanceof BodyTooLargeError ? tooLarge : unreadable)
    })
    const inTime = Effect.timeoutOrElse(reading, { duration: timeout, orElse: () => Effect.fail(tooSlow) })
    return Effect.flatMap(inTime, parse)
  }
}

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

const decode = (body: unknown): Effect.Effect<TokenEndpoint.Request, Refusal> => {
  const decoded = TokenEndpoint.decode(body)
  if (Result.isSuccess(decoded)) return Effect.succeed(decoded.success)
  const { issues } = decoded.failure
  const problem = TokenEndpoint.makeProblem(400, "InvalidRequestError", "the request is invalid", { issues })
  return Effect.fail(new Refusal({ problem }))
}

/** The account is the caller's, never a field of the body. */
const optionsOf = ({ account }: Identity, { minRemainingSeconds, refused }: TokenEndpoint.Request): MintOptions => ({
  ...(account === undefined ? {} : { account }),
  ...(minRemainingSeconds === undefined ? {} : { minRemaining: Duration.seconds(minRemainingSeconds) }),
  ...(refused === undefined ? {} : { refused })
})

/** The response of a credential, and its fingerprint. */
interface Created {
  readonly fingerprint: string
  readonly response: OutgoingResponse
}

/** Responses of credentials that may be served again, such as cached ones. */
const created = new WeakMap<TempCredential, Created>()

/** Makes the response of a credential, with the token in plain text and not cacheable. */
const create = (credential: TempCredential): Effect.Effect<Created> =>
  Effect.map(fingerprint(credential.token), (name) => {
    const body: TokenEndpoint.Response = { ...TempCredential.encode(credential), fingerprint: name }
    const headers = { "content-type": "application/json", "cache-control": "no-store" }
    const made = { fingerprint: name, response: { status: 201, headers, body: JSON.stringify(body) } }
    created.set(credential, made)
    return made
  })

/** Makes the handler. Limits apply before the body is read, so that slow bodies of one caller do not use up the places of all. */
export const make = Effect.fnUntraced(function* (
  options: Options,
  settings: Settings
): Effect.fn.Return<Handler, ConfigurationError, TempCredentialProvider | Authenticator | Scope.Scope> {
  const { capabilities, mint } = yield* TempCredentialProvider
  const identify = Caller.make(yield* Authenticator)
  const policy = yield* IssuancePolicy.make(options.policy)
  const limits = yield* Limits.make(options.limits)
  const read = reader(settings.bodyTimeout)

  const minted = Effect.fnUntraced(function* (identity: Identity, request: IncomingRequest, facts: Facts) {
    const asked = yield* decode(yield* read(request))
    facts.purpose = asked.purpose
    const allowed = yield* policy.apply(capabilities, identity, asked)
    const credential = yield* mint(allowed, optionsOf(identity, asked))
    const { fingerprint: name, response } = created.get(credential) ?? (yield* create(credential))
    facts.provider = credential.provider
    facts.credential = name
    return response
  })

  return (request, facts) =>
    Effect.gen(function* () {
      const identity = yield* identify(request)
      const { account } = identity
      const subject = yield* policy.subjectOf(identity.subject)
      facts.subject = subject
      // Equal subjects of two accounts are two callers.
      const caller = account === undefined ? subject : JSON.stringify([account, subject])
      return yield* limits.limited(caller, minted(identity, request, facts))
    }).pipe(Effect.mapError((error) => (error._tag === "Refusal" ? error : new Refusal({ problem: problemOf(error) }))))
})
