/** Parsing of `minRemaining`, the minimum remaining lifetime. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { MintRequest } from "./MintRequest.ts"
import { InvalidRequestError, TempCredentialError } from "./TempCredentialError.ts"
import type { MintOptions } from "./TempCredentialProvider.ts"

/** Makes the error of an invalid `minRemaining`. */
export const refuse = (provider: string, message: string): TempCredentialError =>
  new TempCredentialError({ provider, reason: invalid(message) })

const invalid = (message: string) => new InvalidRequestError({ issues: [{ field: "minRemaining", message }] })

/** Parses `minRemaining` into milliseconds; `undefined` if it is absent. */
export const parse = (
  minRemaining: MintOptions["minRemaining"]
): Result.Result<number | undefined, InvalidRequestError> => {
  if (minRemaining === undefined) return Result.succeed(undefined)
  const millis = toMillis(minRemaining)
  return millis >= 0 && Number.isFinite(millis)
    ? Result.succeed(millis)
    : Result.fail(invalid('must be a finite duration with its unit, such as "20 seconds"'))
}

/** Reads `minRemaining` as `parse` does. The error names `provider`. */
export const read = (
  provider: string,
  minRemaining: MintOptions["minRemaining"]
): Effect.Effect<number | undefined, TempCredentialError> =>
  Effect.fromResult(Result.mapError(parse(minRemaining), (reason) => new TempCredentialError({ provider, reason })))

/** Converts a duration to milliseconds. Returns `NaN` for a bare number, because its unit is unknown. */
const toMillis = (length: MintRequest["ttl"]): number =>
  length !== undefined && (typeof length === "string" || Duration.isDuration(length))
    ? Option.match(Duration.fromInput(length), { onNone: () => Number.NaN, onSome: Duration.toMillis })
    : Number.NaN
