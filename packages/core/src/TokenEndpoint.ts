/**
 * The protocol between a client and a token endpoint: a request without a subject, a response, and a problem
 * (RFC 9457) for each error. Field names include the unit. Clients do not receive vendor messages.
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
import { Name } from "./mint-request/Fields.ts"
import type { MintRequest } from "./MintRequest.ts"
import { Purpose } from "./Purpose.ts"
import { quote } from "./LogText.ts"
import { Json } from "./TempCredential.ts"
import { Feature, InvalidRequestError, Issue, type Reason, type TempCredentialError } from "./TempCredentialError.ts"

/**
 * The path for minting credentials by `POST`.
 *
 * @category constants
 * @since 0.1.0
 */
export const path = "/v1/credentials"

/** Schema of a fingerprint that `Fingerprint.fingerprint` returns. */
const Fingerprint = Schema.String.check(Schema.isPattern(/^[0-9a-f]{16}$/))

const seconds = Schema.Int.check(Schema.isGreaterThan(0))

/**
 * Schema of a client's request. The endpoint's authenticator decides the subject.
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
 * A client's request: the purpose and, optionally, ttl and session limit in whole seconds, single use, and
 * region. `minRemainingSeconds` is the minimum remaining lifetime of a cached credential. `refused` is the
 * `fingerprint` of a credential that the vendor refused. The endpoint invalidates that credential for the
 * scope of this request and responds with another one.
 *
 * @category models
 * @since 0.1.0
 */
export type Request = typeof Request.Type

/** The rule of each field, for error messages. */
const rules: Readonly<Record<string, string>> = {
  purpose: `must be one of ${Purpose.literals.join(", ")}`,
  ttlSeconds: "must be a whole number of seconds, 1 or more",
  singleUse: "must be true or false",
  maxSessionSeconds: "must be a whole number of seconds, 1 or more",
  region: "must be non-empty text in well-formed Unicode",
  minRemainingSeconds: "must be a whole number of seconds, 1 or more",
  refused: "must be the fingerprint of a credential: 16 lowercase hexadecimal digits"
} satisfies Record<keyof Request, string>

const known = Object.keys(rules).join(", ")

/** The maximum number of issues in a response. More would make the response larger than the request. */
const mostIssues = 8

/** The maximum length of a field name in a response, in characters. */
const longestField = 40

const decodeResult = Schema.decodeUnknownResult(Request, { errors: "all", onExcessProperty: "error" })

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/**
 * Decodes a client's request. The error names the invalid fields and their rules.
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
 * Schema of a successful response: the credential and its fingerprint, which the client sends back when the
 * vendor refuses the credential.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Response = Schema.Struct({ ...Json.fields, fingerprint: Fingerprint })

/**
 * A successful response.
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
 * Schema of a `ProblemReason`.
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
 * The reason of a problem: a reason of `TempCredentialError`, or one of two further reasons.
 * `"UnauthenticatedError"` (401) means that the client is not authenticated. `"ForbiddenError"` (403) means
 * that the endpoint's policy does not allow the request.
 *
 * @category models
 * @since 0.1.0
 */
export type ProblemReason = typeof ProblemReason.Type

/**
 * Schema of a `Problem`.
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
 * An error response, as `application/problem+json`. `retryAfter` is in whole seconds, like the `Retry-After`
 * header. `provider` is the vendor's id, and `requestId` is the vendor's id of the failed call. `issues` and
 * `feature` name the part of the request to change. The endpoint writes `detail`, never the vendor.
 *
 * @category models
 * @since 0.1.0
 */
export type Problem = typeof Problem.Type

/** The names of all statuses of problems, from https://www.rfc-editor.org/rfc/rfc9110#name-status-codes. */
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
 * The status of a problem.
 *
 * @category models
 * @since 0.1.0
 */
export type ProblemStatus = keyof typeof titles

/** The maximum `retryAfter` in seconds. */
const longestRetryAfter = 3600

/**
 * Makes a problem. `retryAfter` is in seconds; it is rounded up to a whole number from 1 to 3600. The problem
 * contains at most the first eight `issues`.
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
 * Makes the problem of a failed mint. Errors that the client can fix are 4xx. Errors between the endpoint and the
 * vendor are 5xx, including the vendor's 401 and 429, because the client did nothing wrong. The problem does not
 * contain the vendor's message and code.
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

/** The field names of the protocol that differ from the names in a `MintRequest`. */
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
      // The authenticator names the account, so the client cannot fix this error.
      if (issues[0]?.field === "account") return { status: 403, detail: "this caller has no account at this endpoint" }
      // The client cannot fix fields that the endpoint set, nor errors that only the vendor reports.
      return reason.status === undefined && issues.every(({ field }) => Object.hasOwn(rules, field))
        ? { status: 400, detail: "the request is invalid", issues }
        : { status: 502, detail: "the speech vendor refused this endpoint's request" }
    }
    case "UnsupportedError":
      return { status: 422, detail: `${reason.feature} is not supported as requested`, feature: reason.feature }
    case "AuthenticationError":
      return { status: 502, detail: "the speech vendor refused this endpoint's own key" }
    case "PermissionError":
      return { status: 502, detail: "the speech vendor does not allow this endpoint's own key to do this" }
    case "QuotaError":
      return { status: 503, detail: "this endpoint's balance or quota at the speech vendor is used up" }
    case "RateLimitError":
      return { status: 503, detail: "the speech vendor's rate limit is exceeded" }
    case "UnavailableError":
      return { status: 503, detail: "the speech vendor is unavailable" }
    case "TransportError":
      return reason.timedOut
        ? { status: 504, detail: "the speech vendor did not answer in time" }
        : { status: 502, detail: "the speech vendor cannot be reached" }
    case "InvalidResponseError":
      return { status: 502, detail: "the speech vendor's response cannot be read" }
  }
}
