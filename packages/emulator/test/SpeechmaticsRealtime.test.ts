import { assert, describe, it } from "vitest"
import type { RealtimeError } from "../src/Speechmatics.ts"
import { startRecognition, subject, type Frame } from "./speechmatics.ts"

const named = (frames: ReadonlyArray<Frame>, message: string) => frames.filter((frame) => frame["message"] === message)

const transcriptOf = (frames: ReadonlyArray<Frame>): string =>
  named(frames, "AddTranscript")
    .map((frame) => /"transcript":"([^"]*)"/.exec(JSON.stringify(frame))?.[1] ?? "")
    .join("")

const notAuthorised = { message: "Error", type: "not_authorised", reason: "Not Authorized" }

describe("opening", () => {
  it("accepts the API key or a temporary key in the header, and a temporary key in the query", async () => {
    const { emulator, mint, open } = subject({ maxSessions: 3 })
    const token = await mint("rt")
    for (const client of [
      await open("/v2", emulator.apiKey),
      await open("/v2/", token),
      await open(`/v2?jwt=${token}`)
    ]) {
      assert.strictEqual(client.frames[0]?.["type"], "concurrent_session_usage")
    }
  })

  it("refuses a bad header before the upgrade", async () => {
    const { upgrade } = subject()
    for (const key of ["wrong", undefined]) {
      const refusal = await upgrade("/v2", key)
      assert.strictEqual(refusal instanceof Response && refusal.status, 401)
    }
  })

  it("refuses a bad query parameter after the upgrade", async () => {
    const { open } = subject()
    const client = await open("/v2?jwt=wrong")
    assert.deepStrictEqual(client.frames, [notAuthorised])
    assert.deepStrictEqual(client.closes, [{ code: 4001, reason: "not_authorised" }])
  })

  it("refuses before or after the upgrade, as the option says", async () => {
    const refusal = await subject({ realtimeRefusal: "status" }).upgrade("/v2?jwt=wrong")
    assert.strictEqual(refusal instanceof Response && refusal.status, 401)
    const client = await subject({ realtimeRefusal: "message" }).open("/v2", "wrong")
    assert.deepStrictEqual(client.frames, [notAuthorised])
  })

  it("refuses the API key in the query", async () => {
    const { emulator, open } = subject()
    assert.deepStrictEqual((await open(`/v2?jwt=${emulator.apiKey}`)).frames, [notAuthorised])
  })

  it.each(["batch", "tts"])("refuses a %s key", async (type) => {
    const { mint, open } = subject()
    const client = await open(`/v2?jwt=${await mint(type)}`)
    assert.deepStrictEqual(client.frames, [notAuthorised])
  })

  it("works any number of times until the key expires, and running sessions continue", async () => {
    const { advance, mint, open } = subject()
    const token = await mint("rt")
    const first = await open(`/v2?jwt=${token}`)
    first.say(startRecognition())
    advance(59_999)
    assert.lengthOf((await open(`/v2?jwt=${token}`)).closes, 0)
    advance(1)
    assert.deepStrictEqual((await open(`/v2?jwt=${token}`)).frames, [notAuthorised])
    first.hear(300)
    assert.deepStrictEqual(first.frames.at(-1), { message: "AudioAdded", seq_no: 1 })
  })

  it("checks the key's region only with the option", async () => {
    const json = { ttl: 60, region: "usa" }
    const relaxed = subject()
    const session = await relaxed.upgrade(
      `/v2?jwt=${await relaxed.mint("rt", json)}`,
      undefined,
      "https://eu.rt.speechmatics.com"
    )
    assert.notInstanceOf(session, Response)
    const strict = subject({ strictRegions: true, realtimeRefusal: "status" })
    const token = await strict.mint("rt", json)
    const far = await strict.upgrade(`/v2?jwt=${token}`, undefined, "https://eu.rt.speechmatics.com")
    assert.instanceOf(far, Response)
    assert.notInstanceOf(
      await strict.upgrade(`/v2?jwt=${token}`, undefined, "https://us.rt.speechmatics.com"),
      Response
    )
  })

  it("waits a while for the client's first message", async () => {
    const { advance, emulator, open } = subject({ openingDelay: 50 })
    const [quiet, quick] = [await open("/v2", emulator.apiKey), await open("/v2", emulator.apiKey)]
    quick.say(startRecognition())
    assert.strictEqual(quick.frames[0]?.["type"], "concurrent_session_usage")
    advance(49)
    assert.deepStrictEqual(quiet.frames, [])
    advance(1)
    assert.strictEqual(quiet.frames[0]?.["type"], "concurrent_session_usage")
    assert.lengthOf(quick.frames, 3)
  })

  it("needs an upgrade", async () => {
    const { request } = subject()
    assert.strictEqual((await request("GET /v2")).status, 400)
    assert.strictEqual((await request("POST /v2")).status, 405)
  })

  it("transcribes in turns for an agent, with the models of agents only", async () => {
    const { mint, open } = subject()
    const client = await open(`/v2/agent?jwt=${await mint("rt")}`)
    client.say(startRecognition({ model: "linden-1" }))
    client.hear(900)
    client.say({ message: "EndOfStream", last_seq_no: 1 })
    const names = client.frames.map((frame) => frame["message"])
    const turn = ["StartOfTurn", "AddSegment", "EndOfTurn", "EndOfTranscript"]
    assert.deepStrictEqual(names.slice(names.indexOf("StartOfTurn")), turn)
    assert.deepStrictEqual(named(client.frames, "AddTranscript"), [])
    const other = await open(`/v2/agent?jwt=${await mint("rt")}`)
    other.say(startRecognition({ model: "enhanced" }))
    assert.strictEqual(other.closes[0]?.reason, "invalid_model")
  })

  it("takes an agent profile, and any credential in its query", async () => {
    const { emulator, open, upgrade } = subject()
    assert.lengthOf((await open(`/v2/agent/smart?api_key=${emulator.apiKey}`)).closes, 0)
    const refusal = await upgrade("/v2/agent/unheard", emulator.apiKey)
    assert.strictEqual(refusal instanceof Response && refusal.status, 404)
  })
})

