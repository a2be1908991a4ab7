/** What the command line says of a run by its exit code. */
import type { Reason } from "@tempcred/core/TempCredentialError"

/** The exit codes; a defect of the program itself is 1, and an interrupted run 130, as everywhere. */
export const exitCodes = {
  done: 0,
  defect: 1,
  usage: 2,
  configuration: 3,
  refused: 4,
  unavailable: 5,
  interrupted: 130
}

/** What a run that failed can exit with. */
export type Fault = "usage" | "configuration" | "refused" | "unavailable"

/** The exit codes in words, one line each. */
export const legend = `Exit codes:
  0    done
  1    a defect of this program
  2    usage: the command cannot be understood
  3    configuration: a variable or file is missing or malformed
  4    refused by the vendor: request, key, permission or quota
  5    unavailable: rate limit, outage, network, or no readable answer
  130  interrupted`

/** Sorts the reasons of a mint: what a person must mend, and what may pass by itself. */
export const faultOf = (reason: Reason): "refused" | "unavailable" => {
  switch (reason._tag) {
    case "InvalidRequestError":
    case "UnsupportedError":
    case "AuthenticationError":
    case "PermissionError":
    case "QuotaError":
      return "refused"
    case "RateLimitError":
    case "UnavailableError":
    case "TransportError":
    case "InvalidResponseError":
      return "unavailable"
  }
}
