/** Measures audio by its length, and turns that length into words. */

/** The length of one word, in milliseconds of audio. */
export const wordMilliseconds = 300

// The assumption for containers other than WAVE: 16 kHz, mono, two bytes a sample.
const assumedBytesPerSecond = 32_000
const longestHeader = 65_536

/** A vendor's name for raw samples, such as `pcm_s16le` or `mulaw`. */
export type Encoding =
  | `pcm_${"s" | "u" | "f"}${8 | 16 | 24 | 32 | 64}${"" | "le" | "be"}`
  | `${"" | "pcm_"}${"mulaw" | "alaw"}`

/** Raw samples, or a file: RIFF/WAVE files state their format, others count as 32,000 bytes per second. */
export type Format = "file" | { readonly encoding: Encoding; readonly sampleRate: number; readonly channels: number }

/** A running measure of audio. */
export interface Meter {
  readonly add: (bytes: Uint8Array) => void
  /** The whole milliseconds of audio so far. */
  readonly milliseconds: () => number
}

/** A word and its place in the audio. */
export interface Word {
  readonly word: string
  readonly startMilliseconds: number
  readonly endMilliseconds: number
}

/** Tells whether a vendor's name of a format stands for raw samples. */
export const isEncoding = (name: string): name is Encoding =>
  /^(pcm_[suf](8|16|24|32|64)(le|be)?|(pcm_)?(mulaw|alaw))$/.test(name)

/** Makes a meter at zero. */
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

/** Repeats the text for this length of audio; a word counts once all of its audio was heard. */
export const spoken = (text: ReadonlyArray<string>, milliseconds: number): ReadonlyArray<Word> =>
  text.length === 0
    ? []
    : Array.from({ length: Math.floor(milliseconds / wordMilliseconds) }, (_, index) => ({
        word: text[index % text.length] ?? "",
        startMilliseconds: index * wordMilliseconds,
        endMilliseconds: (index + 1) * wordMilliseconds
      }))

/** Makes the RIFF/WAVE header of mono signed 16-bit little-endian samples; without a length, that of a stream. */
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

/** Joins pieces of bytes into one. */
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

// Returns undefined while more bytes may still tell.
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