describe("limits", () => {
  it("count open sessions", async () => {
    const { emulator, open } = subject()
    const first = await open("/v2", emulator.apiKey)
    assert.deepStrictEqual(first.frames, [
      {
        message: "Info",
        type: "concurrent_session_usage",
        reason: "1 concurrent sessions active out of quota 2",
        usage: 1,
        quota: 2,
        last_updated: "2026-11-21T12:00:00Z",
        region: "eu"
      }
    ])
    await open("/v2", emulator.apiKey)
    const third = await open("/v2", emulator.apiKey)
    assert.deepStrictEqual(third.frames, [
      { message: "Error", type: "quota_exceeded", reason: "Concurrent Quota Exceeded" }
    ])
    assert.deepStrictEqual(third.closes, [{ code: 4005, reason: "quota_exceeded" }])
    first.leave()
    assert.lengthOf((await open("/v2", emulator.apiKey)).closes, 0)
  })

  it("end a session after three silent minutes", async () => {
    const { advance, emulator, open } = subject()
    const client = await open("/v2", emulator.apiKey)
    client.say(startRecognition())
    advance(179_999)
    client.hear(20)
    advance(179_999)
    assert.lengthOf(client.closes, 0)
    advance(1)
    assert.strictEqual(client.frames.at(-1)?.["type"], "idle_timeout")
    assert.deepStrictEqual(client.closes, [{ code: 1008, reason: "policy_violation" }])
  })

  it("end a session after an hour without audio, with warnings", async () => {
    const { advance, emulator, open } = subject()
    const client = await open("/v2", emulator.apiKey)
    client.say(startRecognition())
    for (let minute = 0; minute < 60; minute += 1) {
      advance(60_000)
      client.say({ message: "GetSpeakers" })
    }
    const warnings = named(client.frames, "Warning").map((frame) => frame["reason"])
    assert.deepStrictEqual(warnings, [
      "Session will timeout in 15m due to inactivity, no audio sent within the last 45m",
      "Session will timeout in 10m due to inactivity, no audio sent within the last 50m",
      "Session will timeout in 5m due to inactivity, no audio sent within the last 55m"
    ])
    assert.strictEqual(client.frames.at(-1)?.["type"], "idle_timeout")
  })

  it("end a session that lasts too long, with warnings", async () => {
    const { advance, emulator, open } = subject({ sessionLimit: 40 * 60_000 })
    const client = await open("/v2", emulator.apiKey)
    client.say(startRecognition())
    for (let minute = 0; minute < 40; minute += 1) {
      advance(60_000)
      client.hear(20)
    }
    assert.deepStrictEqual(
      named(client.frames, "Warning").map((frame) => frame["reason"]),
      [
        "Session will timeout in 30m due to max duration, session has been active for 10m",
        "Session will timeout in 15m due to max duration, session has been active for 25m"
      ]
    )
    assert.strictEqual(client.frames.at(-1)?.["type"], "session_timeout")
    assert.deepStrictEqual(client.closes, [{ code: 1008, reason: "policy_violation" }])
  })
})

