/** Knowing which sockets are open, and cutting one in the middle. */
import type { Peer, Session } from "./Session.ts"

/** The session, whose peer is among the open ones as long as it lasts, and is cut before more bytes than these are sent. */
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
