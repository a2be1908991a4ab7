/**
 * The request for a credential, with the same fields for every vendor. A duration carries its unit,
 * as in `"60 seconds"` or a `Duration`. Types and decoding refuse a bare number, because its unit
 * would be a guess.
 *
 * ```ts
 * import * as MintRequest from "@tempcred/core/MintRequest"
 * import * as Result from "effect/Result"
 *
 * const decoded = MintRequest.decode({ purpose: "stt.realtime", ttl: 60 })
 * console.log(Result.isFailure(decoded) && decoded.failure.message)
 * // => the request is invalid: ttl: must be a length of time with its unit, such as "60 seconds"
 * ```
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { findForeign } from "./Json.ts"
import { Purpose } from "./Purpose.ts"
import { quote } from "./LogText.ts"
import { InvalidRequestError } from "./TempCredentialError.ts"

/**
 * Tells whether a value can be used as an id: a string that is not empty and is well-formed
 * Unicode. Lone surrogates are refused, because two such strings become the same UTF-8 and would
 * share a credential.
 *
 * @category guards
 * @since 0.1.0
 */
export const isName = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && !/\p{Surrogate}/u.test(value)

/**
 * Schema of an id: a string that is not empty and is well-formed Unicode.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Name = Schema.String.check(Schema.makeFilter(isName))

const length = Schema.Union([Schema.Duration, Schema.DurationFromString])

/**
 * How a session's configuration is locked, weakest first: the client can change everything
 * (`"none"`), only what is not given (`"given"`), or nothing (`"all"`).
 *
 * @category schemas
 * @since 0.1.0
 */
export const SessionLock = Schema.Literals(["none", "given", "all"])

/**
 * How a session's configuration is locked.
 *
 * @category models
 * @since 0.1.0
 */
export type SessionLock = typeof SessionLock.Type

const SessionBinding = Schema.Struct({
  config: Schema.Record(Schema.String, Schema.Json),
  lock: Schema.optional(SessionLock)
})

/**
 * The configuration of the sessions that a credential opens, in the vendor's own format, and the
 * minimum lock.
 *
 * @category models
 * @since 0.1.0
 */
export type SessionBinding = typeof SessionBinding.Type

const Decoded = Schema.Struct({
  purpose: Purpose,
  ttl: Schema.optional(length),
  subject: Schema.optional(Name),
  singleUse: Schema.optional(Schema.Union([Schema.Boolean, Schema.Literal("preferred")])),
  maxSession: Schema.optional(length),
  usableFor: Schema.optional(length),
  session: Schema.optional(SessionBinding),
  region: Schema.optional(Name),
  exposure: Schema.optional(Schema.Literals(["client", "server"])),
  onUnsupported: Schema.optional(Schema.Literals(["reject", "relax"]))
})

/** The rule of each field as a sentence, in place of the schema's own messages. */
const rules: Readonly<Record<string, string>> = {
  purpose: `must be one of ${Purpose.literals.join(", ")}`,
  ttl: 'must be a length of time with its unit, such as "60 seconds"',
  subject: "must be text and not empty, in well-formed Unicode",
  singleUse: 'must be true, false or "preferred"',
  maxSession: 'must be a length of time with its unit, such as "10 minutes"',
  usableFor: 'must be a length of time with its unit, such as "30 minutes"',
  session: 'must be { config: a JSON object, lock?: "none", "given" or "all" }',
  region: "must be text and not empty, in well-formed Unicode",
  exposure: 'must be "client" or "server"',
  onUnsupported: 'must be "reject" or "relax"'
} satisfies Record<keyof MintRequest, string>

/**
 * A duration with its unit.
 *
 * @category models
 * @since 0.1.0
 */
export type Length = Duration.Duration | `${number} ${Duration.Unit}`

/**
 * A request for a short-lived credential.
 *
 * @category models
 * @since 0.1.0
 */
export interface MintRequest {
  /** The purpose of the credential. */
  readonly purpose: Purpose
  /**
   * How long the credential can be used to open a connection, in whole seconds.
   *
   * @default the vendor's, see `Capabilities`
   */
  readonly ttl?: Length | undefined
  /** The id of the app's end user, opaque to the vendor. */
  readonly subject?: string | undefined
  /**
   * Whether the credential must work for one connection only. With `"preferred"`, a vendor without
   * single-use credentials issues a reusable one, and `relaxed` lists `singleUse`.
   *
   * @default false
   */
  readonly singleUse?: boolean | "preferred" | undefined
  /**
   * The time after which the vendor must close a session, in whole seconds.
   *
   * @default no limit from this library
   */
  readonly maxSession?: Length | undefined
  /**
   * The time from now after which the vendor must refuse every use of the credential, in open
   * sessions too. In whole seconds; not all vendors have such a limit.
   *
   * @default the vendor's, if it has one
   */
  readonly usableFor?: Length | undefined
  /**
   * The configuration of the sessions that the credential opens.
   *
   * @default chosen by the client when it opens a session
   */
  readonly session?: SessionBinding | undefined
  /**
   * The region: `"eu"`, `"us"`, `"au"`, `"jp"`, `"in"`, or a vendor's own name.
   *
   * @default the configured region
   */
  readonly region?: string | undefined
  /** Whether the credential leaves the backend. @default "client" */
  readonly exposure?: "client" | "server" | undefined
  /**
   * Whether an unsupported guarantee is an error, or is left out and listed in `relaxed`.
   *
   * @default "reject"
   */
  readonly onUnsupported?: "reject" | "relax" | undefined
}

/**
 * A decoded request, whose durations are `Duration`s.
 *
 * @category models
 * @since 0.1.0
 */
export type Decoded = typeof Decoded.Type

const decodeResult = Schema.decodeUnknownResult(Decoded, { errors: "all", onExcessProperty: "error" })

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const known = Object.keys(rules).join(", ")

/**
 * Decodes a request. The error names the invalid fields and their rules.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = (request: unknown): Result.Result<Decoded, InvalidRequestError> => {
  const decoded = decodeResult(request)
  const foreign = foreignPath(request)
  if (Result.isSuccess(decoded) && foreign === undefined) return Result.succeed(decoded.success)
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

const rule = (field: string): string =>
  Object.hasOwn(rules, field) ? (rules[field] ?? "") : `is not a field of a request; the fields are ${known}`
