/** Failures of commands: exit codes, and a message with advice for each kind of failure. */
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import type { Reason, TempCredentialError } from "@tempcred/core/TempCredentialError"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import { debuglog } from "node:util"
import * as Printing from "./Printing.ts"

/** The exit codes. */
export const exitCodes = {
  success: 0,
  internal: 1,
  usage: 2,
  configuration: 3,
  refused: 4,
  unavailable: 5,
  interrupted: 130
}

/** The exit codes for the help, one on each line. */
export const legend = `Exit codes:
  0    success
  1    internal error
  2    usage error: unknown command, flag or value
  3    configuration error: a variable or file is missing or invalid
  4    refused by the vendor: request, key, permission or quota
  5    unavailable: rate limit, outage, network, unreadable response
  130  interrupted`

/** The kind of a failure, which determines the exit code. */
export type Kind = "usage" | "configuration" | "refused" | "unavailable"

/** The failure of a command. `summary` and `advice` are printed and contain no secret. */
export class Failure extends Schema.TaggedError<Failure>()("Failure", {
  kind: Schema.Literals(["usage", "configuration", "refused", "unavailable"]),
  summary: Schema.String,
  advice: Schema.String
}) {
  override get message(): string {
    return this.summary
  }
  /** The exit code of the process. */
  override get [Runtime.errorExitCode](): number {
    return exitCodes[this.kind]
  }
}

/** Makes the failure of a command line that cannot be understood. */
export const usageFailure = (summary: string, advice: string): Failure =>
  new Failure({ kind: "usage", summary, advice })

/** The advice for a missing or invalid variable. */
export const setVariable = "Set it in the environment, or in a file with --config."

/** Makes the failure of missing or invalid variables. */
export const configurationFailure = (error: ConfigurationError, advice: string = setVariable): Failure =>
  new Failure({ kind: "configuration", summary: error.message, advice })

/** Makes the failure of a mint or another vendor call. */
export const vendorFailure = (error: TempCredentialError, advice: string = adviceFor(error.reason)): Failure =>
  new Failure({ kind: kindOf(error.reason), summary: error.message, advice })

/** Tells whether someone has to fix the cause (`"refused"`), or whether a later attempt may succeed. */
export const kindOf = (reason: Reason): "refused" | "unavailable" => {
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

/** Returns the advice for a reason. */
export const adviceFor = (reason: Reason): string => {
  switch (reason._tag) {
    case "InvalidRequestError":
      return "Run `tempcred providers` to see the allowed values."
    case "UnsupportedError":
      return reason.feature === "purpose" || reason.feature === "region"
        ? "Run `tempcred providers` to see the allowed values."
        : "Run `tempcred providers` to see the allowed values, or add --relax to continue without it."
    case "AuthenticationError":
      return "Check the vendor's key in the environment. It may be revoked, or belong to another region or workspace."
    case "PermissionError":
      return "Give the key this permission in the vendor's console, or use another key."
    case "QuotaError":
      return "Top up the balance or raise the limit in the vendor's console."
    case "RateLimitError":
      return "Wait, then try again."
    case "UnavailableError":
      return "Try again later. The vendor's status page may have details."
    case "TransportError":
      return "Check the network. `tempcred doctor` shows where the connection fails."
    case "InvalidResponseError":
      return "Check the vendor's URL in the environment. Another server may be answering there."
  }
}

/** Reads the `code` of an error from Node, such as `ENOENT`. */
export const errorCode = (cause: unknown): string =>
  Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code) ? cause.code : "unknown"

const debug = debuglog("tempcred")

/** Prints what went wrong in two lines. Details of an internal error may contain secrets, and need `NODE_DEBUG=tempcred`. */
export const report = Effect.fnUntraced(function* (cause: Cause.Cause<unknown>): Effect.fn.Return<void> {
  const error = Cause.squash(cause)
  if (Cause.hasInterruptsOnly(cause) || Runtime.getErrorExitCode(error) === exitCodes.success) return
  const paint = yield* Printing.paintNote
  const print = (summary: string, advice: string) => Printing.note(`${paint("red", "tempcred:")} ${summary}\n${advice}`)
  if (error instanceof Failure) return yield* print(error.summary, error.advice)
  if (!Cause.hasDies(cause)) return
  debug("%s", Cause.pretty(cause))
  const name = error instanceof Error ? error.name : "unknown"
  return yield* print(`internal error (${name})`, "Run it again with NODE_DEBUG=tempcred to see details.")
})

/** Returns the exit code of a run. */
export const exitCodeOf = <E, A>(exit: Exit.Exit<A, E>): number => {
  if (Exit.isSuccess(exit)) return exitCodes.success
  if (Cause.hasInterruptsOnly(exit.cause)) return exitCodes.interrupted
  const error = Cause.squash(exit.cause)
  if (error instanceof Failure) return Runtime.getErrorExitCode(error)
  return Cause.hasDies(exit.cause) ? exitCodes.internal : exitCodes.usage
}
