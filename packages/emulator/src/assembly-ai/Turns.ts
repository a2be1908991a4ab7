/**
 * The turns of a transcription. A turn grows until the end of the text, and its newest word can still change.
 *
 * https://www.assemblyai.com/docs/streaming/universal-streaming/turn-detection (read 2026-11-21)
 */
import * as Audio from "../Audio.ts"

const confidence = 0.98

/** The turns of one session. */
export interface Turns {
  /** Takes audio, and returns the messages that follow. */
  readonly hear: (audio: Uint8Array) => ReadonlyArray<object>
  /** Ends the current turn; returns no message if there is none. */
  readonly end: () => ReadonlyArray<object>
  readonly milliseconds: () => number
}

/** Makes the turns of a new session. */
export const make = (text: ReadonlyArray<string>, format: Audio.Format, formatted: boolean): Turns => {
  const meter = Audio.meter(format)
  let order = 0
  let start = 0
  let told = 0
  const turn = (words: ReadonlyArray<Audio.Word>, ends: boolean): object => {
    const settled = ends ? words : words.slice(0, -1)
    const transcript = settled.map(({ word }) => word).join(" ")
    return {
      type: "Turn",
      turn_order: order,
      turn_is_formatted: formatted && ends,
      end_of_turn: ends,
      transcript,
      utterance: ends ? transcript : "",
      end_of_turn_confidence: ends ? confidence : 0.01,
      words: words.map(({ endMilliseconds, startMilliseconds, word }, index) => ({
        start: startMilliseconds,
        end: endMilliseconds,
        text: word,
        confidence,
        word_is_final: index < settled.length
      }))
    }
  }
  const close = (words: ReadonlyArray<Audio.Word>, until: number): object => {
    const closed = turn(words.slice(start, until), true)
    order += 1
    start = until
    return closed
  }
  return {
    hear: (audio) => {
      meter.add(audio)
      const words = Audio.spoken(text, meter.milliseconds())
      if (words.length === told) return []
      told = words.length
      const turns: Array<object> = []
      const nextEnd = () => start + text.length - (start % text.length)
      while (nextEnd() <= words.length) turns.push(close(words, nextEnd()))
      return start < words.length ? [...turns, turn(words.slice(start), false)] : turns
    },
    end: () => {
      const words = Audio.spoken(text, meter.milliseconds())
      return start < words.length ? [close(words, words.length)] : []
    },
    milliseconds: meter.milliseconds
  }
}
