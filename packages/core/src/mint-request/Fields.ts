/** The fields of a request, before and after decoding. */
import type * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { Purpose } from "../Purpose.ts"

/**
 * Tells whether a value can be used as an id: a string that is not empty and is well-formed
 * Unicode. Lone surrogates are refused, because two such strings become the same UTF-8 and would
 * share a credential.
 */
export const isName = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && !/\p{Surrogate}/u.test(value)

/**
 * Schema of an id: a string that is not empty and is well-formed Unicode.
 */
export const Name = Schema.String.check(Schema.makeFilter(isName))

/** Schema of a duration: a `Duration`, or text with a unit. */
export const Length = Schema.Union([Schema.Duration, Schema.DurationFromString])

/**
 * The locks of a session's configuration, weakest first. The client can change all settings (`"none"`),
 * only the settings that are not given (`"given"`), or no settings (`"all"`).
 */
export const SessionLock = Schema.Literals(["none", "given", "all"])

/**
 * The lock of a session's configuration.
 */
export type SessionLock = typeof SessionLock.Type

/** Schema of a session binding. */
export const SessionBinding = Schema.Struct({
  config: Schema.Record(Schema.String, Schema.Json),
  lock: Schema.optional(SessionLock)
})

/**
 * The configuration of the sessions that a credential opens, in the vendor's own format, and the
 * minimum lock.
 */
export type SessionBinding = typeof SessionBinding.Type

/** Schema of a decoded request. */
export const Decoded = Schema.Struct({
  purpose: Purpose,
  ttl: Schema.optional(Length),
  subject: Schema.optional(Name),
  singleUse: Schema.optional(Schema.Union([Schema.Boolean, Schema.Literal("preferred")])),
  maxSession: Schema.optional(Length),
  usableFor: Schema.optional(Length),
  session: Schema.optional(SessionBinding),
  region: Schema.optional(Name),
  exposure: Schema.optional(Schema.Literals(["client", "server"])),
  onUnsupported: Schema.optional(Schema.Literals(["reject", "relax"]))
})

/**
 * A duration with its unit.
 */
export type Length = Duration.Duration | `${number} ${Duration.Unit}`

/**
 * A request for a short-lived credential.
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
   * How long the credential can be used in total, in whole seconds. After this time the vendor also
   * closes open sessions. Not all vendors have such a limit.
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
  /** Whether the credential leaves the backend (`"client"`) or not (`"server"`). @default "client" */
  readonly exposure?: "client" | "server" | undefined
  /**
   * Whether an unsupported guarantee is an error, or is omitted and listed in `relaxed`.
   *
   * @default "reject"
   */
  readonly onUnsupported?: "reject" | "relax" | undefined
}

/**
 * The fields of a decoded request. Durations are `Duration`s.
 */
export type Decoded = typeof Decoded.Type
