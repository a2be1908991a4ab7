/**
 * What a client and a token endpoint say to each other: the request that a client may make, which names no subject, its answer, and the problem (RFC 9457)
 * that it gets where there is no credential. Units are in the names, and nothing of a vendor's own words crosses.
 *
 * ```ts
 * import * as TokenEndpoint from "@tempcred/core/TokenEndpoint"
 * import { RateLimitError, TempCredentialError } from "@tempcred/core/TempCredentialError"
 * import * as Duration from "effect/Duration"
 *
 * const reason = new RateLimitError({ retryAfter: Duration.millis(2500), detail: "the vendor's own words" })
 * const problem = TokenEndpoint.problem(new TempCredentialError({ provider: "soniox", reason }))
 * console.log(problem.status, problem.reason, problem.retryAfter) // => 503 RateLimitError 3
 * console.log(JSON.stringify(problem).includes("own words")) // => false
 * ```
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { type MintRequest, Name } from "./MintRequest.ts"
import { Purpose } from "./Purpose.ts"
import { quote } from "./LogText.ts"
import { Json } from "./TempCredential.ts"
import { Feature, InvalidRequestError, Issue, type Reason, type TempCredentialError } from "./TempCredentialError.ts"

/**
 * Where credentials are minted, by `POST`.
 *
 * @category constants
 * @since 0.1.0
 */
export const path = "/v1/credentials"

/** A fingerprint, as `Fingerprint.fingerprint` makes it. */
const Fingerprint = Schema.String.check(Schema.isPattern(/^[0-9a-f]{16}$/))

const seconds = Schema.Int.check(Schema.isGreaterThan(0))

/**
 * What a client may ask for; the authenticator of the endpoint decides for whom.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Request = Schema.Struct({
  purpose: Purpose,
  ttlSeconds: Schema.optionalKey(seconds),
  singleUse: Schema.optionalKey(Schema.Boolean),
  maxSessionSeconds: Schema.optionalKey(seconds),
  region: Schema.optionalKey(Name),
  minRemainingSeconds: Schema.optionalKey(seconds),
  refused: Schema.optionalKey(Fingerprint)
})

/**
 * A client's request: what for, and optionally for how long in whole seconds, whether for one connection only, how long a session, and where.
 * `minRemainingSeconds` is how much life a cached credential must have left. `refused` is the `fingerprint` of a credential that the vendor refused: the
 * endpoint invalidates it for this request's own scope and answers with another one.
 *
 * @category models
 * @since 0.1.0
 */
export type Request = typeof Request.Type

/** What is allowed, as one sentence for each field. */
const rules: Readonly<Record<string, string>> = {
  purpose: `must be one of ${Purpose.literals.join(", ")}`,
  ttlSeconds: "must be a whole number of seconds, 1 or more",
  singleUse: "must be true or false",
  maxSessionSeconds: "must be a whole number of seconds, 1 or more",
  region: "must be text and not empty, in well-formed Unicode",
  minRemainingSeconds: "must be a whole number of seconds, 1 or more",
  refused: "must be the fingerprint of a credential: 16 hexadecimal digits in small letters"
} satisfies Record<keyof Request, string>

const known = Object.keys(rules).join(", ")

/** A request has fewer fields; more issues would only make the answer larger than the request. */
const mostIssues = 8

/** In characters: the longest name of a field that is repeated. */
const longestField = 40

const decodeResult = Schema.decodeUnknownResult(Request, { errors: "all", onExcessProperty: "error" })

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/**
 * Reads a client's request, or says which fields are wrong and what is allowed.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = (request: unknown): Result.Result<Request, InvalidRequestError> =>
  Result.mapError(decodeResult(request), (error) => {
    const fields = format(error.issue).issues.map((issue) => issue.path?.map(String)[0] ?? "request")
    return new InvalidRequestError({
      issues: [...new Set(fields)].slice(0, mostIssues).map((field) => ({
        field: quote(field, longestField),
        message: rule(field)
      }))
    })
  })

/**
 * The answer to a request that was served: the credential, and its fingerprint, by which a client can say that it was refused.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Response = Schema.Struct({ ...Json.fields, fingerprint: Fingerprint })

/**
 * The answer to a request that was served.
 *
 * @category models
 * @since 0.1.0
 */
export type Response = typeof Response.Type

const rule = (field: string): string => {
  if (field === "request") return `must be a JSON object; its fields are ${known}`
  return Object.hasOwn(rules, field) ? (rules[field] ?? "") : `is not a field of a request; the fields are ${known}`
}

/**
 * The names of what can be wrong: the reasons of `TempCredentialError`, and the two that concern who is asking.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ProblemReason = Schema.Literals([
  "InvalidRequestError",
  "UnsupportedError",
  "AuthenticationError",
  "PermissionError",
  "QuotaError",
  "RateLimitError",
  "UnavailableError",
  "TransportError",
  "InvalidResponseError",
  "UnauthenticatedError",
  "ForbiddenError"
])

/**
 * What is wrong, by name: a reason of `TempCredentialError`, `"UnauthenticatedError"` (401: the endpoint does not know who is asking) or `"ForbiddenError"`
 * (403: its policy does not allow it).
 *
 * @category models
 * @since 0.1.0
 */
