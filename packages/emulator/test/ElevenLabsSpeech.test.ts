import { assert, describe, it } from "vitest"
import * as Base64 from "../src/Base64.ts"
import * as Speech from "../src/Speech.ts"
import { keyed, mint, setUp, speak } from "./eleven-labs.ts"
import { dial } from "./support.ts"

const refused = { message: "Invalid API key", error: "invalid_api_key", code: 1008 }

const open = async (query = "") => {
  const { clock, emulator } = setUp()
  return { clock, emulator, socket: await speak(emulator, query, keyed(emulator.apiKey)) }
}

describe("authentication of text to speech", () => {
  it("accepts the key in a header, and a token in the query once", async () => {
    const { emulator } = setUp()
    const token = await mint(emulator, "tts_websocket")
    for (const socket of [
      await speak(emulator, `?single_use_token=${token}`),
      await speak(emulator, "", keyed(emulator.apiKey))
    ]) {
      socket.send({ text: "Hello ", flush: true })
      assert.isString(socket.frames[0]?.audio)
    }
    const again = await speak(emulator, `?single_use_token=${token}`)
    assert.deepStrictEqual([again.frames, again.code()], [[refused], 1008])
  })

  it.each(["xi_api_key", "xi-api-key"])("accepts the key in the first message, as %s", async (name) => {
    const { emulator } = setUp()
    const socket = await speak(emulator, "")
    socket.send({ text: " ", [name]: emulator.apiKey })
    socket.send({ text: "Hello ", flush: true })
    assert.isString(socket.frames[0]?.audio)
  })

  it("refuses a client without a credential in the first message", async () => {
    const { emulator } = setUp()
    for (const message of [{ text: " " }, { text: " ", xi_api_key: "wrong" }]) {
      const socket = await speak(emulator, "")
      assert.isUndefined(socket.code())
      socket.send(message)
      assert.deepStrictEqual([socket.frames, socket.code(), socket.reason()], [[refused], 1008, "Invalid API key"])
    }
  })

  it("refuses a token of another type, an expired token and a wrong key", async () => {
    const { clock, emulator } = setUp()
    const other = await speak(emulator, `?single_use_token=${await mint(emulator, "realtime_scribe")}`)
    other.send({ text: " ", xi_api_key: emulator.apiKey })
    const token = await mint(emulator, "tts_websocket")
    clock.advance(15 * 60_000)
    const late = await speak(emulator, `?single_use_token=${token}`)
    const wrong = await speak(emulator, "", keyed("wrong"))
    for (const socket of [other, late, wrong]) assert.deepStrictEqual([socket.frames, socket.code()], [[refused], 1008])
  })

  it("accepts a token in the first message with the option", async () => {
    const message = async (messageTokens: boolean) => {
      const { emulator } = setUp({ messageTokens })
      const socket = await speak(emulator, "")
      socket.send({ text: " ", single_use_token: await mint(emulator, "tts_websocket") })
      return socket.code()
    }
    assert.deepStrictEqual([await message(true), await message(false)], [undefined, 1008])
  })
})

