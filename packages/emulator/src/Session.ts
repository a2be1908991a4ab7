/** The two ends of a WebSocket between a client and an emulated vendor. */

/** The client's end of a WebSocket, as a session sees it. */
export interface Peer {
  /** Sends one message: text, or bytes. */
  readonly send: (data: string | Uint8Array) => void
  /** Closes with this code and reason. */
  readonly close: (code: number, reason?: string) => void
  /** Cuts the connection without a close frame. */
  readonly destroy: () => void
}

/** The vendor's end of one accepted WebSocket. */
export interface Session {
  /** The subprotocol that the vendor chose, if any. */
  readonly protocol?: string
  /** Starts the session. */
  readonly open: (peer: Peer) => void
  /** Takes one message of the client. */
  readonly message: (data: string | Uint8Array) => void
  /** Ends the session once the connection is gone, by either side; called once. */
  readonly closed: () => void
}
