/** A connection to a vendor, from its credential to its end. */
import { ConnectionError, open, type Credential } from "tempcred/client"
import type { Bridge, Failure, Heard } from "./bridges/bridge.ts"
import { bridges } from "./bridges/bridges.ts"
import { piecesPerSecond } from "./sound.ts"

export interface Words {
  readonly final: string
  readonly partial: string
}

export interface Line {
  /** Resolves when audio can be sent, with true; or with false if the connection ended before. */
  readonly ready: Promise<boolean>
  /** Resolves with the reason of the end; undefined for a regular end. */
  readonly ended: Promise<Failure | undefined>
  readonly send: (samples: ArrayBuffer) => void
  /** Ends the audio; the connection ends after the vendor's last message, or after five seconds. */
  readonly finish: () => void
  readonly close: () => void
  /** Returns the audio without final words yet, for the next connection. */
  readonly unheard: () => ReadonlyArray<ArrayBuffer>
}

/** Half a minute of pieces, as silence produces no words either. */
const mostUnheard = 30 * piecesPerSecond

/** The time limits in milliseconds: for the vendor's ready message, and for its last message. */
const patience = { ready: 8000, finished: 5000 }

const unknown = (name: string): Failure => ({ name, passing: true })

const notOpened = ({ failure: { kind } }: ConnectionError): Failure => ({
  name: kind,
  passing: true,
  refused: kind === "refused"
})

const heard = (bridge: Bridge, message: string): Heard => {
  try {
    return bridge.read(message)
  } catch {
    return { failure: unknown("unreadable message") }
  }
}

/** Opens the connection of a credential; throws if the page has no bridge for its vendor. */
export const connect = (credential: Credential, sampleRate: number, hear: (words: Words) => void): Line => {
  const bridge: Bridge | undefined = bridges[credential.provider]
  if (bridge === undefined) throw new TypeError(`there is no bridge to ${credential.provider}`)
  const leaving = new AbortController()
  let socket: WebSocket | undefined
  const ready = Promise.withResolvers<boolean>()
  const ended = Promise.withResolvers<Failure | undefined>()
  let unheard: Array<ArrayBuffer> = []
  let pieces = 0

  const end = (failure?: Failure) => {
    clearTimeout(timer)
    ready.resolve(false)
    ended.resolve(failure)
    leaving.abort()
    socket?.close()
  }
  const start = () => {
    clearTimeout(timer)
    ready.resolve(true)
  }
  let timer = setTimeout(() => end(unknown("timed out")), patience.ready)
  const read = ({ data }: MessageEvent<string>) => {
    const { failure, final, finished, partial, ready: isReady, settled = 0 } = heard(bridge, data)
    if (failure !== undefined) return end(failure)
    if (isReady === true) start()
    const dropped = pieces - unheard.length
    unheard = unheard.slice(Math.max(0, Math.floor(settled * piecesPerSecond) - dropped))
    if (final !== undefined || partial !== undefined) hear({ final: final ?? "", partial: partial ?? "" })
    if (finished === true) end()
  }
  open(credential, { first: bridge.first(sampleRate), signal: leaving.signal }).then(
    (opened) => {
      socket = opened
      if (leaving.signal.aborted) opened.close()
      opened.addEventListener("message", read)
      opened.addEventListener("close", ({ code }) => end(unknown(`closed (${code})`)))
      if (!bridge.waits) start()
    },
    (error: unknown) =>
      end(error instanceof ConnectionError ? notOpened(error) : { name: String(error), passing: false })
  )

  return {
    ready: ready.promise,
    ended: ended.promise,
    send: (samples) => {
      pieces += 1
      unheard = [...unheard.slice(1 - mostUnheard), samples]
      socket?.send(samples)
    },
    finish: () => {
      // Vendors report an error for a session without audio.
      if (socket?.readyState !== WebSocket.OPEN || pieces === 0) return end()
      timer = setTimeout(end, patience.finished)
      socket.send(bridge.last(pieces))
    },
    close: () => end(),
    unheard: () => unheard
  }
}