describe("a session", () => {
  const started = async (config: Frame = {}) => {
    const { emulator, open } = subject()
    const client = await open("/v2", emulator.apiKey)
    client.say(startRecognition(config))
    client.frames.splice(0)
    return client
  }

  it("starts with the language pack and the quality of its model", async () => {
    const { emulator, open } = subject()
    const client = await open("/v2/en", emulator.apiKey)
    client.say({ ...startRecognition(), audio_format: { type: "raw", encoding: "mulaw", sample_rate: 8000 } })
    assert.deepNestedInclude(client.frames[1], {
      message: "RecognitionStarted",
      "language_pack_info.language_description": "English",
      "language_pack_info.word_delimiter": " "
    })
    assert.deepStrictEqual(client.frames[2], {
      message: "Info",
      type: "recognition_quality",
      reason: "Running recognition using a telephony model quality.",
      quality: "telephony"
    })
  })

  it("transcribes to the end", async () => {
    const client = await started()
    client.hear(600)
    client.hear(350)
    client.say({ message: "EndOfStream", last_seq_no: 2 })
    const word = (content: string, start: number, end: number) => ({
      alternatives: [{ confidence: 1, content, language: "en" }],
      end_time: end,
      start_time: start,
      type: "word"
    })
    assert.deepStrictEqual(client.frames, [
      { message: "AudioAdded", seq_no: 1 },
      { message: "AudioAdded", seq_no: 2 },
      {
        message: "AddTranscript",
        format: "2.9",
        results: [word("the", 0, 0.3), word("long", 0.3, 0.6), word("key", 0.6, 0.9)],
        metadata: { end_time: 0.9, start_time: 0, transcript: "the long key " }
      },
      { message: "EndOfTranscript" }
    ])
  })

  it("delays finals by max_delay, and sends partials meanwhile", async () => {
    const client = await started({ enable_partials: true, max_delay: 1 })
    client.hear(900)
    assert.deepInclude(client.frames.at(-1), {
      message: "AddPartialTranscript",
      metadata: { end_time: 0.9, start_time: 0, transcript: "the long key" }
    })
    client.hear(700)
    assert.deepStrictEqual(
      client.frames.slice(-2).map(({ message, metadata }) => ({ message, metadata })),
      [
        { message: "AddTranscript", metadata: { end_time: 0.6, start_time: 0, transcript: "the long " } },
        { message: "AddPartialTranscript", metadata: { end_time: 1.6, start_time: 0.6, transcript: "key stays at" } }
      ]
    )
  })

  it("gives the same text for the same audio in any pieces", async () => {
    const text = async (pieces: ReadonlyArray<number>) => {
      const client = await started({ max_delay: 0.7 })
      for (const piece of pieces) client.hear(piece)
      client.say({ message: "EndOfStream", last_seq_no: pieces.length })
      return transcriptOf(client.frames)
    }
    assert.strictEqual(await text([6000]), await text(Array.from({ length: 60 }, () => 100)))
  })

  it("ends an utterance on demand", async () => {
    const client = await started()
    client.hear(1000)
    client.say({ message: "ForceEndOfUtterance", timestamp: 0.7 })
    assert.deepInclude(client.frames[1], { message: "AddTranscript", forced: true })
    assert.deepStrictEqual(client.frames[2], {
      message: "EndOfUtterance",
      metadata: { start_time: 0.7, end_time: 0.7 },
      forced: true
    })
    client.say({ message: "EndOfStream", last_seq_no: 1 })
    assert.strictEqual(transcriptOf(client.frames), "the long key ")
  })

  it("changes its settings midway", async () => {
    const client = await started()
    client.hear(600)
    client.say({ message: "SetRecognitionConfig", transcription_config: { enable_partials: true, max_delay: 0.7 } })
    client.hear(600)
    assert.lengthOf(named(client.frames, "AddPartialTranscript"), 1)
    assert.strictEqual(transcriptOf(client.frames), "the ")
  })

  it("sends the speakers, at once or at the end", async () => {
    const client = await started({ diarization: "speaker" })
    client.say({ message: "GetSpeakers" })
    client.say({ message: "GetSpeakers", final: true })
    client.hear(300)
    client.say({ message: "EndOfStream", last_seq_no: 1 })
    assert.deepStrictEqual(named(client.frames, "SpeakersResult"), [
      { message: "SpeakersResult", speakers: [] },
      { message: "SpeakersResult", speakers: [{ label: "S1", speaker_identifiers: ["UzE="] }] }
    ])
    assert.include(JSON.stringify(named(client.frames, "AddTranscript")), '"speaker":"S1"')
  })

  it("sends the speakers at the end with the setting", async () => {
    const client = await started({ diarization: "speaker", speaker_diarization_config: { get_speakers: true } })
    client.say({ message: "EndOfStream", last_seq_no: 0 })
    assert.lengthOf(named(client.frames, "SpeakersResult"), 1)
  })

  it("ignores audio after the end", async () => {
    const client = await started()
    client.say({ message: "EndOfStream", last_seq_no: 0 })
    client.hear(300)
    assert.deepInclude(client.frames.at(-1), { message: "Warning", type: "add_audio_after_eos" })
    assert.lengthOf(client.closes, 0)
  })
})

