/**
 * Scripted faults for the next requests to a route. Faults apply in the order in which they were added, each once or as
 * often as stated.
 *
 * ```ts
 * import * as Soniox from "@tempcred/emulator/Soniox"
 *
 * const soniox = Soniox.make()
 * soniox.faults.add(Soniox.mintRoute, { status: 503 })
 * soniox.faults.add(Soniox.mintRoute, Soniox.mintFault("internal_error"), 2)
 * const mint = () => soniox.handle(new Request("https://api.soniox.com/v1/auth/temporary-api-key", { method: "POST" }))
 * const statuses = [await mint(), await mint(), await mint(), await mint()].map(({ status }) => status)
 * console.log(statuses) // => [ 503, 500, 500, 401 ]
 * ```
 *
 * @since 0.1.0
 */

/**
 * A fault, as plain data.
 *
 * @category models
 * @since 0.1.0
 */
export type Fault =
  /** Answers in the vendor's place, with this body or none. */
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  /** Waits for a number of milliseconds, then answers as usual. */
  | { readonly delay: number }
  /** Drops the connection without an answer. */
  | { readonly reset: true }
  /** Never answers. */
  | { readonly hang: true }
  /**
   * Drops the connection after a number of bytes of the usual body; on a WebSocket, before the message that exceeds it.
   */
  | { readonly cut: number }
  /** Sends one byte of the usual body every so many milliseconds. */
  | { readonly drip: number }
  /** Answers 200 with invalid JSON. */
  | { readonly garbage: true }
  /** Answers 200 with a web page, as a login proxy does. */
  | { readonly html: true }
  /** Answers 200 with a JSON body of this number of bytes, at least 11. */
  | { readonly fill: number }
  /** Answers 307 with this address. */
  | { readonly redirect: string }

/**
 * The scripted faults of one emulator.
 *
 * @category models
 * @since 0.1.0
 */
export interface Faults {
  /**
   * Adds a fault for the next requests to a route such as `"POST /v1/api_keys"`, or to the path of a WebSocket.
   * @default 1
   */
  readonly add: (route: string, fault: Fault, times?: number) => void
  /** Removes the faults that have not been used. */
  readonly clear: () => void
}

/**
 * The error of a connection that a fault drops. A mount turns it into a reset of its transport.
 *
 * @category errors
 * @since 0.1.0
 */
export class ConnectionReset extends Error {
  override readonly name = "ConnectionReset"
  constructor() {
    super("a fault reset this connection")
  }
}
