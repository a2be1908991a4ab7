/**
 * What an app asks for, in terms that are the same for every vendor. Lengths of time carry their unit (`"60 seconds"` or a
 * `Duration`): a bare number is refused by the types and at run time, as nobody can see whether it means seconds.
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
 * Tells text that can name somebody or something: not empty, and well-formed Unicode. Two texts with lone surrogates are one text in UTF-8, and would share a
 * credential.
 *
 * @category guards
 * @since 0.1.0
 */
export const isName = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && !/\p{Surrogate}/u.test(value)

/**
 * Text that can name somebody or something.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Name = Schema.String.check(Schema.makeFilter(isName))

const length = Schema.Union([Schema.Duration, Schema.DurationFromString])

/**
 * How firmly a session's configuration is bound, the weakest first: the client may change all of it (`"none"`), what is not given (`"given"`), or nothing (`"all"`).
 *
 * @category schemas
 * @since 0.1.0
 */
export const SessionLock = Schema.Literals(["none", "given", "all"])

/**
 * How firmly a session's configuration is bound.
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
 * What the sessions that are opened with a credential begin with: a configuration in the vendor's own words, and how firmly it must be bound at least.
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

/** What is allowed, as one sentence for each field; the schema's own messages speak of its parts. */
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
 * A length of time with its unit.
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
  /** What the credential is to be used for. */
  readonly purpose: Purpose
  /** How long it may be redeemed, that is, used to open a connection; whole seconds. @default the vendor's, see `Capabilities` */
  readonly ttl?: Length | undefined
  /** An opaque id of the app's end user. */
  readonly subject?: string | undefined
  /**
   * Whether it must be good for one connection only. `"preferred"` takes that where the vendor has it, and lists it in `relaxed` where it has not.
   *
   * @default false
   */
  readonly singleUse?: boolean | "preferred" | undefined
  /** When the vendor must cut a session that was opened with it; whole seconds. @default no limit of ours */
  readonly maxSession?: Length | undefined
  /**
   * When the vendor must refuse all that is done with it, in sessions that are open too, where it has such an end beside that of `ttl`; whole seconds, from now.
   *
   * @default the vendor's, where it has one
   */
  readonly usableFor?: Length | undefined
  /** The configuration of sessions that are opened with it. @default what the client says when it opens one */
  readonly session?: SessionBinding | undefined
  /** `"eu"`, `"us"`, `"au"`, `"jp"`, `"in"`, or a vendor's own name. @default the configured region */
  readonly region?: string | undefined
  /** Whether the credential leaves the backend. @default "client" */
  readonly exposure?: "client" | "server" | undefined
  /** Whether a guarantee that the vendor lacks is an error, or is left out and listed in `relaxed`. @default "reject" */
  readonly onUnsupported?: "reject" | "relax" | undefined
}

/**
 * A request whose fields have been read: lengths are `Duration`s.
 *
 * @category models
 * @since 0.1.0
 */
export type Decoded = typeof Decoded.Type

const decodeResult = Schema.decodeUnknownResult(Decoded, { errors: "all", onExcessProperty: "error" })

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const known = Object.keys(rules).join(", ")

/**
 * Reads a request, or says which fields are wrong and what is allowed.
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
  // The part that is wrong says more than the field that it is in.
  if (foreign !== undefined) fields.delete("session")
  const issues = Array.from(fields, (field) => ({
    field: quote(field),
    message: field === "request" ? `must be an object; its fields are ${known}` : rule(field)
  }))
  const part = foreign === undefined ? [] : [{ field: quote(foreign), message: json }]
  return Result.fail(new InvalidRequestError({ issues: [...issues, ...part] }))
}

const json = "must be JSON: text, a finite number, true, false, null, or an array or a plain object of these"

/** Where the configuration of a session is something that JSON cannot say. */
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