describe("errors", () => {
  const start = startRecognition()
  const before: ReadonlyArray<readonly [string, unknown, RealtimeError, number]> = [
    ["text that is not JSON", "{", "invalid_message", 1003],
    ["JSON without a message", {}, "invalid_message", 1003],
    ["anything before StartRecognition", { message: "GetSpeakers" }, "protocol_error", 1003],
    ["an unknown audio type", { ...start, audio_format: { type: "tape" } }, "invalid_audio_type", 1003],
    [
      "an unknown encoding",
      { ...start, audio_format: { type: "raw", encoding: "opus", sample_rate: 1 } },
      "invalid_audio_type",
      1003
    ],
    ["no audio format", { ...start, audio_format: undefined }, "invalid_audio_type", 1003],
    ["no configuration", { ...start, transcription_config: undefined }, "invalid_config", 1003],
    ["no language", { ...start, transcription_config: {} }, "invalid_config", 1003],
    ["a max_delay out of range", startRecognition({ max_delay: 0.5 }), "invalid_config", 1003],
    ["an unknown language", startRecognition({ language: "tlh" }), "invalid_language", 4004],
    ["an unknown model", startRecognition({ model: "best" }), "invalid_model", 4004]
  ]
  it.each(before)("follow %s", async (_name, message, type, code) => {
    const { emulator, open } = subject()
    const client = await open("/v2", emulator.apiKey)
    client.say(message)
    assert.deepInclude(client.frames.at(-1), { message: "Error", type })
    assert.strictEqual(client.closes[0]?.code, code)
    client.say(start)
    assert.strictEqual(client.frames.at(-1)?.["message"], "Error")
  })

  const after: ReadonlyArray<readonly [string, Frame, RealtimeError]> = [
    ["a second StartRecognition", start, "protocol_error"],
    ["an unknown message", { message: "Sing" }, "invalid_message"],
    ["an EndOfStream without a number", { message: "EndOfStream" }, "invalid_message"],
    [
      "a change of language",
      { message: "SetRecognitionConfig", transcription_config: { language: "de" } },
      "invalid_config"
    ],
    [
      "a change of model",
      { message: "SetRecognitionConfig", transcription_config: { model: "enhanced" } },
      "invalid_config"
    ],
    ["audio of one channel", { message: "AddChannelAudio", channel: "left", data: "" }, "not_allowed"]
  ]
  it.each(after)("follow %s in a running session", async (_name, message, type) => {
    const { emulator, open } = subject()
    const client = await open("/v2", emulator.apiKey)
    client.say(start)
    client.say(message)
    assert.deepInclude(client.frames.at(-1), { message: "Error", type })
    assert.lengthOf(client.closes, 1)
  })

  it("follow audio before StartRecognition, and messages after EndOfStream", async () => {
    const { emulator, open } = subject()
    const early = await open("/v2", emulator.apiKey)
    early.hear(20)
    assert.deepStrictEqual(early.closes, [{ code: 1003, reason: "protocol_error" }])
    const late = await open("/v2", emulator.apiKey)
    late.say(start)
    late.say({ message: "EndOfStream", last_seq_no: 0 })
    late.say({ message: "GetSpeakers" })
    assert.strictEqual(late.frames.at(-1)?.["type"], "protocol_error")
  })

  it("follow a language that is not the one in the path", async () => {
    const { emulator, open } = subject()
    const client = await open("/v2/de", emulator.apiKey)
    client.say(start)
    assert.strictEqual(client.frames.at(-1)?.["type"], "invalid_language")
  })

  const scripted: ReadonlyArray<readonly [RealtimeError, number, string]> = [
    ["timelimit_exceeded", 4006, "timelimit_exceeded"],
    ["job_error", 4013, "job_error"],
    ["not_allowed", 4003, "not_allowed"],
    ["unknown_error", 1011, "internal_error"]
  ]
  it.each(scripted)("include %s, with refuseSessions", async (error, code, reason) => {
    const { emulator, open } = subject()
    emulator.refuseSessions(error)
    const client = await open("/v2", emulator.apiKey)
    assert.deepInclude(client.frames[0], { message: "Error", type: error })
    assert.deepStrictEqual(client.closes, [{ code, reason }])
    assert.lengthOf((await open("/v2", emulator.apiKey)).closes, 0)
  })

  it("end every open session with interrupt", async () => {
    const { emulator, open } = subject()
    const clients = [await open("/v2", emulator.apiKey), await open("/v2", emulator.apiKey)]
    assert.strictEqual(emulator.sessions, 2)
    emulator.interrupt("job_error")
    for (const { closes } of clients) assert.deepStrictEqual(closes, [{ code: 4013, reason: "job_error" }])
    assert.strictEqual(emulator.sessions, 0)
  })
})
