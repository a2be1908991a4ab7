import { assert, describe, it } from "vitest"
import * as ElevenLabs from "../src/ElevenLabs.ts"
import * as Speech from "../src/Speech.ts"
import { chunk, keyed, mint, scribe, setUp } from "./eleven-labs.ts"
import { ask } from "./vendors.ts"

const words = ["one", "two", "three"]
const refused = { message_type: "auth_error", error: "You must be authenticated to use this endpoint." }

const open = async (options: ElevenLabs.Options = {}, query = "") => {
  const { clock, emulator } = setUp({ words, ...options })
  return { clock, emulator, socket: await scribe(emulator, query, keyed(emulator.apiKey)) }
}

describe("admission of realtime transcriptions", () => {
  it("accepts the key in a header, and a token in the query", async () => {
    const { emulator } = setUp()
    for (const socket of [
      await scribe(emulator, "", keyed(emulator.apiKey)),
      await scribe(emulator, `&token=${await mint(emulator, "realtime_scribe")}`)
    ]) {
      assert.strictEqual(socket.frames[0]?.message_type, "session_started")
      assert.isUndefined(socket.code())
    }
    assert.strictEqual(emulator.sessions, 2)
  })

  it("spends a token with the first connection", async () => {
    const { emulator } = setUp()
    const token = await mint(emulator, "realtime_scribe")
    const first = await scribe(emulator, `&token=${token}`)
    const second = await scribe(emulator, `&token=${token}`)
    assert.deepStrictEqual([second.frames, second.code()], [[refused], 1000])
    assert.isUndefined(first.code())
    assert.strictEqual(emulator.issued[0]?.uses, 1)
  })

  it("spends a token with a connection whose parameters are refused", async () => {
    const { emulator } = setUp()
    const token = await mint(emulator, "realtime_scribe")
    const wrong = await scribe(emulator, `&audio_format=flac&token=${token}`)
    assert.strictEqual(wrong.frames[0]?.message_type, "invalid_request")
    assert.deepStrictEqual((await scribe(emulator, `&token=${token}`)).frames, [refused])
  })

  it("refuses an expired token, and open connections continue", async () => {
    const { clock, emulator } = setUp({ words })
    const tokens = [await mint(emulator, "realtime_scribe"), await mint(emulator, "realtime_scribe")]
    clock.advance(15 * 60_000 - 1)
    const early = await scribe(emulator, `&token=${tokens[0]}`)
    clock.advance(1)
    assert.deepStrictEqual((await scribe(emulator, `&token=${tokens[1]}`)).frames, [refused])
    early.send(chunk(1, { commit: true }))
    assert.strictEqual(early.frames.at(-1)?.text, "one")
  })

  it("refuses every token after expireAll", async () => {
    const { emulator } = setUp()
    const token = await mint(emulator, "realtime_scribe")
    emulator.expireAll()
    assert.deepStrictEqual((await scribe(emulator, `&token=${token}`)).frames, [refused])
  })

  it("refuses a token of another type or account, and an unknown one", async () => {
    const { emulator } = setUp({ apiKeys: { eu: "european" } })
    const european = await mint(emulator, "realtime_scribe", keyed("european"), "api.eu.residency.elevenlabs.io")
    for (const token of [
      await mint(emulator, "tts_websocket"),
      await mint(emulator, "batch_scribe"),
      european,
      "sutkn_0"
    ]) {
      assert.deepStrictEqual((await scribe(emulator, `&token=${token}`)).frames, [refused])
    }
    assert.isUndefined((await scribe(emulator, `&token=${european}`, {}, "eu")).code())
  })

  it("accepts a token of the global account on both of its hosts", async () => {
    const { emulator } = setUp()
    const token = await mint(emulator, "realtime_scribe")
    assert.isUndefined((await scribe(emulator, `&token=${token}`, {}, "us")).code())
  })

  it("prefers the token to the key, and refuses a client without either", async () => {
    const { emulator } = setUp()
    for (const socket of [
      await scribe(emulator, "&token=sutkn_0", keyed(emulator.apiKey)),
      await scribe(emulator, "", keyed("wrong")),
      await scribe(emulator, `&token=${emulator.apiKey}`),
      await scribe(emulator, "")
    ]) {
      assert.deepStrictEqual([socket.frames, socket.code()], [[refused], 1000])
    }
    assert.strictEqual(emulator.sessions, 0)
  })

  it("refuses before the upgrade with the option", async () => {
    const { emulator } = setUp({ scribeRefusal: "handshake" })
    const request = new Request(`http://emulator.test${ElevenLabs.realtimeRoute}?token=sutkn_0`)
    const answer = await emulator.connect(request)
    assert.instanceOf(answer, Response)
    assert.strictEqual(emulator.log[0]?.status, 403)
    assert.isUndefined((await scribe(emulator, "", keyed(emulator.apiKey))).code())
  })
})

