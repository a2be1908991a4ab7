/**
 * A short name for a secret that tells nothing of it: the first 64 bits of its SHA-256, in hexadecimal. Equal secrets have equal names, in every
 * process, so that an app's log can speak of a credential as the events do.
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

/** Fingerprints that were computed, so that a credential that is served often is hashed once. */
const known = new WeakMap<Redacted.Redacted, string>()

/**
 * Names a secret.
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
    // The prefix keeps the name apart from any hash of the bare secret that others may have published.
    const bytes = new TextEncoder().encode(`tempcred ${Redacted.value(secret)}`)
    return Hex.encode(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).slice(0, 8))
  })
