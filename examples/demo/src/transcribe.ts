/** Opens the connection of a credential as a browser would, streams a recording, and resolves to the words. */
import type { Credential } from "tempcred"
import { open } from "tempcred/client"
import { type Dialect, dialects } from "./dialects.ts"

/** 100 ms of the recording: 16 kHz, 16 bits, one channel. */
const chunkBytes = 3200

export interface Recording {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** The speed of the stream: 1 is real time. */
  readonly speed: number
}

/** Rejects with the vendor's error. */
export const transcribe = async (credential: Credential, recording: Recording): Promise<string> => {
  const dialect = dialects[credential.provider]
  if (dialect === undefined) throw new Error(`the demo does not know the messages of ${credential.provider}`)
  const socket = await open(credential.toClient(), { first: dialect.start })
  try {
    return await heard(socket, dialect, recording)
  } finally {
    socket.close()
  }
}

/** Streams the recording, and collects the words until the vendor's last message. */
const heard = (socket: WebSocket, dialect: Dialect, recording: Recording): Promise<string> =>
  new Promise<string>((resolve, reject) => {
    let words = ""
    const fail = (reason: string) => reject(new Error(reason))
    const timer = setTimeout(() => fail("no transcript within a minute"), 60_000)
    socket.addEventListener("message", ({ data }) => {
      const { failure, finished, ready, words: more = "" } = dialect.read(JSON.parse(String(data)))
      if (failure !== undefined) fail(failure)
      if (ready === true) send(socket, dialect, recording)
      words += more
      if (finished === true) resolve(words.trim().replaceAll(/\s+/g, " "))
    })
    socket.addEventListener("close", ({ code, reason }) => {
      clearTimeout(timer)
      fail(`closed with ${code} ${reason}`)
    })
    if (!dialect.waits) send(socket, dialect, recording)
  })

const send = (socket: WebSocket, dialect: Dialect, { bytes, speed }: Recording): void => {
  let sent = 0
  const stream = setInterval(() => {
    const chunk = bytes.slice(sent * chunkBytes, (sent + 1) * chunkBytes)
    if (chunk.length > 0) {
      socket.send(chunk)
      sent += 1
      return
    }
    clearInterval(stream)
    socket.send(dialect.end(sent))
  }, 100 / speed)
  socket.addEventListener("close", () => clearInterval(stream))
}
