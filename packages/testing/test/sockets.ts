/** A WebSocket for tests. */

/** A message of the vendor. */
type Frame = Readonly<Record<string, unknown>>

interface Close {
  readonly code: number
  readonly reason: string
}

export interface Dialled {
  readonly socket: WebSocket
  readonly frames: ReadonlyArray<Frame>
  /** The names of the events so far, but for messages. */
  readonly events: ReadonlyArray<string>
  /** Sends text, bytes, or a value as JSON. */
  readonly say: (message: string | Uint8Array<ArrayBuffer> | Blob | object) => void
  readonly opened: Promise<void>
  readonly closed: Promise<Close>
  /** Waits for the first frame, past or to come, that fits. */
  readonly heard: (fits: (frame: Frame) => boolean) => Promise<Frame>
}

export const dial = (url: string, protocols: ReadonlyArray<string> = []): Dialled => {
  const socket = new WebSocket(url, [...protocols])
  const frames: Array<Frame> = []
  const events: Array<string> = []
  const listeners = new Set<() => void>()
  for (const name of ["open", "error", "close"]) socket.addEventListener(name, () => events.push(name))
  socket.addEventListener("message", ({ data }) => {
    frames.push(JSON.parse(data))
    for (const listener of listeners) listener()
  })
  const opened = new Promise<void>((resolve) => socket.addEventListener("open", () => resolve()))
  const closed = new Promise<Close>((resolve) =>
    socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason }))
  )
  return {
    socket,
    frames,
    events,
    say: (message) => {
      const isData = typeof message === "string" || message instanceof Uint8Array || message instanceof Blob
      socket.send(isData ? message : JSON.stringify(message))
    },
    opened,
    closed,
    heard: (fits) =>
      new Promise((resolve) => {
        const look = () => {
          const frame = frames.find(fits)
          if (frame === undefined) return
          listeners.delete(look)
          resolve(frame)
        }
        listeners.add(look)
        look()
      })
  }
}
