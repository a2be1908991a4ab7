/** The check of secrets that code passes. The rules are the same as for secrets in variables. */
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Text from "./Text.ts"

/**
 * Checks a secret that code passes. Returns it without surrounding white space, or a problem that does not contain
 * the secret.
 */
export const checkSecret = (secret: unknown): Result.Result<Redacted.Redacted, string> => {
  // Untyped callers may pass plain text. It is refused, because printing an object would show it.
  const value: unknown = Redacted.isRedacted(secret) ? Redacted.value(secret) : undefined
  if (!Predicate.isString(value)) return Result.fail("must be a Redacted of text: wrap it in Redacted.make")
  const text = Text.trim(value)
  const problem = text === "" ? "is empty" : Text.secretProblemOf(text)
  return problem === undefined ? Result.succeed(Redacted.make(text)) : Result.fail(problem)
}
