/** The one error of a source, with what went wrong as a small union: `error.failure.kind` tells its members apart. */
import type { Problem } from "./Credential.ts"

/**
 * What went wrong:
 *
 * - The endpoint refused: `"unauthenticated"` (401), `"forbidden"` by its policy (403), `"limited"` (429), `"invalid"` request (any other 4xx), or
 *   `"unavailable"` (408 and 5xx).
 * - `"redirected"`: the endpoint answered with a redirect, which is not followed, as it could take the user's headers elsewhere. Set `endpoint` to the final URL;
 *   usual causes are a trailing slash and `http` instead of `https`. The status is 0 in a browser, which hides it.
 * - `"garbled"`: the answer is no credential, is over already, or repeats one that was for one use or was refused.
 * - `"network"`: there was no answer within ten seconds.
 *
 * `retryAfter` is in seconds, from the `Retry-After` header (seconds or an HTTP date) or else from the problem.
 */
export type Failure =
  | {
      readonly kind: "unauthenticated" | "forbidden" | "limited" | "invalid" | "unavailable" | "redirected" | "garbled"
      readonly status: number
      readonly problem: Problem | undefined
      readonly retryAfter: number | undefined
    }
  | { readonly kind: "network"; readonly retryAfter: number }

/**
 * There is no credential. It holds no token, no header and no request, so it can be logged. Its `cause` is the error that `fetch` threw, where it did, such as a
 * `TypeError` for a URL that is none.
 */
export class SourceError extends Error {
  declare readonly failure: Failure
  constructor(failure: Failure, options?: ErrorOptions) {
    const hint = failure.kind === "redirected" ? ": set endpoint to its final URL (trailing slash? https?)" : ""
    super(`no credential: ${failure.kind}${hint}`, options)
    this.failure = failure
  }
}
