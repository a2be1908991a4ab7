/**
 * Speech without a model: audio becomes words by its length alone, text becomes a tone by its length alone.
 * The same bytes give the same words, whatever the pieces they arrive in.
 *
 * ```ts
 * import * as Speech from "@tempcred/emulator/Speech"
 *
 * const meter = Speech.meter({ encoding: "pcm_s16le", sampleRate: 16_000, channels: 1 })
 * meter.add(new Uint8Array(20_000))
 * console.log(meter.milliseconds(), Speech.spoken(["hello", "world"], meter.milliseconds())[1])
 * // => 625 { word: 'world', startMilliseconds: 300, endMilliseconds: 600 }
 * ```
 *
 * @since 0.1.0
 */

/**
 * The default transcript; longer audio starts it again.
 *
 * @category constants
 * @since 0.1.0
 */
export const words: ReadonlyArray<string> =
  "the long key stays at home and only a short lived one travels to the browser".split(" ")

/**
 * How long one word lasts, in milliseconds of audio.
 *
 * @category constants
 * @since 0.1.0
 */
export const wordMilliseconds = 300

const characterMilliseconds = 60
const toneHertz = 440
const toneAmplitude = 8_000

// What a container that is not WAVE is taken for: 16 kHz, mono, two bytes a sample.
const assumedBytesPerSecond = 32_000
const longestHeader = 65_536

/**
 * The vendors' name of raw samples, such as `pcm_s16le` or `mulaw`.
 *
 * @category models
 * @since 0.1.0
 */
export type Encoding =
  | `pcm_${"s" | "u" | "f"}${8 | 16 | 24 | 32 | 64}${"" | "le" | "be"}`
  | `${"" | "pcm_"}${"mulaw" | "alaw"}`

/**
 * What audio is made of: raw samples, or a file that says so itself where it is RIFF/WAVE and is taken for 32,000
 * bytes per second where it is not.
 *
 * @category models
 * @since 0.1.0
 */
export type Format = "file" | { readonly encoding: Encoding; readonly sampleRate: number; readonly channels: number }

/**
 * A running measure of audio.
 *
 * @category models
 * @since 0.1.0
 */
export interface Meter {
  readonly add: (bytes: Uint8Array) => void
  /** The whole milliseconds of audio so far. */
  readonly milliseconds: () => number
}

/**
 * A word and where in the audio it lies.
 *
 * @category models
 * @since 0.1.0
 */
export interface Word {
  readonly word: string
  readonly startMilliseconds: number
  readonly endMilliseconds: number
}

/**
 * Tells whether a vendor's name of a format is that of raw samples.
 *
 * @category guards
 * @since 0.1.0
 */
export const isEncoding = (name: string): name is Encoding =>
  /^(pcm_[suf](8|16|24|32|64)(le|be)?|(pcm_)?(mulaw|alaw))$/.test(name)

/**
 * Makes a meter that has heard nothing yet.
 *
 * @category constructors
 * @since 0.1.0
 */
export const meter = (format: Format): Meter => {
  let total = 0
  let opening = new Uint8Array()
  let layout: Layout | undefined =
    format === "file"
      ? undefined
      : { dataAt: 0, bytesPerSecond: sampleBytes(format.encoding) * format.sampleRate * format.channels }
  return {
    add: (bytes) => {
      total += bytes.length
      if (layout !== undefined) return
      opening = joined([opening, bytes])
      layout = readLayout(opening)
    },
    milliseconds: () =>
      layout === undefined ? 0 : Math.max(0, Math.floor(((total - layout.dataAt) * 1000) / layout.bytesPerSecond))
  }
}

/**
 * The words that so much audio contains, the text over and over; a word counts once all of it has been heard.
 *
 * @category combinators
 * @since 0.1.0
 */
export const spoken = (text: ReadonlyArray<string>, milliseconds: number): ReadonlyArray<Word> =>
  text.length === 0
    ? []
    : Array.from({ length: Math.floor(milliseconds / wordMilliseconds) }, (_, index) => ({
        word: text[index % text.length] ?? "",
        startMilliseconds: index * wordMilliseconds,
        endMilliseconds: (index + 1) * wordMilliseconds
      }))

/**
 * The sound of a text: mono signed 16-bit little-endian samples, 60 ms for every character.
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
 * The RIFF/WAVE header of mono signed 16-bit little-endian samples; without a length, that of a stream.
 *
 * @category constructors
 * @since 0.1.0
 */
export const wavHeader = (sampleRate: number, length = 0xffff_ffff - 36): Uint8Array<ArrayBuffer> => {
  const view = new DataView(new ArrayBuffer(44))
  const bytes = new Uint8Array(view.buffer)
  const write = (at: number, name: string) => bytes.set(new TextEncoder().encode(name), at)
  write(0, "RIFF")
  view.setUint32(4, 36 + length, true)
  write(8, "WAVEfmt ")
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, sampleRate, true)
  view.setUint32(28, sampleRate * 2, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  write(36, "data")
  view.setUint32(40, length, true)
  return bytes
}

/**
 * Wraps mono signed 16-bit little-endian samples as a RIFF/WAVE file.
 *
 * @category combinators
 * @since 0.1.0
 */
export const wav = (samples: Uint8Array, sampleRate: number): Uint8Array<ArrayBuffer> =>
  joined([wavHeader(sampleRate, samples.length), samples])

/**
 * Joins pieces of bytes into one.
 *
 * @category combinators
 * @since 0.1.0
 */
export const joined = (pieces: ReadonlyArray<Uint8Array>): Uint8Array<ArrayBuffer> => {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

// The width is in the name, except that both companded laws have eight bits.
const sampleBytes = (encoding: Encoding): number => Number(/\d+/.exec(encoding)?.[0] ?? 8) / 8

interface Layout {
  readonly dataAt: number
  readonly bytesPerSecond: number
}

const assumedLayout: Layout = { dataAt: 0, bytesPerSecond: assumedBytesPerSecond }

// Undefined as long as more bytes may still tell.
const readLayout = (bytes: Uint8Array<ArrayBuffer>): Layout | undefined => {
  const view = new DataView(bytes.buffer)
  const name = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4))
  if (!"RIFF".startsWith(name(0)) || !"WAVE".startsWith(name(8))) return assumedLayout
  let bytesPerSecond = assumedBytesPerSecond
  let at = 12
  while (at + 8 <= bytes.length) {
    if (name(at) === "data") return { dataAt: at + 8, bytesPerSecond }
    if (name(at) === "fmt " && at + 20 <= bytes.length) {
      bytesPerSecond = view.getUint32(at + 16, true) || assumedBytesPerSecond
    }
    at += 8 + view.getUint32(at + 4, true)
    at += at % 2
  }
  return bytes.length > longestHeader ? assumedLayout : undefined
}
