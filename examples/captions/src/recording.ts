/** The recording: one spoken sentence, repeated with a pause after each. It lasts 27 seconds. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { Speech } from "tempcred/emulator"

const file = join(import.meta.dirname, "../../demo/speech.wav")
const sampleRate = 16_000
const headerBytes = 44

const repetitions = 5

/** The number of words that fit into a pause. The emulators hear a word in each 300 ms. */
const pauseWords = 2
const wordMilliseconds = 300

const [first = "", ...others] = Speech.words

/** The words of the recording, for the emulators. A word without letters is a pause. */
export const words: ReadonlyArray<string> = [
  first.charAt(0).toUpperCase() + first.slice(1),
  ...others.slice(0, -1),
  `${others.at(-1)}.`,
  ...Array.from({ length: pauseWords }, () => "")
]

/** Makes the recording as a WAVE file. */
export const recording = async (): Promise<Uint8Array> => {
  const sentence = (await readFile(file)).subarray(headerBytes)
  const length = (words.length * wordMilliseconds * sampleRate * 2) / 1000
  const samples = new Uint8Array(length * repetitions)
  for (let at = 0; at < samples.length; at += length) samples.set(sentence, at)
  return Speech.wav(samples, sampleRate)
}
