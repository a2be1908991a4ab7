/**
 * The request for a credential, with the same fields for every vendor. A duration has a unit, as in
 * `"60 seconds"`, or is a `Duration`. Types and decoding refuse a bare number, because its unit is
 * unknown.
 *
 * ```ts
 * import * as MintRequest from "@tempcred/core/MintRequest"
 * import * as Result from "effect/Result"
 *
 * const decoded = MintRequest.decode({ purpose: "stt.realtime", ttl: 60 })
 * console.log(Result.isFailure(decoded) && decoded.failure.message)
 * // => the request is invalid: ttl: must be a duration with its unit, such as "60 seconds"
 * ```
 *
 * @since 0.1.0
 */

import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { findForeign } from "./Json.ts"
import { quote } from "./LogText.ts"
import { DecodedRequest } from "./mint-request/DecodedRequest.ts"
import { Decoded, type MintRequest } from "./mint-request/Fields.ts"
import * as RecentRequests from "./mint-request/RecentRequests.ts"
import { Purpose } from "./Purpose.ts"
import { InvalidRequestError } from "./TempCredentialError.ts"

export { DecodedRequest } from "./mint-request/DecodedRequest.ts"
export {
  type Decoded,
  isName,
  type Length,
  type MintRequest,
  type SessionBinding,
  SessionLock
} from "./mint-request/Fields.ts"

/** The rule of each field, for error messages in place of the schema's own. */
const rules: Readonly<Record<string, string>> = {
  purpose: `must be one of ${Purpose.literals.join(", ")}`,
  ttl: 'must be a duration with its unit, such as "60 seconds"',
  subject: "must be non-empty text in well-formed Unicode",
  singleUse: 'must be true, false or "preferred"',
  maxSession: 'must be a duration with its unit, such as "10 minutes"',
  usableFor: 'must be a duration with its unit, such as "30 minutes"',
  session: 'must be { config: a JSON object, lock?: "none", "given" or "all" }',
  region: "must be non-empty text in well-formed Unicode",
  exposure: 'must be "client" or "server"',
  onUnsupported: 'must be "reject" or "relax"'
} satisfies Record<keyof MintRequest, string>

const decodeResult = Schema.decodeUnknownResult(Decoded, { errors: "all", onExcessProperty: "error" })

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const known = Object.keys(rules).join(", ")

/**
 * Decodes a request. Returns a decoded request unchanged. The error names the invalid fields and their
 * rules.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = (request: unknown): Result.Result<DecodedRequest, InvalidRequestError> => {
  if (request instanceof DecodedRequest) return Result.succeed(request)
  const key = RecentRequests.keyOf(request, isField)
  const equal = key === undefined ? undefined : RecentRequests.find(key)
  if (equal !== undefined) return Result.succeed(equal.withSubject(subjectOf(request)))
  const decoded = decodeResult(request)
  const foreign = foreignPath(request)
  if (Result.isSuccess(decoded) && foreign === undefined) {
    const made = new DecodedRequest(decoded.success)
    if (key !== undefined) RecentRequests.keep(key, made)
    return Result.succeed(made)
  }
  const paths = Result.isSuccess(decoded) ? [] : format(decoded.failure.issue).issues.map(({ path = [] }) => path)
  const fields = new Set(paths.map((path) => path.map(String)[0] ?? "request"))
  // The path of the invalid part is more precise than the name of the field.
  if (foreign !== undefined) fields.delete("session")
  const issues = Array.from(fields, (field) => ({
    field: quote(field),
    message: field === "request" ? `must be an object; its fields are ${known}` : rule(field)
  }))
  const part = foreign === undefined ? [] : [{ field: quote(foreign), message: json }]
  return Result.fail(new InvalidRequestError({ issues: [...issues, ...part] }))
}

const json = "must be JSON: text, a finite number, true, false, null, or an array or a plain object of these"

/** Finds the path of a value in the session configuration that JSON cannot represent. */
const foreignPath = (request: unknown): string | undefined =>
  Predicate.isObject(request) &&
  Predicate.hasProperty(request, "session") &&
  Predicate.isObject(request.session) &&
  Predicate.hasProperty(request.session, "config") &&
  Predicate.isObject(request.session.config)
    ? findForeign(request.session.config, "session.config")
    : undefined

const isField = (name: string): boolean => Object.hasOwn(rules, name)

const subjectOf = (request: unknown): string | undefined =>
  Predicate.hasProperty(request, "subject") && typeof request.subject === "string" ? request.subject : undefined

const rule = (field: string): string =>
  isField(field) ? (rules[field] ?? "") : `is not a field of a request; the fields are ${known}`
