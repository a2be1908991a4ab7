/**
 * The results of a transcription: phrases of a few words. Each is final once it is complete; interim results are sent
 * only on request.
 */
import type { Call } from "../Emulator.ts"
import * as Audio from "../Audio.ts"
import { type Failure, invalidQuery } from "./Failures.ts"

const longestPhrase = 5
const confidence = 0.98

/** The query parameters that the emulator supports. */
export interface Query {
  readonly model: string
  readonly format: Audio.Format
  readonly channels: number
  readonly interim: boolean
}

/**
 * Reads the query of a transcription.
 *
 * https://developers.deepgram.com/reference/speech-to-text/listen-streaming (read 2026-11-21)
 */
export const readQuery = ({ url }: Call): Query | Failure => {
  const { searchParams } = url
  const encoding = encodings.get(searchParams.get("encoding") ?? "")
  const sampleRate = searchParams.get("sample_rate") ?? (encoding === undefined ? "16000" : undefined)
  const channels = searchParams.get("channels") ?? "1"
  if (sampleRate === undefined) return invalidQuery("missing field `sample_rate`")
  if (!/^[1-9]\d*$/.test(sampleRate) || !/^[1-9]\d*$/.test(channels)) {
    return invalidQuery("invalid digit found in string")
  }
  return {
    model: searchParams.get("model") ?? "base-general",
    format: encoding === undefined ? "file" : { encoding, sampleRate: Number(sampleRate), channels: Number(channels) },
    channels: Number(channels),
    interim: searchParams.get("interim_results") === "true"
  }
}

const encodings = new Map<string, Audio.Encoding>([
  ["linear16", "pcm_s16le"],
  ["linear32", "pcm_s32le"],
  ["mulaw", "mulaw"],
  ["alaw", "alaw"]
])

/** Words of a transcript, which can change until they are final. */
export interface Segment {
  readonly words: ReadonlyArray<Audio.Word>
  readonly isFinal: boolean
  /** True at the end of an utterance, which is the end of the text. */
  readonly speechFinal: boolean
}

/** A transcription in progress. */
export interface Transcript {
  readonly hear: (audio: Uint8Array) => ReadonlyArray<Segment>
  /** Makes the remaining words final, if any. */
  readonly flush: () => ReadonlyArray<Segment>
  readonly seconds: () => number
}

/** Makes an empty transcript. */
export const make = (text: ReadonlyArray<string>, query: Query): Transcript => {
  const meter = Audio.meter(query.format)
  let settled = 0
  let told = 0
  const spoken = () => Audio.spoken(text, meter.milliseconds())
  const settle = (words: ReadonlyArray<Audio.Word>, end: number): Segment => {
    const segment = { words: words.slice(settled, end), isFinal: true, speechFinal: end % text.length === 0 }
    settled = end
    return segment
  }
  return {
    hear: (audio) => {
      meter.add(audio)
      const words = spoken()
      if (words.length === told) return []
      told = words.length
      const segments: Array<Segment> = []
      const nextEnd = () => Math.min(settled + longestPhrase, settled + text.length - (settled % text.length))
      while (nextEnd() <= words.length) segments.push(settle(words, nextEnd()))
      if (query.interim && settled < words.length) {
        segments.push({ words: words.slice(settled), isFinal: false, speechFinal: false })
      }
      return segments
    },
    flush: () => {
      const words = spoken()
      return settled < words.length ? [settle(words, words.length)] : []
    },
    seconds: () => meter.milliseconds() / 1000
  }
}

/** Formats words as the vendor does, with times in seconds. */
export const alternativeOf = (words: ReadonlyArray<Audio.Word>) => ({
  transcript: words.map(({ word }) => word).join(" "),
  confidence: words.length === 0 ? 0 : confidence,
  words: words.map(({ endMilliseconds, startMilliseconds, word }) => ({
    word,
    start: startMilliseconds / 1000,
    end: endMilliseconds / 1000,
    confidence
  }))
})