export type ProblemReason = typeof ProblemReason.Type

/**
 * The schema of a problem.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Problem = Schema.Struct({
  type: Schema.Literal("about:blank"),
  title: Schema.String,
  status: Schema.Int,
  detail: Schema.String,
  reason: ProblemReason,
  retryAfter: Schema.optionalKey(Schema.Int),
  provider: Schema.optionalKey(Schema.String),
  requestId: Schema.optionalKey(Schema.String),
  feature: Schema.optionalKey(Feature),
  issues: Schema.optionalKey(Schema.Array(Issue))
})

/**
 * Why there is no credential, as `application/problem+json`: `retryAfter` is in whole seconds, as in the header of that name; `provider` and
 * `requestId` are the vendor's; `issues` and `feature` say what of the request to change. `detail` is a sentence of ours.
 *
 * @category models
 * @since 0.1.0
 */
export type Problem = typeof Problem.Type

/** What a status is called, https://www.rfc-editor.org/rfc/rfc9110#name-status-codes; these are all that an endpoint answers with. */
const titles = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout"
} as const

/**
 * The statuses that a problem can have.
 *
 * @category models
 * @since 0.1.0
 */
export type ProblemStatus = keyof typeof titles

/** In seconds: no client waits longer before it asks again. */
const longestRetryAfter = 3600

/**
 * Makes a problem of a status, a reason and a sentence. `retryAfter` is in seconds; it becomes a whole number, 1 to 3600. Of `issues`, the first eight are told.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeProblem = (
  status: ProblemStatus,
  reason: ProblemReason,
  detail: string,
  { issues, retryAfter, ...more }: Pick<Problem, "retryAfter" | "provider" | "requestId" | "feature" | "issues"> = {}
): Problem => ({
  type: "about:blank",
  title: titles[status],
  status,
  detail,
  reason,
  ...more,
  ...(retryAfter === undefined ? {} : { retryAfter: Math.min(longestRetryAfter, Math.max(1, Math.ceil(retryAfter))) }),
  ...(issues === undefined ? {} : { issues: issues.slice(0, mostIssues) })
})

/**
 * Tells a client why a mint failed. What the caller can mend is 4xx; what is between the endpoint and the vendor is 5xx, the vendor's 401 and 429 too,
 * as the caller did nothing wrong. The vendor's message and code stay behind.
 *
 * @category constructors
 * @since 0.1.0
 */
export const problem = ({ provider, reason }: TempCredentialError): Problem => {
  const { requestId, retryAfter } = reason
  const { detail, status, ...more } = answer(reason)
  return makeProblem(status, reason._tag, detail, {
    provider,
    ...(requestId === undefined ? {} : { requestId }),
    ...(retryAfter === undefined ? {} : { retryAfter: Duration.toSeconds(retryAfter) }),
    ...more
  })
}

/** The names that a client knows the fields of a request by. */
const wire: Readonly<Record<string, string>> = {
  ttl: "ttlSeconds",
  maxSession: "maxSessionSeconds"
} satisfies Partial<Record<keyof MintRequest, keyof Request>>

const answer = (
  reason: Reason
): { readonly status: ProblemStatus; readonly detail: string } & Pick<Problem, "feature" | "issues"> => {
  switch (reason._tag) {
    case "InvalidRequestError": {
      const issues = reason.issues.map(({ field, message }) => ({ field: wire[field] ?? field, message }))
      // What the vendor finds wrong, or what the endpoint itself filled in, is not the caller's to mend.
      return reason.status === undefined && issues.every(({ field }) => Object.hasOwn(rules, field))
        ? { status: 400, detail: "the request is invalid", issues }
        : { status: 502, detail: "the speech vendor refused what this endpoint asked for" }
    }
    case "UnsupportedError":
      return { status: 422, detail: `${reason.feature} is not supported as asked`, feature: reason.feature }
    case "AuthenticationError":
      return { status: 502, detail: "the speech vendor refused this endpoint's own key" }
    case "PermissionError":
      return { status: 502, detail: "the speech vendor does not allow this endpoint's own key to do this" }
    case "QuotaError":
      return { status: 503, detail: "this endpoint's balance or quota at the speech vendor is used up" }
    case "RateLimitError":
      return { status: 503, detail: "the speech vendor is asked too often" }
    case "UnavailableError":
      return { status: 503, detail: "the speech vendor is unavailable" }
    case "TransportError":
      return reason.timedOut
        ? { status: 504, detail: "the speech vendor did not answer in time" }
        : { status: 502, detail: "the speech vendor cannot be reached" }
    case "InvalidResponseError":
      return { status: 502, detail: "the speech vendor's answer cannot be read" }
  }
}
