/** Types of an HTTP exchange: the request, the response, and the sending function of a platform. */
import type * as Redacted from "effect/Redacted"

/** A request to a vendor. The key is sent only in a header. */
export interface Outgoing {
  readonly method: "GET" | "POST" | "PUT" | "DELETE"
  readonly url: URL
  readonly key: Redacted.Redacted
  /** @default { name: "authorization", prefix: "Bearer " } */
  readonly keyHeader?: { readonly name: string; readonly prefix: string } | undefined
  /** Further headers, without secrets. */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
  /** The body, sent as JSON. */
  readonly body?: unknown
  /** The body, sent as a form. It replaces `body`. */
  readonly form?: Readonly<Record<string, string | undefined>> | undefined
  /** The maximum size of the response in bytes. @default maxBytes */
  readonly maxBytes?: number | undefined
}

/** A vendor's complete response with any status, and the times of sending and receiving in epoch milliseconds. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly text: string
  readonly sentAt: number
  readonly receivedAt: number
}

/** The default maximum size of a response in bytes: 64 KiB. */
export const maxBytes = 65_536

/**
 * The receiver of a response. If `begin` or `piece` returns false, the platform stops reading and closes
 * the socket.
 */
export interface Receiver {
  /** Receives status and headers. The names of headers are in lowercase letters. */
  readonly begin: (status: number, headers: Answer["headers"]) => boolean
  readonly piece: (bytes: Uint8Array) => boolean
  readonly end: () => void
  /** Ends the exchange without a complete response. Later calls have no effect. */
  readonly fail: (cause: unknown) => void
}

/** A request as a platform sends it: the key is in a header, and the body is text. */
export interface Wire {
  readonly method: Outgoing["method"]
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

/**
 * The sending function of a platform. It starts at once, reports to the receiver, and returns a function that aborts
 * the exchange.
 */
export type Exchange = (wire: Wire, receiver: Receiver) => () => void
