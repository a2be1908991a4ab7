/** Types of a vendor's capabilities, and of a request after the check against them. */
import type { MintRequest, SessionBinding, SessionLock } from "../mint-request/Fields.ts"
import type { Purpose } from "../Purpose.ts"
import type { Feature } from "../TempCredentialError.ts"

/**
 * An allowed range, inclusive.
 */
export interface Range {
  readonly min: number
  readonly max: number
}

/**
 * How a vendor treats the subject, which is the app's id of its end user. The vendor binds the
 * credential to the subject (`"enforced"`), stores it for reports (`"recorded"`), or ignores it.
 */
export interface SubjectSupport {
  readonly effect: "enforced" | "recorded" | "ignored"
  /** The maximum length in characters. */
  readonly maxLength?: number
  /** Whether only printable ASCII without spaces is allowed. */
  readonly printable?: boolean
  /** Whether a credential that leaves the backend needs a subject. */
  readonly requiredForClient?: boolean
}

/**
 * The capabilities of a vendor for one purpose.
 */
export interface Capability {
  /** How long a credential can be used to connect, in whole seconds. */
  readonly ttlSeconds: Range & { readonly default: number }
  /** Whether the vendor supports single-use credentials. `"always"` means that all credentials are single-use. */
  readonly singleUse: boolean | "always"
  /** The session limits that the vendor can enforce, in whole seconds; absent if it cannot end sessions. */
  readonly maxSessionSeconds?: Range
  /**
   * How long the credential can be used in total, including open sessions, in whole seconds; absent if
   * the vendor has no such limit.
   */
  readonly usableForSeconds?: Range & { readonly default: number }
  /** How the vendor can lock a session's configuration; absent if it cannot. */
  readonly sessionLocks?: ReadonlyArray<SessionLock>
  readonly subject: SubjectSupport
  /** The allowed values of `region`; empty when the vendor has no regions. */
  readonly regions: ReadonlyArray<string>
  /** Whether each region has its own long-lived key. If so, `regions` lists the regions with a configured key. */
  readonly regionsNeedKeys?: boolean
  /**
   * Whether a mint has effects besides the credential, such as a room or a call. If so, credentials are
   * not minted in advance. A mint that may have succeeded is not repeated, also not at another vendor.
   */
  readonly mintingHasSideEffects: boolean
  /** Whether the client sends the credential only to connect or with every request. */
  readonly needed: "connect" | "every-request"
}

/**
 * The purposes that a vendor serves, with the capabilities for each.
 */
export type Capabilities<P extends Purpose = Purpose> = { readonly [K in P]?: Capability }

/**
 * A request that the vendor can serve: checked, with defaults filled in, and with durations in
 * whole seconds.
 */
export interface Resolved<P extends Purpose = Purpose> {
  readonly purpose: P
  readonly ttlSeconds: number
  readonly subject: string | undefined
  readonly singleUse: boolean
  readonly maxSessionSeconds: number | undefined
  readonly usableForSeconds: number | undefined
  /** The session configuration to bind, and its lock. */
  readonly session: { readonly config: SessionBinding["config"]; readonly lock: SessionLock } | undefined
  readonly region: string | undefined
  /** The requested guarantees that the vendor will not enforce. */
  readonly relaxed: ReadonlyArray<Feature>
}

/**
 * Tells whether a request results in a single-use credential. The request requires one, or prefers one
 * and the vendor supports it, or the vendor issues only single-use credentials.
 */
export const isForOneUse = (capability: Capability, { singleUse }: Pick<MintRequest, "singleUse">): boolean =>
  singleUse === true || capability.singleUse === "always" || (singleUse === "preferred" && capability.singleUse)

/** Tells whether a resolved request is for one of the purposes of a vendor. */
export const isFor = <P extends Purpose>(capabilities: Capabilities<P>, resolved: Resolved): resolved is Resolved<P> =>
  Object.hasOwn(capabilities, resolved.purpose)
