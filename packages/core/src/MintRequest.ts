/**
 * What an app asks for, in terms that are the same for every vendor. Lengths of time carry their unit (`"60 seconds"` or a
 * `Duration`): a bare number is refused by the types and at run time, as nobody can see whether it means seconds.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { Purpose } from "./Purpose.ts"
import { InvalidRequestError } from "./TempCredentialError.ts"

const length = Schema.Union([Schema.Duration, Schema.DurationFromString]).annotate({
  message: 'must be a length of time with its unit, such as "60 seconds"'
})

const text = Schema.NonEmptyString.annotate({ message: "must be text and not empty" })

const Decoded = Schema.Struct({
  purpose: Purpose.annotate({ message: `must be one of ${Purpose.literals.join(", ")}` }),
  ttl: Schema.optional(length),
  subject: Schema.optional(text),
  singleUse: Schema.optional(Schema.Boolean.annotate({ message: "must be true or false" })),
  maxSession: Schema.optional(length),
  region: Schema.optional(text),
  exposure: Schema.optional(
    Schema.Literals(["client", "server"]).annotate({ message: 'must be "client" or "server"' })
  ),
  onUnsupported: Schema.optional(
    Schema.Literals(["reject", "relax"]).annotate({ message: 'must be "reject" or "relax"' })
  )
})

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
  /** Whether it must be good for one connection only. @default false */
  readonly singleUse?: boolean | undefined
  /** When the vendor must cut a session that was opened with it; whole seconds. @default no limit of ours */
  readonly maxSession?: Length | undefined
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

const known = Object.keys(Decoded.fields).join(", ")

/**
 * Reads a request, or says which fields are wrong and what is allowed.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = (request: unknown): Result.Result<Decoded, InvalidRequestError> =>
  Result.mapError(
    decodeResult(request),
    (error) =>
      new InvalidRequestError({
        issues: format(error.issue).issues.map((issue) => ({
          field: (issue.path ?? []).map(String).join(".") || "request",
          message: issue.message.startsWith("Expected no excess property")
            ? `is not a field of a request; the fields are ${known}`
            : issue.message
        }))
      })
  )
