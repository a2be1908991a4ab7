/**
 * Scripted faults: what a test makes the next requests to a route suffer, each once and in the order in which they were
 * added, unless it is told how often.
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
 * One fault, as plain data.
 *
 * @category models
 * @since 0.1.0
 */
export type Fault =
  /** Answers in the vendor's place, with this body or none. */
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  /** Waits so many milliseconds, then answers as usual. */
  | { readonly delay: number }
  /** Drops the connection without an answer. */
  | { readonly reset: true }
  /** Never answers. */
  | { readonly hang: true }
  /** Drops the connection after so many bytes of the usual body; on a socket, before the message that exceeds them. */
  | { readonly cut: number }
  /** Sends the usual body one byte in so many milliseconds. */
  | { readonly drip: number }
  /** Answers 200 with a body that says it is JSON and is none. */
  | { readonly garbage: true }
  /** Answers 200 with a web page, as a login proxy does. */
  | { readonly html: true }
  /** Answers 200 with a JSON body of so many bytes, 11 at least. */
  | { readonly fill: number }
  /** Answers 307 to this address. */
  | { readonly redirect: string }

/**
 * The script of one emulator.
 *
 * @category models
 * @since 0.1.0
 */
export interface Faults {
  /** Adds a fault to a route such as `"POST /v1/api_keys"` or to a socket's path, for so many requests. @default 1 */
  readonly add: (route: string, fault: Fault, times?: number) => void
  /** Removes the faults that have not been used. */
  readonly clear: () => void
}

/**
 * The connection is dropped without an answer; a mount turns it into what its transport calls a reset.
 *
 * @category errors
 * @since 0.1.0
 */
export class ConnectionReset extends Error {
  override readonly name = "ConnectionReset"
  constructor() {
    super("the emulator was told to reset this connection")
  }
}
