import { assert, describe, it } from "vitest"
import * as Soniox from "../src/Soniox.ts"
import * as Audio from "../src/Audio.ts"
import * as Speech from "../src/Speech.ts"
import { setUp, bearer, mint, audio, openTts, voice, errorOf, invalidOrExpired } from "./soniox.ts"
import { dial, type Frame } from "./support.ts"

describe("speaking", () => {
  const open = async (options: Soniox.Options = {}, extra: object = {}) => {
    const { clock, emulator } = setUp(options)
    const socket = await openTts(emulator, await mint(emulator, { usage_type: "tts_rt", ...extra }))
    return { clock, emulator, socket }
  }
  const decode = (frame: Frame | undefined) =>
    Uint8Array.from(atob(String(frame?.audio)), (character) => character.charCodeAt(0))

  it("gives audio for text, then its end, then the end of the stream", async () => {
    const { socket } = await open()
    socket.send({ ...voice, stream_id: "a" })
    socket.send({ stream_id: "a", text: "Hello ", text_end: false })
    socket.send({ stream_id: "a", text: "there", text_end: true })
    assert.deepStrictEqual(decode(socket.frames[0]), Speech.tone("Hello ", 16_000))
    assert.deepStrictEqual(decode(socket.frames[1]), Speech.tone("there", 16_000))
    assert.isTrue(socket.frames[1]?.audio_end)
    assert.deepStrictEqual(socket.frames[2], { stream_id: "a", terminated: true })
    assert.isUndefined(socket.code())
  })

  it("begins a wav with one header", async () => {
    const { socket } = await open()
    socket.send({ ...voice, audio_format: "wav", stream_id: "a" })
    socket.send({ stream_id: "a", text: "Hello", text_end: false })
    socket.send({ stream_id: "a", text: "there", text_end: true })
    const meter = Audio.meter("file")
    for (const frame of socket.frames.slice(0, 2)) meter.add(decode(frame))
    assert.strictEqual(meter.milliseconds(), 600)
  })

  it("runs up to five independent streams on a connection", async () => {
    const { socket } = await open({ concurrentStreams: { tts: 10 } })
    for (const id of ["a", "b", "c", "d", "e", "f"]) socket.send({ ...voice, stream_id: id })
    assert.deepStrictEqual(errorOf(socket.frames[0]).slice(0, 2), [400, "max_concurrent_streams_reached"])
    assert.deepStrictEqual(socket.frames[1], { stream_id: "f", terminated: true })
    socket.send({ stream_id: "a", cancel: true })
    assert.deepStrictEqual(socket.frames[2], { stream_id: "a", terminated: true })
    socket.send({ ...voice, stream_id: "f" })
    socket.send({ stream_id: "f", text: "now", text_end: true })
    assert.strictEqual(socket.frames[3]?.stream_id, "f")
  })

  it("allows three streams at a time over all connections", async () => {
    const { socket } = await open()
    for (const id of ["a", "b", "c", "d"]) socket.send({ ...voice, stream_id: id })
    assert.deepStrictEqual(errorOf(socket.frames[0]), [
      429,
      "limit_exceeded",
      "Concurrent requests limit for text-to-speech has been exceeded for your organization."
    ])
  })

  it("ends only the failed stream", async () => {
    const { socket } = await open()
    socket.send({ ...voice, stream_id: "good" })
    socket.send({ ...voice, model: undefined, stream_id: "bad" })
    assert.include(socket.frames[0], { stream_id: "bad", error_message: "Missing required field: model" })
    assert.deepStrictEqual(socket.frames[1], { stream_id: "bad", terminated: true })
    socket.send({ ...voice, model: "tts-rt-v0", stream_id: "worse" })
    assert.include(socket.frames[2], { stream_id: "worse", error_type: "model_not_available" })
    socket.send({ ...voice, stream_id: "good" })
    socket.send({ stream_id: "unknown", text: "x", text_end: true })
    assert.include(socket.frames[4], { stream_id: "good", error_type: "invalid_stream_state" })
    assert.include(socket.frames[5], { stream_id: "unknown", error_type: "invalid_stream_state" })
    socket.send({ stream_id: "good", text: "still here", text_end: true })
    assert.include(socket.frames[6], { stream_id: "good", audio_end: true })
    assert.isUndefined(socket.code())
  })

  it("closes the connection after a wrong key or message", async () => {
    const { clock, emulator } = setUp()
    const wrong = await openTts(emulator, "wrong")
    clock.advance(1000)
    assert.include(wrong.frames[0], { stream_id: "", error_code: 401 })
    assert.strictEqual(wrong.code(), 1000)
    const asked = await openTts(emulator, await mint(emulator))
    asked.send({ ...voice, stream_id: "a" })
    assert.include(asked.frames[0], { stream_id: "a", error_code: 401 })
    const binary = await openTts(emulator, emulator.apiKey)
    binary.send(audio(10))
    assert.include(binary.frames[0], { stream_id: "", error_code: 400 })
    const nameless = await openTts(emulator, emulator.apiKey)
    nameless.send(voice)
    assert.include(nameless.frames[0], { stream_id: "", error_message: "Missing required field: stream_id" })
    assert.strictEqual(nameless.code(), 1000)
  })

  it("accepts the key in the first message of each stream", async () => {
    const { emulator } = setUp()
    const key = await mint(emulator, { usage_type: "tts_rt" })
    const socket = await dial(emulator, Soniox.speechSocketRoute)
    socket.send({ ...voice, stream_id: "a", api_key: key })
    assert.isEmpty(socket.frames)
    emulator.expireAll()
    socket.send({ ...voice, stream_id: "b", api_key: key })
    assert.deepStrictEqual(errorOf(socket.frames[0]), [401, "unauthenticated", invalidOrExpired])
  })

  it("allows one stream for a single-use key", async () => {
    const { socket } = await open({}, { single_use: true })
    socket.send({ ...voice, stream_id: "a" })
    socket.send({ ...voice, stream_id: "b" })
    assert.include(socket.frames[0], { stream_id: "b", error_code: 401 })
  })

  it("closes after 40 s without a message", async () => {
    const { clock, socket } = await open()
    clock.advance(39_999)
    socket.send({ keep_alive: true })
    clock.advance(39_999)
    assert.isUndefined(socket.code())
    clock.advance(1)
    assert.strictEqual(socket.code(), 1001)
  })

  it("cuts all streams of a session that lasts too long", async () => {
    const { clock, socket } = await open({}, { max_session_duration_seconds: 10 })
    socket.send({ ...voice, stream_id: "a" })
    clock.advance(10_000)
    assert.include(socket.frames[0], { stream_id: "", error_type: "temp_api_key_session_expired" })
    assert.strictEqual(socket.code(), 1000)
  })

  it("speaks for two minutes at most", async () => {
    const { socket } = await open()
    socket.send({ ...voice, sample_rate: 100, stream_id: "a" })
    socket.send({ stream_id: "a", text: "x".repeat(2001), text_end: false })
    assert.lengthOf(decode(socket.frames[0]), 120 * 100 * 2)
    assert.deepStrictEqual(errorOf(socket.frames[1]).slice(0, 2), [413, "max_audio_duration_reached"])
    assert.deepStrictEqual(socket.frames[2], { stream_id: "a", terminated: true })
  })

  it("allows requests for speech from web pages", async () => {
    const { emulator } = setUp()
    const ask = (method: string) => emulator.handle(new Request("http://emulator.test/tts", { method }))
    const preflight = await ask("OPTIONS")
    assert.strictEqual(preflight.status, 204)
    assert.strictEqual(preflight.headers.get("access-control-allow-headers"), "authorization, content-type")
    assert.strictEqual((await ask("POST")).headers.get("access-control-allow-origin"), "*")
  })

  it("speaks one text in one request", async () => {
    const { emulator } = setUp()
    const key = await mint(emulator, { usage_type: "tts_rt", single_use: true })
    const say = (fields: object, headers: Record<string, string>) =>
      emulator.handle(
        new Request("http://emulator.test/tts", { method: "POST", headers, body: JSON.stringify(fields) })
      )
    const lacking = await say(voice, bearer(key))
    assert.strictEqual(lacking.status, 400)
    const response = await say({ ...voice, audio_format: "wav", text: "Hello" }, bearer(key))
    assert.strictEqual(response.status, 200)
    assert.strictEqual(response.headers.get("content-type"), "audio/wav")
    assert.isString(response.headers.get("x-request-id"))
    const bytes = new Uint8Array(await response.arrayBuffer())
    assert.deepStrictEqual(bytes, Speech.wav(Speech.tone("Hello", 16_000), 16_000))

    const again = await say({ ...voice, text: "Hello" }, bearer(key))
    const error = await again.json()
    assert.deepStrictEqual(errorOf(error), [401, "unauthenticated", invalidOrExpired])
    assert.strictEqual(again.headers.get("x-request-id"), error.request_id)
    const statuses = await Promise.all(
      [{}, bearer("wrong"), { authorization: "Token x" }].map(async (headers) => (await say(voice, headers)).status)
    )
    assert.deepStrictEqual(statuses, [401, 401, 401])
    const long = await say({ ...voice, text: "x".repeat(5001) }, bearer(emulator.apiKey))
    assert.strictEqual(long.status, 400)
  })
})
