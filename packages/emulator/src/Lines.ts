/** The open WebSockets of one emulator: each is a line that says JSON or audio, closes once, and takes its alarms with it. */
import type { Clock, Peer, Session } from "./Emulator.ts"

/** One open WebSocket; once it is closed, all that is asked of it has no effect. */
export interface Line {
  /** Sends a message of JSON. */
  readonly send: (frame: object) => void
  /** Sends a binary message. */
  readonly sendBytes: (bytes: Uint8Array) => void
  readonly close: (code: number, reason?: string) => void
  /** Sets one of this line's alarms anew, in milliseconds from now. */
  readonly alarm: (name: string, milliseconds: number, run: () => void) => void
}

/** What the vendor does on a line. */
export interface Talk {
  readonly opened: () => void
  readonly message: (data: string | Uint8Array) => void
}

/** The lines of one emulator. */
export interface Lines {
  /** How many are open. */
  readonly size: () => number
  /** Makes the session of one upgrade, which answers with this subprotocol, if any. */
  readonly session: (talk: (line: Line) => Talk, protocol?: string) => Session
}

/** Makes an emulator's lines, none of them open. */
export const make = (clock: Clock): Lines => {
  const open = new Set<Line>()
  return {
    size: () => open.size,
    session: (talkOf, protocol) => {
      let peer: Peer | undefined
      const alarms = new Map<string, () => void>()
      const end = () => {
        peer = undefined
        open.delete(line)
        for (const cancel of alarms.values()) cancel()
        alarms.clear()
      }
      const line: Line = {
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
      const talk = talkOf(line)
      return {
        ...(protocol === undefined ? {} : { protocol }),
        open: (opened) => {
          peer = opened
          open.add(line)
          talk.opened()
        },
        message: (data) => {
          if (peer !== undefined) talk.message(data)
        },
        closed: end
      }
    }
  }
}

/** The subprotocols that an upgrade offers, in their order. */
export const protocolsOf = (headers: Headers): ReadonlyArray<string> =>
  (headers.get("sec-websocket-protocol") ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "")
