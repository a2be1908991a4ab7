/** What a command fails with: one sentence that says what is wrong, one that says what to do, and the exit code. */
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import type { Reason, TempCredentialError } from "@tempcred/core/TempCredentialError"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import { exitCodes, faultOf } from "./ExitCode.ts"

/** A command failed; `summary` and `advice` are printed, and hold no secret. */
export class Failure extends Schema.TaggedError<Failure>()("Failure", {
  fault: Schema.Literals(["usage", "configuration", "refused", "unavailable"]),
  summary: Schema.String,
  advice: Schema.String
}) {
  override get message(): string {
    return this.summary
  }
  /** What the process exits with. */
  override get [Runtime.errorExitCode](): number {
    return exitCodes[this.fault]
  }
}

/** Says that the command cannot be understood. */
export const usage = (summary: string, advice: string): Failure => new Failure({ fault: "usage", summary, advice })

/** Says which variables are missing or malformed. */
export const ofConfiguration = (
  error: ConfigurationError,
  advice: string = "Set it in the environment or in a file that --config names."
): Failure => new Failure({ fault: "configuration", summary: error.message, advice })

/** Says why a vendor did not serve. */
export const ofVendor = (error: TempCredentialError, advice: string = adviceOf(error.reason)): Failure =>
  new Failure({ fault: faultOf(error.reason), summary: error.message, advice })

/** Says what to do about a reason. */
export const adviceOf = (reason: Reason): string => {
  switch (reason._tag) {
    case "InvalidRequestError":
      return "Ask for what `tempcred providers` lists."
    case "UnsupportedError":
      return reason.feature === "purpose" || reason.feature === "region"
        ? "Choose from what `tempcred providers` lists."
        : "Choose from what `tempcred providers` lists, or say --relax to do without it."
    case "AuthenticationError":
      return "Check the vendor's key in the environment: it may be revoked, or of another region or workspace."
    case "PermissionError":
      return "Allow the key to do this in the vendor's console, or take another key."
    case "QuotaError":
      return "Top up the balance or raise the limit in the vendor's console."
    case "RateLimitError":
      return "Wait, then try again."
    case "UnavailableError":
      return "Try again later; the vendor's status page may say more."
    case "TransportError":
      return "Check the network; `tempcred doctor` says where it ends."
    case "InvalidResponseError":
      return "Check the vendor's URL in the environment: something else may be answering there."
  }
}
