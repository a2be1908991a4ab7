/** Tags of a failed mint, for events. */
import * as Cause from "effect/Cause"
import type { Reason, TempCredentialError } from "./TempCredentialError.ts"

/**
 * Lists the tags of a cause: the tag of each reason, `"defect"` for a thrown error, `"interrupted"`
 * for an interruption.
 */
export const failureTags = (
  cause: Cause.Cause<TempCredentialError>
): ReadonlyArray<Reason["_tag"] | "defect" | "interrupted"> =>
  cause.reasons.map((one) => {
    if (Cause.isFailReason(one)) return one.error.reason._tag
    return Cause.isDieReason(one) ? "defect" : "interrupted"
  })
