/** Names of audio formats, such as `pcm_16000` or `mp3_44100_128`, and the format of words. */
import type * as Audio from "../Audio.ts"

const heard = /^(?:pcm_(8000|16000|22050|24000|44100|48000)|ulaw_(8000))$/

/** Returns the sample format that a realtime API accepts under this name, if any. */
export const samplesOf = (name: string): Exclude<Audio.Format, "file"> | undefined => {
  const [, linear, companded] = heard.exec(name) ?? []
  if (linear !== undefined) return { encoding: "pcm_s16le", sampleRate: Number(linear), channels: 1 }
  return companded === undefined ? undefined : { encoding: "mulaw", sampleRate: Number(companded), channels: 1 }
}

/** Returns the sample rate in the name of any format, if it has one. */
export const sampleRateOf = (name: string): number | undefined => {
  const [, rate] = /^[a-z0-9]+_(\d{4,5})(?:_\d+)?$/.exec(name) ?? []
  return rate === undefined ? undefined : Number(rate)
}

/** Formats words as the vendor does: with the spaces between them, and times in seconds. */
export const timed = (words: ReadonlyArray<Audio.Word>): ReadonlyArray<object> =>
  words.flatMap(({ endMilliseconds, startMilliseconds, word }, index) => {
    const start = startMilliseconds / 1000
    const said = { text: word, start, end: endMilliseconds / 1000, type: "word", logprob: 0 }
    return index === 0 ? [said] : [{ text: " ", start, end: start, type: "spacing", logprob: 0 }, said]
  })

/** Joins words into a text. */
export const textOf = (words: ReadonlyArray<Audio.Word>): string => words.map(({ word }) => word).join(" ")
