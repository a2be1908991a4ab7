/** The fields of a request, as an app writes them and as they are decoded. */
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

/** Schema of a length of time. */
export const Length = Schema.Union([Schema.Duration, Schema.DurationFromString])

/**
 * How a session's configuration is locked, weakest first: the client can change everything
 * (`"none"`), only what is not given (`"given"`), or nothing (`"all"`).
 */
export const SessionLock = Schema.Literals(["none", "given", "all"])

/**
 * How a session's configuration is locked.
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
 * The fields of a decoded request. Durations are `Duration`s.
 */
export type Decoded = typeof Decoded.Type
