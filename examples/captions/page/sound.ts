/**
 * Audio as pieces of 100 ms, in signed 16-bit samples of one channel: from a microphone, or from the recording, which
 * also plays.
 */
import captureUrl from "./capture.worklet.ts?worker&url"

export const piecesPerSecond = 10

interface Piece {
  readonly samples: ArrayBuffer
  /** The volume, 0 to 1. */
  readonly level: number
}

export interface Sound {
  readonly sampleRate: number
  /** Delivers pieces from now on. */
  readonly listen: (deliver: (piece: Piece) => void) => void
  /** Resolves after the last piece: at the end of the recording, or after `stop`. */
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

/** Turns off the processing for calls, which makes recognition worse. */
const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false }

/**
 * Opens the microphone; rejects with the browser's error if there is none or it is not permitted. Calls `lost` when
 * the device disappears.
 */
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
