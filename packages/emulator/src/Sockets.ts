/** The open WebSockets of one emulator. Each sends JSON or bytes, closes once, and cancels its alarms then. */
import type { Clock, Peer, Session } from "./Emulator.ts"

/** One WebSocket; after its close, its methods do nothing. */
export interface Socket {
  /** Sends a message of JSON. */
  readonly send: (frame: object) => void
  /** Sends a binary message. */
  readonly sendBytes: (bytes: Uint8Array) => void
  readonly close: (code: number, reason?: string) => void
  /** Sets or replaces a named alarm, in milliseconds from now. */
  readonly alarm: (name: string, milliseconds: number, run: () => void) => void
}

/** The vendor's handlers of a WebSocket. */
export interface Handlers {
  readonly opened: () => void
  readonly message: (data: string | Uint8Array) => void
}

/** The WebSockets of one emulator. */
export interface Sockets {
  /** Returns the number of open ones. */
  readonly size: () => number
  /** Makes the session of one upgrade, with this subprotocol in the response, if any. */
  readonly session: (handlersOf: (socket: Socket) => Handlers, protocol?: string) => Session
}

/** Makes an empty set of WebSockets. */
export const make = (clock: Clock): Sockets => {
  const open = new Set<Socket>()
  return {
    size: () => open.size,
    session: (handlersOf, protocol) => {
      let peer: Peer | undefined
      const alarms = new Map<string, () => void>()
      const end = () => {
        peer = undefined
        open.delete(socket)
        for (const cancel of alarms.values()) cancel()
        alarms.clear()
      }
      const socket: Socket = {
        send: (frame) => peer?.send(JSON.stringify(frame)),
        sendBytes: (bytes) => peer?.send(bytes),
        close: (code, reason) => {
          const closing = peer
          end()
          closing?.close(code, reason)
        },
        alarm: (name, milliseconds, run) => {
          alarms.get(name)?.()
          if (peer !== undefined) alarms.set(name, clock.after(milliseconds, run))
        }
      }
      const handlers = handlersOf(socket)
      return {
        ...(protocol === undefined ? {} : { protocol }),
        open: (opened) => {
          peer = opened
          open.add(socket)
          handlers.opened()
        },
        message: (data) => {
          if (peer !== undefined) handlers.message(data)
        },
        closed: end
      }
    }
  }
}

/** Returns the subprotocols that an upgrade offers, in their order. */
export const protocolsOf = (headers: Headers): ReadonlyArray<string> =>
  (headers.get("sec-websocket-protocol") ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "")