describe("a realtime transcription", () => {
  it("begins with the requested settings", async () => {
    const { socket } = await open({}, "&audio_format=ulaw_8000&language_code=de&include_timestamps=true")
    const [{ session_id, ...started } = { session_id: undefined }] = socket.frames
    assert.match(String(session_id), /^[0-9a-f]{32}$/)
    assert.deepStrictEqual(started, {
      message_type: "session_started",
      config: {
        sample_rate: 8000,
        audio_format: "ulaw_8000",
        language_code: "de",
        timestamps_granularity: "word",
        vad_commit_strategy: "manual",
        model_id: "scribe_v2_realtime",
        include_language_detection: false
      }
    })
  })

  it("sends partial words, and commits them on request", async () => {
    const { socket } = await open()
    socket.send(chunk(0.5))
    socket.send(chunk(1.5))
    socket.send(chunk(1, { commit: true }))
    socket.send(chunk(1))
    socket.send(chunk(0, { commit: true }))
    assert.deepStrictEqual(socket.frames.slice(1), [
      { message_type: "partial_transcript", text: "one two" },
      { message_type: "partial_transcript", text: "one two three" },
      { message_type: "committed_transcript", text: "one two three" },
      { message_type: "partial_transcript", text: "one" },
      { message_type: "committed_transcript", text: "one" }
    ])
  })

  it("commits automatically at the end of the text, with voice activity detection", async () => {
    const { socket } = await open({}, "&commit_strategy=vad")
    socket.send(chunk(2))
    socket.send(chunk(2))
    assert.deepStrictEqual(socket.frames.slice(2), [
      { message_type: "partial_transcript", text: "one two three one" },
      { message_type: "committed_transcript", text: "one two three" }
    ])
  })

  it("sends the times of words and the language on request", async () => {
    const { socket } = await open({}, "&include_timestamps=true&include_language_detection=true")
    socket.send(chunk(2, { commit: true }))
    assert.deepStrictEqual(socket.frames.at(-1), {
      message_type: "committed_transcript_with_timestamps",
      text: "one two",
      language_code: "en",
      words: [
        { text: "one", start: 0, end: 0.3, type: "word", logprob: 0 },
        { text: " ", start: 0.3, end: 0.3, type: "spacing", logprob: 0 },
        { text: "two", start: 0.3, end: 0.6, type: "word", logprob: 0 }
      ]
    })
  })

  it.each([
    ["text that is no JSON", "hello"],
    ["a binary message", new Uint8Array(8)],
    ["a message of another type", { message_type: "commit" }],
    ["audio that is no base64", chunk(0, { audio_base_64: "???" })],
    ["no audio", chunk(0, { audio_base_64: undefined })]
  ])("ends with an input error after %s", async (_, message) => {
    const { emulator, socket } = await open()
    socket.send(message)
    assert.deepStrictEqual([socket.frames[1]?.message_type, socket.code()], ["input_error", 1000])
    assert.strictEqual(emulator.sessions, 0)
  })

  it("accepts a previous text only with the first chunk", async () => {
    const { socket } = await open()
    socket.send(chunk(1, { previous_text: "zero" }))
    assert.isUndefined(socket.code())
    socket.send(chunk(1, { previous_text: "zero" }))
    assert.strictEqual(socket.frames.at(-1)?.message_type, "input_error")
  })

  it.each(["&commit_strategy=never", "&audio_format=mp3_44100"])("is refused with %s", async (query) => {
    const { socket } = await open({}, query)
    assert.deepStrictEqual([socket.frames[0]?.message_type, socket.code()], ["invalid_request", 1000])
  })

  it("is refused without a model", async () => {
    const { emulator } = setUp()
    const request = new Request(`http://emulator.test${ElevenLabs.realtimeRoute}`, { headers: keyed(emulator.apiKey) })
    const session = await emulator.connect(request)
    const sent: Array<unknown> = []
    if (!(session instanceof Response))
      session.open({ send: (data) => sent.push(data), close: () => {}, destroy: () => {} })
    assert.match(String(sent[0]), /"invalid_request","error":"model_id is required/)
  })

  it("fails with refuseSessions, as often as stated", async () => {
    const { emulator } = setUp()
    emulator.refuseSessions("quota_exceeded", 2)
    for (const expected of ["quota_exceeded", "quota_exceeded", "session_started"]) {
      assert.strictEqual((await scribe(emulator, "", keyed(emulator.apiKey))).frames[0]?.message_type, expected)
    }
  })

  it("ends when the client disconnects", async () => {
    const { emulator, socket } = await open()
    socket.hangUp()
    assert.strictEqual(emulator.sessions, 0)
  })
})

describe("transcribing a file", () => {
  const form = (fields: Record<string, string> = {}) => {
    const data = new FormData()
    data.set("file", new File([Speech.wav(Speech.tone("x".repeat(10), 16_000), 16_000)], "a.wav"))
    for (const [name, value] of Object.entries({ model_id: "scribe_v2", ...fields })) data.set(name, value)
    return data
  }

  it("accepts a token in the query, once, or the key in a header", async () => {
    const { emulator } = setUp({ words })
    const token = await mint(emulator, "batch_scribe")
    const transcribe = () => ask(emulator, `${ElevenLabs.transcribeRoute}?token=${token}`, form())
    const { body, status } = await transcribe()
    assert.strictEqual(status, 200)
    assert.deepInclude(body, { text: "one two", language_code: "eng", audio_duration_secs: 0.6 })
    assert.lengthOf(body.words, 3)
    const spent = await transcribe()
    assert.deepStrictEqual([spent.status, spent.body.detail.type], [401, "authentication_error"])
    const owned = await ask(emulator, ElevenLabs.transcribeRoute, form(), keyed(emulator.apiKey))
    assert.strictEqual(owned.status, 200)
  })

  it("refuses a token in the form, and does not spend it", async () => {
    const { emulator } = setUp()
    const token = await mint(emulator, "batch_scribe")
    const refused = await ask(emulator, ElevenLabs.transcribeRoute, form({ token }))
    assert.strictEqual(refused.status, 401)
    assert.strictEqual((await ask(emulator, `${ElevenLabs.transcribeRoute}?token=${token}`, form())).status, 200)
  })

  it("refuses a token of another type, and a request without a credential", async () => {
    const { emulator } = setUp()
    const token = await mint(emulator, "realtime_scribe")
    const route = `${ElevenLabs.transcribeRoute}?token=${token}`
    assert.strictEqual((await ask(emulator, route, form(), keyed(emulator.apiKey))).status, 401)
    assert.strictEqual((await ask(emulator, ElevenLabs.transcribeRoute, form())).status, 401)
  })

  it("requires a model and a form", async () => {
    const { emulator } = setUp()
    for (const body of [new FormData(), "{}"]) {
      assert.strictEqual((await ask(emulator, ElevenLabs.transcribeRoute, body, keyed(emulator.apiKey))).status, 422)
    }
  })
})
