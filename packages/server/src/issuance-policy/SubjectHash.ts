/** The keyed hash that replaces a subject at the vendor. */
import { ConfigurationError } from "@tempcred/core/ConfigurationError"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"

/** Makes the hash function: HMAC-SHA256 in base64url. Fails unless the key is 32 bytes or more in base64. */
export const make = Effect.fnUntraced(function* (
  key: Redacted.Redacted
): Effect.fn.Return<(subject: string) => Effect.Effect<string>, ConfigurationError> {
  // Untyped callers pass plain text, which an inspected object would print.
  const text: unknown = Redacted.isRedacted(key) ? Redacted.value(key) : undefined
  const bytes = Predicate.isString(text) ? Result.getOrUndefined(Base64.decode(text)) : undefined
  if (bytes === undefined || bytes.length < 32) {
    const message = "must be a Redacted of 32 bytes or more in base64: `openssl rand -base64 32` makes one"
    return yield* new ConfigurationError({ issues: [{ name: "IssuancePolicy.subject.hashedWith", message }] })
  }
  const algorithm = { name: "HMAC", hash: "SHA-256" }
  const imported = yield* Effect.promise(() =>
    crypto.subtle.importKey("raw", new Uint8Array(bytes), algorithm, false, ["sign"])
  )
  return (subject) =>
    Effect.map(
      Effect.promise(() => crypto.subtle.sign("HMAC", imported, new TextEncoder().encode(subject))),
      (hash) => Base64Url.encode(new Uint8Array(hash))
    )
})
