/** The error of a source. `error.failure.kind` distinguishes its reasons. */
import type { Problem } from "./Credential.ts"

/**
 * The reason of an error:
 *
 * - The endpoint refused: `"unauthenticated"` (401), `"forbidden"` by its policy (403), `"limited"` (429), `"invalid"`
 *   request (any other 4xx), or `"unavailable"` (408 and 5xx).
 * - `"redirected"`: the endpoint answered with a redirect, which is not followed, as it could send the user's headers
 *   elsewhere. Set `endpoint` to the final URL; usual causes are a trailing slash and `http` instead of `https`. The
 *   status is 0 in a browser, which hides it.
 * - `"garbled"`: the response is not a credential, or one that has expired, was refused, or was already used and is
 *   single-use.
 * - `"network"`: there was no response within ten seconds.
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
 * The error of a missing credential. It contains no token, header or request, so it can be logged. Its `cause` is the
 * error of `fetch`, if any, such as a `TypeError` for an invalid URL.
 */
export class SourceError extends Error {
  declare readonly failure: Failure
  constructor(failure: Failure, options?: ErrorOptions) {
    const hint = failure.kind === "redirected" ? ": set endpoint to its final URL (trailing slash? https?)" : ""
    super(`no credential: ${failure.kind}${hint}`, options)
    this.failure = failure
  }
}
