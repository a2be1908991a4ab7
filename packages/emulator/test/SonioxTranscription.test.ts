import { assert, describe, it } from "vitest"
import type * as Soniox from "../src/Soniox.ts"
import * as Speech from "../src/Speech.ts"
import { setUp, start, audio, openStt, errorOf } from "./soniox.ts"

describe("transcribing", () => {
  const open = async (options: Soniox.Options = {}, request: object = {}) => {
    const { clock, emulator } = setUp(options)
    const socket = await openStt(emulator, emulator.apiKey)
    socket.send({ ...start, ...request })
    return { clock, emulator, socket }
  }

  it("sends words repeatedly until they are final, then once", async () => {
    const { socket } = await open({ words: ["one", "two", "three", "four"] })
    socket.send(audio(900))
    socket.send(audio(300))
    assert.deepStrictEqual(
      socket.frames.map((frame) => frame.tokens?.map(({ text, is_final }) => (is_final ? text : `(${text})`))),
      [
        ["one", "( two)", "( three)"],
        [" two", "( three)", "( four)"]
      ]
    )
    assert.deepInclude(socket.frames[1], { final_audio_proc_ms: 600, total_audio_proc_ms: 1200 })
    assert.notProperty(socket.frames[1], "error_code")
    assert.hasAllKeys(socket.frames[0]?.tokens?.[0], ["text", "start_ms", "end_ms", "confidence", "is_final"])
  })

  it("ends with an empty text: the rest becomes final, then it sends finished and closes", async () => {
    const { socket } = await open()
    socket.send(audio(600))
    socket.send("")
    assert.deepStrictEqual(
      socket.frames.at(-2)?.tokens?.map(({ is_final }) => is_final),
      [true, true]
    )
    assert.deepStrictEqual(socket.frames.at(-1), {
      tokens: [],
      final_audio_proc_ms: 600,
      total_audio_proc_ms: 600,
      finished: true
    })
    assert.strictEqual(socket.code(), 1000)
  })

  it("does not end with empty audio", async () => {
    const { socket } = await open()
    socket.send(new Uint8Array())
    assert.isEmpty(socket.frames)
    assert.isUndefined(socket.code())
  })

  it("makes all words final on request", async () => {
    const { socket } = await open()
    socket.send(audio(600))
    socket.send({ type: "finalize" })
    assert.deepStrictEqual(
      socket.frames.at(-1)?.tokens?.map(({ text }) => text),
      ["the", " long", "<fin>"]
    )
    assert.isTrue(socket.frames.at(-1)?.tokens?.every(({ is_final }) => is_final))
  })

  it("marks the end of a turn only on request", async () => {
    const words = ["yes", "no"]
    const marked = await open({ words }, { enable_endpoint_detection: true })
    marked.socket.send(audio(900))
    assert.deepStrictEqual(
      marked.socket.frames[0]?.tokens?.map(({ text }) => text),
      ["yes", " no", "<end>", " yes"]
    )
    const plain = await open({ words })
    plain.socket.send(audio(900))
    assert.deepStrictEqual(
      plain.socket.frames[0]?.tokens?.map(({ text }) => text),
      ["yes", " no", " yes"]
    )
  })

  it("names speaker and language on request", async () => {
    const request = {
      enable_speaker_diarization: true,
      enable_language_identification: true,
      language_hints: ["de", "en"]
    }
    const { socket } = await open({}, request)
    socket.send(audio(300))
    assert.deepEqual(socket.frames[0]?.tokens?.[0], {
      text: "the",
      start_ms: 0,
      end_ms: 300,
      confidence: 0.98,
      is_final: false,
      speaker: "1",
      language: "de"
    })
  })

  it("accepts audio in base64, and files", async () => {
    const { socket } = await open({}, { audio_format: "auto" })
    const file = Speech.wav(Speech.tone("x".repeat(10), 8000), 8000)
    socket.send(btoa(String.fromCharCode(...file.subarray(0, 4500))))
    socket.send(file.subarray(4500))
    assert.strictEqual(socket.frames.at(-1)?.total_audio_proc_ms, 600)
  })

  it.each([
    [audio(10), "Start request must be a text message."],
    ["start", "Start request is malformed."],
    [{ ...start, model: undefined }, "Start request is malformed."],
    [{ ...start, api_key: 1 }, "Start request is malformed."],
    [{ ...start, max_endpoint_delay_ms: 499 }, "Start request is malformed."],
    [{ ...start, translation: { type: "one_way" } }, "Start request is malformed."],
    [
      { ...start, audio_format: undefined },
      'Missing audio format. Specify a valid audio format (e.g. s16le, f32le, wav, ogg, flac...) or "auto" for auto format detection.'
    ],
    [{ ...start, sample_rate: undefined }, "Audio data sample rate must be specified for PCM formats"],
    [{ ...start, num_channels: undefined }, "Audio data channels must be specified for PCM formats"],
    [{ ...start, language_hints: ["klingon"] }, "Invalid language hint."],
    [{ ...start, language_hints: ["en", "en"] }, "Language hints must be unique."],
    [
      { ...start, client_reference_id: "x".repeat(257) },
      "`client_reference_id` is 257 characters, which exceeds the maximum allowed length of 256."
    ],
    [{ ...start, context: "word ".repeat(8001) }, "Context is too long: 8001 tokens, the maximum is 8000 tokens."]
  ])("refuses to start with %o", async (message, wording) => {
    const { emulator } = setUp()
    const socket = await openStt(emulator, emulator.apiKey)
    socket.send(message)
    assert.deepStrictEqual(errorOf(socket.frames[0]), [400, "invalid_request", wording])
    assert.strictEqual(socket.code(), 1000)
  })

  it("refuses an unknown model", async () => {
    const { socket } = await open({}, { model: "stt-rt-v0" })
    assert.deepStrictEqual(errorOf(socket.frames[0]), [
      400,
      "model_not_available",
      "The requested model is not available. See https://soniox.com/docs/stt/models for the list of supported models."
    ])
  })

  it.each([
    ["", "No audio received."],
    [{ type: "pause" }, 'Control request type is invalid. Valid values: "finalize", "keepalive".'],
    ["{not json", "Control request body is not valid JSON."]
  ])("ends a stream at %j", async (message, wording) => {
    const { socket } = await open()
    socket.send(message)
    assert.deepStrictEqual(errorOf(socket.frames[0]), [400, "invalid_request", wording])
  })

  it("closes a connection without a stream after 40 s, unless it is kept alive", async () => {
    const { clock, emulator } = setUp()
    const socket = await openStt(emulator, emulator.apiKey)
    clock.advance(39_999)
    socket.send({ type: "keepalive" })
    clock.advance(39_999)
    assert.isUndefined(socket.code())
    clock.advance(1)
    assert.strictEqual(socket.code(), 1001)
    assert.isEmpty(socket.frames)
  })

  it("gives up a stream after 20 s without audio, unless it is kept alive", async () => {
    const { clock, emulator, socket } = await open()
    clock.advance(19_999)
    socket.send({ type: "keepalive" })
    clock.advance(19_999)
    assert.isUndefined(socket.code())
    clock.advance(1)
    assert.deepStrictEqual(errorOf(socket.frames[0]), [408, "request_timeout", "Request timeout."])
    const silent = await openStt(emulator, emulator.apiKey)
    silent.send(start)
    clock.advance(20_000)
    assert.strictEqual(silent.frames[0]?.error_message, "Timed out while waiting for the first audio chunk")
  })

  it("ends a stream after 300 minutes", async () => {
    const { clock, socket } = await open({ words: [] })
    for (let minute = 0; minute < 300 * 4; minute += 1) {
      clock.advance(15_000)
      socket.send({ type: "keepalive" })
    }
    assert.deepStrictEqual(errorOf(socket.frames[0]).slice(0, 2), [413, "max_duration_reached"])
  })

  it("allows ten streams at a time", async () => {
    const { emulator } = setUp()
    const sockets = await Promise.all(Array.from({ length: 11 }, () => openStt(emulator, emulator.apiKey)))
    for (const socket of sockets) socket.send(start)
    assert.deepStrictEqual(errorOf(sockets[10]?.frames[0]), [
      429,
      "limit_exceeded",
      "Concurrent requests limit for real-time transcription has been exceeded for your organization."
    ])
    sockets[0]?.hangUp()
    const next = await openStt(emulator, emulator.apiKey)
    next.send(start)
    assert.isUndefined(next.code())
  })

  it("allows 100 streams a minute", async () => {
    const { clock, emulator } = setUp()
    const run = async () => {
      const socket = await openStt(emulator, emulator.apiKey)
      socket.send(start)
      socket.hangUp()
      return socket
    }
    for (let count = 0; count < 100; count += 1) await run()
    assert.deepStrictEqual(errorOf((await run()).frames[0]), [
      429,
      "limit_exceeded",
      "Requests per minute limit for real-time transcription has been exceeded for your organization."
    ])
    clock.advance(60_000)
    assert.isEmpty((await run()).frames)
  })

  it("limits connections with the option", async () => {
    const { clock, emulator } = setUp({ connections: 1 })
    const first = await openStt(emulator, emulator.apiKey)
    const second = await openStt(emulator, emulator.apiKey)
    clock.advance(1000)
    assert.isUndefined(first.code())
    assert.deepStrictEqual(errorOf(second.frames[0]).slice(0, 2), [429, "max_concurrent_connections_reached"])
  })

  it("refuses or interrupts streams with refuseSessions and interrupt", async () => {
    const { emulator, socket } = await open()
    emulator.refuseSessions("organization_balance_exhausted")
    const refused = await openStt(emulator, emulator.apiKey)
    refused.send(start)
    assert.deepStrictEqual(errorOf(refused.frames[0]), [
      402,
      "organization_balance_exhausted",
      "Organization balance exhausted. Please either add funds manually or enable autopay."
    ])
    emulator.interrupt("service_unavailable")
    assert.strictEqual(socket.frames[0]?.error_code, 503)
    assert.strictEqual(socket.code(), 1000)
  })
})
