/**
 * Speech without a model: audio becomes words by its length alone, and text becomes a tone by its length alone.
 * The same bytes give the same words, however they are divided into messages.
 *
 * ```ts
 * import * as Speech from "@tempcred/emulator/Speech"
 *
 * const recording = Speech.wav(Speech.tone("hello", 16_000), 16_000)
 * console.log(recording.length) // => 9644
 * ```
 *
 * @since 0.1.0
 */

import { joined, wavHeader } from "./Audio.ts"

export { joined } from "./Audio.ts"

/**
 * The default transcript; longer audio repeats it.
 *
 * @category constants
 * @since 0.1.0
 */
export const words: ReadonlyArray<string> =
  "the long key stays at home and only a short lived one travels to the browser".split(" ")

const characterMilliseconds = 60
const toneHertz = 440
const toneAmplitude = 8_000

/**
 * Makes the sound of a text: mono signed 16-bit little-endian samples, 60 ms for every character.
 *
 * @category constructors
 * @since 0.1.0
 */
export const tone = (text: string, sampleRate: number): Uint8Array<ArrayBuffer> => {
  const samples = Math.round((text.length * characterMilliseconds * sampleRate) / 1000)
  const view = new DataView(new ArrayBuffer(samples * 2))
  for (let index = 0; index < samples; index += 1) {
    const angle = (2 * Math.PI * toneHertz * index) / sampleRate
    view.setInt16(index * 2, Math.round(toneAmplitude * Math.sin(angle)), true)
  }
  return new Uint8Array(view.buffer)
}

/**
 * Wraps mono signed 16-bit little-endian samples as a RIFF/WAVE file.
 *
 * @category combinators
 * @since 0.1.0
 */
export const wav = (samples: Uint8Array, sampleRate: number): Uint8Array<ArrayBuffer> =>
  joined([wavHeader(sampleRate, samples.length), samples])
