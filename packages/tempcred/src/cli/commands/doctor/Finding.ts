/** Findings of the doctor's checks. */
import type { Kind } from "../../Failure.ts"

/** The checks, in their order. */
export type Check = "configuration" | "dns" | "tls" | "clock" | "mint" | "connection" | "endpoint"

/** The outcome of a check, with advice if it failed. */
export type Outcome =
  | { readonly outcome: "ok" | "skipped"; readonly detail: string }
  | { readonly outcome: "failed"; readonly detail: string; readonly advice: string; readonly kind: Kind }

/** A line of the report. The provider of the endpoint's check is `tempcred`. */
export type Finding = Outcome & { readonly provider: string; readonly check: Check }

/** Makes the outcome of a passed check. */
export const ok = (detail: string): Outcome => ({ outcome: "ok", detail })

/** Makes the outcome of a check that does not apply. */
export const skipped = (detail: string): Outcome => ({ outcome: "skipped", detail })

/** Makes the outcome of a failed check. */
export const failed = (kind: Kind, detail: string, advice: string): Outcome => ({
  outcome: "failed",
  kind,
  detail,
  advice
})