describe("speech", () => {
  it("is sent when there is enough text, on request, and at the end", async () => {
    const { emulator, socket } = await open("?output_format=pcm_16000")
    const chunksAfter = (text: string) => {
      socket.send({ text })
      return socket.frames.length
    }
    const texts = [" ", "a".repeat(118), "b", "c".repeat(159), "d", "e".repeat(249), "f"]
    assert.deepStrictEqual(texts.map(chunksAfter), [0, 0, 1, 1, 2, 2, 3])
    socket.send({ text: "g", flush: true })
    socket.send({ text: "h", try_trigger_generation: true })
    socket.send({ text: "i" })
    socket.send({ text: "" })
    assert.deepStrictEqual(
      socket.frames.map((frame) => [typeof frame.audio, frame.isFinal]),
      [...Array.from({ length: 6 }, () => ["string", null]), ["object", true]]
    )
    assert.strictEqual(socket.code(), 1000)
    assert.strictEqual(emulator.sessions, 0)
  })

  it("is a tone of the format's sample rate, with the place of every character", async () => {
    const { socket } = await open("?output_format=mp3_22050_32&auto_mode=true")
    socket.send({ text: "Hi" })
    const alignment = { chars: ["H", "i"], charStartTimesMs: [0, 60], charsDurationsMs: [60, 60] }
    assert.deepStrictEqual(socket.frames, [
      { audio: Base64.encode(Speech.tone("Hi", 22_050)), isFinal: null, normalizedAlignment: alignment, alignment }
    ])
  })

  it("ends without audio if there was no text", async () => {
    const { socket } = await open()
    socket.send({ text: " " })
    socket.send({ text: "" })
    assert.deepStrictEqual([socket.frames, socket.code()], [[{ audio: null, isFinal: true }], 1000])
  })

  it.each([
    ["text that is no JSON", "hello"],
    ["a binary message", new Uint8Array(8)],
    ["a message without text", { flush: true }]
  ])("ends with an error after %s", async (_, message) => {
    const { socket } = await open()
    socket.send(message)
    const { error } = socket.frames[0] ?? {}
    assert.deepStrictEqual([error, socket.code()], ["invalid_input_message", 1008])
  })

  it.each([
    ["", 20],
    ["?inactivity_timeout=60", 60],
    ["?inactivity_timeout=600", 180],
    ["?inactivity_timeout=never", 20]
  ])("with %j waits for text, and says how long it did in as much as a close frame holds", async (query, seconds) => {
    const { clock, socket } = await open(query)
    clock.advance(seconds * 1000 - 1)
    socket.send({ text: "still here" })
    clock.advance(seconds * 1000 - 1)
    assert.isUndefined(socket.code())
    clock.advance(1)
    assert.strictEqual(socket.code(), 1008)
    const start = `Have not received a new text input within the timeout of ${seconds} seconds. Streaming input terminated.`
    assert.isTrue(socket.reason()?.startsWith(start))
    assert.lengthOf(socket.reason() ?? "", 123)
  })
})

describe("several texts on one socket", () => {
  const openMulti = async () => {
    const { emulator } = setUp()
    const path = `/v1/text-to-speech/voice_1/multi-stream-input?output_format=pcm_16000`
    return dial(emulator, `${path}&single_use_token=${await mint(emulator, "tts_websocket")}`)
  }
  const audio = (text: string) => Base64.encode(Speech.tone(text, 16_000))

  it("are spoken and ended separately", async () => {
    const socket = await openMulti()
    socket.send({ text: "one", context_id: "a" })
    socket.send({ text: "two", context_id: "b", flush: true })
    socket.send({ context_id: "a", close_context: true })
    socket.send({ close_socket: true })
    assert.deepStrictEqual(socket.frames, [
      { audio: audio("two"), contextId: "b" },
      { audio: audio("one"), contextId: "a" },
      { is_final: true, contextId: "a" },
      { is_final: true, contextId: "b" }
    ])
    assert.strictEqual(socket.code(), 1000)
  })
})

describe("a dialogue", () => {
  const path = "/v1/text-to-dialogue/stream-input?output_format=pcm_16000"

  it("accepts a token once, in the query or in the first message", async () => {
    const { emulator } = setUp()
    const [inQuery, inMessage] = [await mint(emulator, "tts_websocket"), await mint(emulator, "tts_websocket")]
    for (const [query, fields] of [
      [`&single_use_token=${inQuery}`, {}],
      ["", { single_use_token: inMessage }]
    ] as const) {
      for (const code of [1000, 1008]) {
        const socket = await dial(emulator, `${path}${query}`)
        socket.send({ voices: ["v"], inputs: [{ voice_id: "v", text: "Hello" }], ...fields })
        socket.send({ close_socket: true })
        assert.strictEqual(socket.code(), code)
        const said = [{ audio: Base64.encode(Speech.tone("Hello", 16_000)) }, { is_final: true }]
        assert.deepStrictEqual(socket.frames, code === 1000 ? said : [refused])
      }
    }
  })

  it.each([
    ["without voices", { inputs: [] }],
    ["with a voice that it did not name", { voices: ["v"], inputs: [{ voice_id: "w", text: "Hello" }] }]
  ])("ends with an error after a first message %s", async (_, message) => {
    const { emulator } = setUp()
    const socket = await dial(emulator, path, { headers: keyed(emulator.apiKey) })
    socket.send(message)
    assert.deepStrictEqual([socket.frames[0]?.error, socket.code()], ["invalid_input_message", 1008])
  })
})
