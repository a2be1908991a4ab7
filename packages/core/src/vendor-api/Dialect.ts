/** The description of a vendor's error responses. */
import type * as Schema from "effect/Schema"
import type { Feature, Issue } from "../TempCredentialError.ts"
import type { AnswerTag } from "./AnswerReason.ts"

/** The content of a vendor's error body, with the vendor's messages and field names. */
export interface VendorFailure {
  readonly code?: string | undefined
  readonly detail?: string | undefined
  readonly requestId?: string | undefined
  readonly issues?: ReadonlyArray<Issue> | undefined
  /** The unsupported feature of an `UnsupportedError`. */
  readonly feature?: Feature | undefined
  /** The reason, if other parts of the body determine it. It takes precedence over code and status. */
  readonly tag?: AnswerTag | undefined
}

/**
 * The description of a vendor's error responses: the schema of the bodies, and the codes and statuses that differ
 * from the common mapping.
 */
export interface Dialect<Failure> {
  readonly failure: Schema.Codec<Failure, unknown>
  readonly read: (failure: Failure) => VendorFailure
  /** The vendor's codes for each reason. They take precedence over the status. */
  readonly codes?: Readonly<Partial<Record<AnswerTag, ReadonlyArray<string>>>>
  /** The reasons of statuses that this vendor uses differently. */
  readonly statuses?: Readonly<Record<number, AnswerTag>>
  /** The portable names of the vendor's request fields. */
  readonly fields?: Readonly<Record<string, string>>
  /** Advice by reason, appended to the vendor's message. */
  readonly advice?: Readonly<Partial<Record<AnswerTag, string>>>
}
