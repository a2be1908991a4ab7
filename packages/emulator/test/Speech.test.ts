import { assert, describe, it } from "vitest"
import * as Audio from "../src/Audio.ts"
import * as Speech from "../src/Speech.ts"

const inPieces = (bytes: Uint8Array, length: number): ReadonlyArray<Uint8Array> =>
  Array.from({ length: Math.ceil(bytes.length / length) }, (_, index) =>
    bytes.subarray(index * length, (index + 1) * length)
  )

describe("meter", () => {
  it.each([
    ["pcm_s16le", 32_000],
    ["pcm_f32le", 64_000],
    ["pcm_s24be", 48_000],
    ["pcm_u8", 16_000],
    ["mulaw", 16_000],
    ["pcm_alaw", 16_000]
  ] as const)("measures a second of %s", (encoding, bytes) => {
    const meter = Audio.meter({ encoding, sampleRate: 16_000, channels: 1 })
    meter.add(new Uint8Array(bytes))
    assert.strictEqual(meter.milliseconds(), 1000)
  })

  it("counts all channels", () => {
    const meter = Audio.meter({ encoding: "pcm_s16le", sampleRate: 8000, channels: 2 })
    meter.add(new Uint8Array(32_000))
    assert.strictEqual(meter.milliseconds(), 1000)
  })

  it.each([1, 7, 43, 44, 45, 5000])("reads the header of a wav in pieces of %i bytes", (length) => {
    const meter = Audio.meter("file")
    for (const piece of inPieces(Speech.wav(Speech.tone("x".repeat(10), 8000), 8000), length)) meter.add(piece)
    assert.strictEqual(meter.milliseconds(), 600)
  })

  it("skips what else a wav may hold before its samples", () => {
    const [plain, samples] = [Audio.wavHeader(8000, 16_000), new Uint8Array(16_000)]
    const list = new Uint8Array(8 + 4)
    list.set(new TextEncoder().encode("LIST"))
    list[4] = 3
    const meter = Audio.meter("file")
    meter.add(Audio.joined([plain.subarray(0, 36), list, plain.subarray(36), samples]))
    assert.strictEqual(meter.milliseconds(), 1000)
  })

  it("takes any other file for 32,000 bytes a second", () => {
    const meter = Audio.meter("file")
    for (const piece of inPieces(new Uint8Array(16_000), 3)) meter.add(piece)
    assert.strictEqual(meter.milliseconds(), 500)
  })

  it("gives up on a wav whose samples never begin", () => {
    const meter = Audio.meter("file")
    meter.add(Audio.wavHeader(8000).subarray(0, 36))
    assert.strictEqual(meter.milliseconds(), 0)
    meter.add(new Uint8Array(96_000 - 36).fill(1))
    assert.strictEqual(meter.milliseconds(), 3000)
  })
})

describe("isEncoding", () => {
  it("knows raw samples by their name", () => {
    for (const name of ["pcm_s16le", "pcm_u8", "pcm_f64be", "mulaw", "pcm_alaw"]) assert.isTrue(Audio.isEncoding(name))
    for (const name of ["wav", "auto", "mp3", "pcm", "pcm_s16me"]) assert.isFalse(Audio.isEncoding(name))
  })
})

describe("spoken", () => {
  it("holds the words whose audio is complete", () => {
    assert.deepStrictEqual(Audio.spoken(["one", "two"], 599), [
      { word: "one", startMilliseconds: 0, endMilliseconds: 300 }
    ])
  })

  it("begins again after the last word", () => {
    const words = Audio.spoken(["one", "two"], 1500).map(({ word }) => word)
    assert.deepStrictEqual(words, ["one", "two", "one", "two", "one"])
  })

  it("says nothing where there is no text", () => {
    assert.isEmpty(Audio.spoken([], 1000))
  })
})

describe("tone", () => {
  it("grows with the text and is always the same", () => {
    assert.lengthOf(Speech.tone("12345", 16_000), 300 * 16 * 2)
    assert.isEmpty(Speech.tone("", 16_000))
    assert.deepStrictEqual(Speech.tone("again", 8000), Speech.tone("again", 8000))
    assert.isTrue(Speech.tone("loud", 8000).some((byte) => byte !== 0))
  })
})

describe("wav", () => {
  it("states its own length", () => {
    const file = Speech.wav(new Uint8Array(100), 16_000)
    const view = new DataView(file.buffer)
    assert.strictEqual(view.getUint32(4, true), file.length - 8)
    assert.strictEqual(view.getUint32(40, true), 100)
    assert.strictEqual(view.getUint32(24, true), 16_000)
  })
})
