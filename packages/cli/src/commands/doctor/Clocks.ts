/** Compares this machine's clock with a vendor's. */
import type { Answer } from "@tempcred/core/Transport"
import { failed, ok, type Outcome, skipped } from "./Finding.ts"

/** The largest difference that is well, in seconds: a vendor's date has whole ones, and what is off by more corrects expiries. */
const tolerance = 5

/** Reads the `Date` of a vendor's answer, and how far this machine is from it. */
export const compare = (answer: Answer | undefined): Outcome => {
  if (answer === undefined) return skipped("the vendor did not answer")
  const date = Date.parse(answer.headers["date"] ?? "")
  if (Number.isNaN(date)) return skipped("the vendor's answer has no date")
  const off = Math.round(((answer.sentAt + answer.receivedAt) / 2 - date) / 1000)
  return Math.abs(off) <= tolerance
    ? ok("agrees with the vendor's")
    : failed(
        "configuration",
        `is ${Math.abs(off)} seconds ${off > 0 ? "ahead of" : "behind"} the vendor's`,
        "Set this machine's clock (NTP): expiries, TLS and JWTs go by it."
      )
}
