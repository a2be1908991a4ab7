/** Tracks the open WebSockets of an emulator, and cuts one after a number of bytes. */
import type { Peer, Session } from "./Session.ts"

/**
 * Wraps a session: its peer is in the set while it is open, and is cut before it has sent more than `cutAfter` bytes.
 */
export const tracked = (session: Session, open: Set<Peer>, cutAfter: number): Session => {
  let own: Peer | undefined
  return {
    ...(session.protocol === undefined ? {} : { protocol: session.protocol }),
    open: (peer) => {
      own = limited(peer, cutAfter)
      open.add(own)
      session.open(own)
    },
    message: session.message,
    closed: () => {
      if (own !== undefined) open.delete(own)
      session.closed()
    }
  }
}

const limited = (peer: Peer, bytes: number): Peer => {
  let left = bytes
  return {
    ...peer,
    send: (data) => {
      left -= data.length
      if (left < 0) peer.destroy()
      else peer.send(data)
    }
  }
}
