/** Reads how much life a caller wants a credential to have left. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { MintRequest } from "./MintRequest.ts"
import { InvalidRequestError, TempCredentialError } from "./TempCredentialError.ts"
import type { MintOptions } from "./TempCredentialProvider.ts"

/** Makes the error for a `minRemaining` that is not allowed. */
export const refuse = (provider: string, message: string): TempCredentialError =>
  new TempCredentialError({
    provider,
    reason: new InvalidRequestError({ issues: [{ field: "minRemaining", message }] })
  })

/** Reads `minRemaining` in milliseconds, or fails with an `InvalidRequestError` that names it; `undefined` where it is not given. */
export const read = (
  provider: string,
  minRemaining: MintOptions["minRemaining"]
): Effect.Effect<number | undefined, TempCredentialError> => {
  if (minRemaining === undefined) return Effect.undefined
  const millis = toMillis(minRemaining)
  return millis >= 0 && Number.isFinite(millis)
    ? Effect.succeed(millis)
    : Effect.fail(refuse(provider, 'must be a finite length of time with its unit, such as "20 seconds"'))
}

/** A bare number would be read as milliseconds, which nobody can see. */
const toMillis = (length: MintRequest["ttl"]): number =>
  length !== undefined && (typeof length === "string" || Duration.isDuration(length))
    ? Option.match(Duration.fromInput(length), { onNone: () => Number.NaN, onSome: Duration.toMillis })
    : Number.NaN
