/** What a check found. */
import type { Fault } from "../../ExitCode.ts"

/** What is checked, in this order. */
export type Check = "configuration" | "dns" | "tls" | "clock" | "mint" | "connection" | "endpoint"

/** The outcome of a check: a failed one says what to do, a skipped one why. */
export type Outcome =
  | { readonly outcome: "ok" | "skipped"; readonly detail: string }
  | { readonly outcome: "failed"; readonly detail: string; readonly advice: string; readonly fault: Fault }

/** One line of the report; the endpoint's own has `tempcred` for a provider. */
export type Finding = Outcome & { readonly provider: string; readonly check: Check }

/** All is well. */
export const ok = (detail: string): Outcome => ({ outcome: "ok", detail })

/** There was nothing to check. */
export const skipped = (detail: string): Outcome => ({ outcome: "skipped", detail })

/** Something is wrong, and can be mended. */
export const failed = (fault: Fault, detail: string, advice: string): Outcome => ({
  outcome: "failed",
  fault,
  detail,
  advice
})
