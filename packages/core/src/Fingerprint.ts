/**
 * Identifies a secret without revealing it, by the first 64 bits of a SHA-256 hash, in hexadecimal.
 * Equal secrets have equal fingerprints in every process, so that logs and events can refer to the
 * same credential.
 *
 * ```ts
 * import { fingerprint } from "@tempcred/core/Fingerprint"
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 *
 * console.log(await Effect.runPromise(fingerprint(Redacted.make("a token")))) // => 66d3c74322a09f1c
 * ```
 *
 * @since 0.1.0
 */

import * as Effect from "effect/Effect"
import * as Hex from "effect/encoding/Hex"
import * as Redacted from "effect/Redacted"

/** Computed fingerprints, so that each credential is hashed once. */
const known = new WeakMap<Redacted.Redacted, string>()

/**
 * Computes the fingerprint of a secret.
 *
 * @category combinators
 * @since 0.1.0
 */
export const fingerprint = (secret: Redacted.Redacted): Effect.Effect<string> =>
  Effect.suspend(() => {
    const name = known.get(secret)
    return name === undefined
      ? Effect.tap(hash(secret), (made) => Effect.sync(() => known.set(secret, made)))
      : Effect.succeed(name)
  })

const hash = (secret: Redacted.Redacted): Effect.Effect<string> =>
  Effect.promise(async () => {
    // The prefix makes the result differ from a plain hash of the secret, which may be known elsewhere.
    const bytes = new TextEncoder().encode(`tempcred ${Redacted.value(secret)}`)
    return Hex.encode(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).slice(0, 8))
  })
