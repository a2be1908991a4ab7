/** Static bearer tokens, compared by keyed hashes in constant time. */
import type { Issue } from "@tempcred/core/ConfigurationError"
import { checkSecret } from "@tempcred/core/Environment"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { type Caller, type Identity, isSubject, subjectRule, UnauthenticatedError, type Verify } from "./Identity.ts"

/** A caller with its own token, such as another backend of the app. */
export interface BearerEntry extends Caller {
  /** At least 16 visible ASCII characters; `openssl rand -hex 32` makes one. Surrounding blanks are removed. */
  readonly token: Redacted.Redacted
}

/** In characters. */
const shortestToken = 16

/** Makes the function that identifies the caller of a token. */
export const make = Effect.fnUntraced(function* (entries: ReadonlyArray<BearerEntry>): Effect.fn.Return<Verify> {
  // A random key for each process: nobody outside can compute the hash of a guess.
  const key = crypto.getRandomValues(new Uint8Array(32))
  const algorithm = { name: "HMAC", hash: "SHA-256" }
  const imported = yield* Effect.promise(() => crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]))
  const hash = (token: Redacted.Redacted) =>
    Effect.promise(async () => {
      const bytes = new TextEncoder().encode(Redacted.value(token))
      return new Uint8Array(await crypto.subtle.sign("HMAC", imported, bytes))
    })
  const known = yield* Effect.forEach(entries, ({ account, claims = {}, subject, token }) =>
    Effect.map(hash(Result.getOrElse(checkSecret(token), () => token)), (bytes) => ({
      bytes,
      identity: { subject, ...(account === undefined ? {} : { account }), claims }
    }))
  )
  return (token) =>
    Effect.flatMap(hash(token), (bytes) => {
      let found: Identity | undefined
      // Compares with every entry, so that the time does not depend on the token.
      for (const entry of known) if (isEqual(entry.bytes, bytes)) found = entry.identity
      return found === undefined
        ? Effect.fail(new UnauthenticatedError({ hint: "the token is not known here" }))
        : Effect.succeed(found)
    })
})

/** Compares two hashes in constant time. */
const isEqual = (one: Uint8Array, other: Uint8Array): boolean => {
  let difference = 0
  for (const [index, byte] of one.entries()) difference |= byte ^ (other[index] ?? 0)
  return difference === 0
}

/** Checks the entries, and finds duplicate tokens. */
export const check = (entries: ReadonlyArray<BearerEntry>): ReadonlyArray<Issue> => {
  const issue = (name: string, message: string): Issue => ({ name: `Authenticator.layerBearer${name}`, message })
  const seen = new Set<unknown>()
  const issues = entries.flatMap(({ subject, token }, index) => {
    const wrongSubject = isSubject(subject) ? [] : [issue(`[${index}].subject`, subjectRule)]
    const checked = checkSecret(token)
    if (Result.isFailure(checked)) return [...wrongSubject, issue(`[${index}].token`, checked.failure)]
    const value = Redacted.value(checked.success)
    const isFit = value.length >= shortestToken && /^[\u0021-\u007e]+$/.test(value)
    const isTwice = seen.has(value)
    seen.add(value)
    return [
      ...wrongSubject,
      ...(isFit ? [] : [issue(`[${index}].token`, `must be ${shortestToken} visible ASCII characters or more`)]),
      ...(isTwice ? [issue(`[${index}].token`, "is a duplicate")] : [])
    ]
  })
  return entries.length === 0 ? [issue("", "must have an entry: without one, no caller is accepted")] : issues
}
