/** The options and the result of the hook. */
import type { OpenOptions } from "../Connect.ts"
import type { ConnectionFailure } from "../ConnectionError.ts"
import type { PrefetchOptions, Source } from "../Source.ts"
import type { Failure } from "../SourceError.ts"

/** The part of a source that the hook uses; a test can replace it. */
export type Credentials = Pick<Source, "open" | "prefetch">

/**
 * The state of a connection:
 *
 * - `"idle"`: there is none, and `start` makes one.
 * - `"connecting"`: it waits for the credential or the socket.
 * - `"open"`: `socket` is open.
 * - `"closed"`: the vendor or the network closed the open socket, with the code and the reason of the close frame.
 * - `"failed"`: it did not open. `failure` is the reason in an error of the client, and `undefined` in any other `error`,
 *   such as one of the app's own `headers`.
 */
export type ConnectionState =
  | { readonly status: "idle" | "connecting" }
  | { readonly status: "open"; readonly socket: WebSocket }
  | { readonly status: "closed"; readonly code: number; readonly reason: string }
  | {
      readonly status: "failed"
      readonly error: Error
      readonly failure: Failure | ConnectionFailure | undefined
    }

/** The state of a connection, and its controls. Their identity is stable; the object changes with the state. */
export type UseConnectionResult = ConnectionState & {
  /** Connects with a new credential. It does nothing while a connection is pending or open. */
  readonly start: () => void
  /** Closes the connection, or stops connecting. The state is `"idle"` at once, and no further message arrives. */
  readonly stop: () => void
}

/** Options of the hook. Literals and inline functions are fine. */
export interface UseConnectionOptions extends Omit<OpenOptions, "signal"> {
  /** Connects when the component mounts, and again when the request changes. @default false */
  readonly autoStart?: boolean | undefined
  /**
   * Requests the credential when the component mounts, and again when a connection has ended, so that `start` needs
   * only the socket. Options are those of `prefetch` of a source.
   *
   * @default false
   */
  readonly prefetch?: boolean | PrefetchOptions | undefined
  /** Called once for each open socket, before its first message: set `binaryType` here. */
  readonly onOpen?: ((socket: WebSocket) => void) | undefined
  /** Called for each message. It misses none, and need not be memoized. */
  readonly onMessage?: ((message: MessageEvent<string | ArrayBuffer | Blob>) => void) | undefined
}
