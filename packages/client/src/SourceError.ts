/**
 * The one error of a source, with what went wrong as a small union: `error.failure.kind` tells its members apart.
 *
 * @since 0.1.0
 */
import type { Problem } from "./Credential.ts"

/**
 * What went wrong. The endpoint refused: it does not know who is asking (`"unauthenticated"`, 401), its policy does not allow it (`"forbidden"`, 403), too
 * much was asked (`"limited"`, 429), the request is at fault (`"invalid"`, any other 4xx), or it cannot answer now (`"unavailable"`, 408 and 5xx). Or it
 * answered with what is no credential or with one that was over (`"garbled"`), or not at all within ten seconds (`"network"`). `retryAfter` is in seconds, from
 * a `Retry-After` in seconds or else from the problem.
 *
 * @category models
 * @since 0.1.0
 */
export type Failure =
  | {
      readonly kind: "unauthenticated" | "forbidden" | "limited" | "invalid" | "unavailable" | "garbled"
      readonly status: number
      readonly problem: Problem | undefined
      readonly retryAfter: number | undefined
    }
  | { readonly kind: "network"; readonly retryAfter: number }

/**
 * There is no credential. It holds no token, no header and no request, so it can be logged; its `cause` is what `fetch` threw, where it did, such as a `TypeError`
 * for a URL that is none.
 *
 * @category errors
 * @since 0.1.0
 */
export class SourceError extends Error {
  declare readonly failure: Failure
  constructor(failure: Failure, options?: ErrorOptions) {
    super(`no credential: ${failure.kind}`, options)
    this.failure = failure
  }
}
