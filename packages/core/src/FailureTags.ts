/** Names what a mint failed of, for events. */
import * as Cause from "effect/Cause"
import type { Reason, TempCredentialError } from "./TempCredentialError.ts"

/** Lists the tags of the reasons of a cause: `"defect"` for what was thrown, `"interrupted"` for what was ended. */
export const failureTags = (
  cause: Cause.Cause<TempCredentialError>
): ReadonlyArray<Reason["_tag"] | "defect" | "interrupted"> =>
  cause.reasons.map((one) => {
    if (Cause.isFailReason(one)) return one.error.reason._tag
    return Cause.isDieReason(one) ? "defect" : "interrupted"
  })
