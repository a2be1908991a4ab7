/** A list of tokens, compared by their keyed hashes, so that how long it takes tells nothing of them. */
import { ConfigurationError, type Issue } from "@tempcred/core/ConfigurationError"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { BearerEntry, Identity } from "../Authenticator.ts"
import { isSubject, refused, subjectRule, type Verdict } from "./Verdict.ts"

/** In characters. */
const shortestToken = 16

/** Makes what tells who presents a token; fails where an entry makes no sense or a token is there twice. */
export const make = Effect.fnUntraced(function* (
  entries: ReadonlyArray<BearerEntry>
): Effect.fn.Return<(token: Redacted.Redacted) => Effect.Effect<Verdict>, ConfigurationError> {
  const issues = check(entries)
  if (issues.length > 0) return yield* new ConfigurationError({ issues })
  // The key is this process's own: nobody outside can tell what hash a guess has.
  const key = crypto.getRandomValues(new Uint8Array(32))
  const algorithm = { name: "HMAC", hash: "SHA-256" }
  const imported = yield* Effect.promise(() => crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]))
  const hash = (token: Redacted.Redacted) =>
    Effect.map(
      Effect.promise(() => crypto.subtle.sign("HMAC", imported, new TextEncoder().encode(Redacted.value(token)))),
      (bytes) => new Uint8Array(bytes)
    )
  const known = yield* Effect.forEach(entries, ({ claims = {}, subject, token }) =>
    Effect.map(hash(token), (bytes) => ({ bytes, identity: { subject, claims } }))
  )
  return (token) =>
    Effect.map(hash(token), (bytes) => {
      let found: Identity | undefined
      // Every entry is looked at, and all of it.
      for (const one of known) if (isEqual(one.bytes, bytes)) found = one.identity
      return found === undefined ? refused("the token is not known here") : { _tag: "Known", identity: found }
    })
})

/** Compares two hashes in the same time wherever they differ. */
const isEqual = (one: Uint8Array, other: Uint8Array): boolean => {
  let difference = 0
  for (const [index, byte] of one.entries()) difference |= byte ^ (other[index] ?? 0)
  return difference === 0
}

const check = (entries: ReadonlyArray<BearerEntry>): ReadonlyArray<Issue> => {
  const issue = (name: string, message: string): Issue => ({ name: `Authenticator.layerBearer${name}`, message })
  const seen = new Set<unknown>()
  const issues = entries.flatMap(({ subject, token }, index) => {
    const wrongSubject = isSubject(subject) ? [] : [issue(`[${index}].subject`, subjectRule)]
    // Untyped callers pass plain text; it is refused here, as nothing would keep it from being printed.
    if (!Redacted.isRedacted(token)) {
      return [...wrongSubject, issue(`[${index}].token`, "must be a Redacted: wrap it in Redacted.make")]
    }
    const value: unknown = Redacted.value(token)
    const isFit = Predicate.isString(value) && value.length >= shortestToken && /^[\u0021-\u007e]+$/.test(value)
    const isTwice = seen.has(value)
    seen.add(value)
    return [
      ...wrongSubject,
      ...(isFit ? [] : [issue(`[${index}].token`, `must be ${shortestToken} visible ASCII characters or more`)]),
      ...(isTwice ? [issue(`[${index}].token`, "is there twice")] : [])
    ]
  })
  return entries.length === 0 ? [issue("", "must hold an entry: nobody would be known")] : issues
}
