/** The tokens of a transcription: a word is sent repeatedly while it can change, and once when it is final. */
import * as Audio from "../Audio.ts"
import type { StartRequest } from "./StartRequest.ts"

// The number of newest words that can still change.
const unsettledWords = 2
const confidence = 0.98

/** A word, or the mark `<end>` or `<fin>`. */
export interface Token {
  readonly text: string
  readonly start_ms?: number
  readonly end_ms?: number
  readonly confidence: number
  readonly is_final: boolean
  readonly speaker?: string
  readonly language?: string
}

/** A message of a transcription. */
export interface Frame {
  readonly tokens: ReadonlyArray<Token>
  readonly final_audio_proc_ms: number
  readonly total_audio_proc_ms: number
}

/** A transcription in progress. */
export interface Transcript {
  /** Takes audio, and returns a frame if there are new words. */
  readonly hear: (audio: Uint8Array) => Frame | undefined
  /** Makes every word so far final. */
  readonly settle: () => Frame
  readonly milliseconds: () => number
  /** Tells whether there was any audio. */
  readonly heard: () => boolean
}

/** Makes an empty transcript. */
export const make = (text: ReadonlyArray<string>, request: StartRequest): Transcript => {
  const meter = Audio.meter(request.format)
  let bytes = 0
  let words = 0
  let settled = 0

  const token = ({ word, startMilliseconds, endMilliseconds }: Audio.Word, isFinal: boolean): Token => ({
    text: startMilliseconds === 0 ? word : ` ${word}`,
    start_ms: startMilliseconds,
    end_ms: endMilliseconds,
    confidence,
    is_final: isFinal,
    ...(request.speakers ? { speaker: "1" } : {}),
    ...(request.language === undefined ? {} : { language: request.language })
  })
  const frame = (settle: boolean): Frame => {
    const said = Audio.spoken(text, meter.milliseconds())
    words = said.length
    // The only pause is at the end of the text, and the turn of the speaker ends there.
    const turn = request.endpoints ? words - (words % Math.max(1, text.length)) : 0
    const final = settle ? words : Math.max(settled, turn, words - unsettledWords)
    const tokens = said.slice(settled).flatMap((word, index) => {
      const ordinal = settled + index + 1
      const turnEnds = request.endpoints && ordinal <= final && ordinal % text.length === 0
      const spoken = token(word, ordinal <= final)
      return turnEnds ? [spoken, mark("<end>")] : [spoken]
    })
    settled = final
    return {
      tokens,
      final_audio_proc_ms: settled * Audio.wordMilliseconds,
      total_audio_proc_ms: meter.milliseconds()
    }
  }

  return {
    hear: (audio) => {
      bytes += audio.length
      meter.add(audio)
      const grown = Math.floor(meter.milliseconds() / Audio.wordMilliseconds) > words
      return grown && text.length > 0 ? frame(false) : undefined
    },
    settle: () => frame(true),
    milliseconds: meter.milliseconds,
    heard: () => bytes > 0
  }
}

/** Makes one of the vendor's marks. */
export const mark = (text: "<end>" | "<fin>"): Token => ({ text, confidence: 1, is_final: true })
