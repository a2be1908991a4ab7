/**
 * What is heard, as pieces of 100 ms of signed 16-bit samples in one channel: a microphone, or the recording, which also plays.
 */
import captureUrl from "./capture.worklet.ts?worker&url"

export const piecesPerSecond = 10

interface Piece {
  readonly samples: ArrayBuffer
  /** How loud it is, 0 to 1. */
  readonly level: number
}

export interface Sound {
  readonly sampleRate: number
  /** Hands over pieces from now on. */
  readonly listen: (deliver: (piece: Piece) => void) => void
  /** All pieces have been handed over: the recording is over, or `stop` was called. */
  readonly ended: Promise<void>
  readonly stop: () => void
}

const captured = async (context: AudioContext, input: AudioNode, release: () => void): Promise<Sound> => {
  await context.audioWorklet.addModule(captureUrl)
  const capture = new AudioWorkletNode(context, "capture", {
    numberOfOutputs: 0,
    channelCount: 1,
    channelCountMode: "explicit"
  })
  const ended = Promise.withResolvers<void>()
  let deliver: ((piece: Piece) => void) | undefined
  let isStopped = false
  capture.port.addEventListener("message", ({ data }: MessageEvent<Piece | "last">) => {
    if (data === "last") ended.resolve()
    else deliver?.(data)
  })
  capture.port.start()
  return {
    sampleRate: context.sampleRate,
    ended: ended.promise,
    listen: (receive) => {
      deliver = receive
      input.connect(capture)
    },
    stop: () => {
      if (isStopped) return
      isStopped = true
      capture.port.postMessage("stop", [])
      release()
      void ended.promise.then(() => context.close())
    }
  }
}

/** What makes calls pleasant for people only costs a recognizer words. */
const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false }

/** Rejects with what the browser says where there is no microphone, or it may not be used; ends when it is lost. */
export const microphone = async (lost: () => void): Promise<Sound> => {
  const context = new AudioContext()
  let tracks: ReadonlyArray<MediaStreamTrack> = []
  const release = () => tracks.forEach((track) => track.stop())
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: raw })
    tracks = stream.getTracks()
    const sound = await captured(context, context.createMediaStreamSource(stream), release)
    for (const track of tracks) {
      track.addEventListener("ended", () => {
        lost()
        sound.stop()
      })
    }
    return sound
  } catch (error) {
    release()
    void context.close()
    throw error
  }
}

export const recording = async (): Promise<Sound> => {
  const context = new AudioContext()
  try {
    const response = await fetch("/demo/speech.wav")
    if (!response.ok) throw new Error(`the backend answered ${response.status}`)
    const input = context.createBufferSource()
    input.buffer = await context.decodeAudioData(await response.arrayBuffer())
    input.connect(context.destination)
    const sound = await captured(context, input, () => input.disconnect())
    input.addEventListener("ended", sound.stop)
    return {
      ...sound,
      listen: (deliver) => {
        sound.listen(deliver)
        input.start()
      }
    }
  } catch (error) {
    void context.close()
    throw error
  }
}
