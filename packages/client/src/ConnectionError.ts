/** The error of a WebSocket that did not open; `error.failure.kind` is the reason. */

/**
 * The reason why a WebSocket did not open:
 *
 * - `"refused"`: the handshake failed. The host was not reached, or the vendor refused the credential or a parameter.
 *   Browsers do not distinguish them.
 * - `"closed"`: it was closed before it was open, with the code and the reason of the close frame.
 * - `"timedOut"`: it was not open in time.
 * - `"aborted"`: the caller's signal stopped the wait for the credential or the socket; its reason is the `cause`.
 */
export type ConnectionFailure =
  | { readonly kind: "refused" | "timedOut" | "aborted" }
  | { readonly kind: "closed"; readonly code: number; readonly reason: string }

/** The error of `open`. It contains no token and no URL, so it can be logged. */
export class ConnectionError extends Error {
  declare readonly failure: ConnectionFailure
  constructor(failure: ConnectionFailure, options?: ErrorOptions) {
    super(`no connection: ${failure.kind}`, options)
    this.failure = failure
  }
}
