/** The keyed hash that replaces a subject at the vendor. */
import { ConfigurationError } from "@tempcred/core/ConfigurationError"
import { checkSecret } from "@tempcred/core/Environment"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"

/** Makes the hash function: HMAC-SHA256 in base64url. Fails unless the key is 32 bytes or more in base64. */
export const make = Effect.fnUntraced(function* (
  key: Redacted.Redacted
): Effect.fn.Return<(subject: string) => Effect.Effect<string>, ConfigurationError> {
  const decoded = Result.flatMap(checkSecret(key), (checked) => Base64.decode(Redacted.value(checked)))
  const bytes = Result.getOrUndefined(decoded)
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
