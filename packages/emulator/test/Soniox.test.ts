import { assert, describe, it } from "vitest"
import * as Soniox from "../src/Soniox.ts"
import * as Speech from "../src/Speech.ts"
import { dial, type Frame, manualClock } from "./support.ts"

const setUp = (options: Soniox.Options = {}) => {
  const clock = manualClock()
  return { clock, emulator: Soniox.make({ clock, ...options }) }
}

const post = async (
  emulator: Soniox.Soniox,
  path: string,
  body: unknown,
  headers = bearer(emulator.apiKey),
  region = "us"
) => {
  const text = typeof body === "string" ? body : JSON.stringify(body)
  const response = await emulator.handle(
    new Request(`http://emulator.test${path}`, { method: "POST", headers, body: text }),
    region
  )
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) }
}

const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` })

const terms = { usage_type: "transcribe_websocket", expires_in_seconds: 60 }

const mint = async (emulator: Soniox.Soniox, extra: object = {}, region = "us"): Promise<string> => {
  const { body } = await post(emulator, "/v1/auth/temporary-api-key", { ...terms, ...extra }, undefined, region)
  return body.api_key
}

const get = async (emulator: Soniox.Soniox, path: string, headers = bearer(emulator.apiKey)) => {
  const response = await emulator.handle(new Request(`http://emulator.test${path}`, { headers }))
  return { status: response.status, body: await response.json() }
}

const start = { model: "stt-rt-v5", audio_format: "pcm_s16le", sample_rate: 16_000, num_channels: 1 }

/** So many milliseconds of 16 kHz samples. */
const audio = (milliseconds: number) => new Uint8Array(milliseconds * 32)

const openStt = (emulator: Soniox.Soniox, key: string, region = "us") =>
  dial(emulator, Soniox.transcribeRoute, { headers: bearer(key), region })

const openTts = (emulator: Soniox.Soniox, key: string) =>
  dial(emulator, Soniox.speechSocketRoute, { headers: bearer(key) })

const voice = { model: "tts-rt-v2", language: "en", voice: "Adrian", audio_format: "pcm_s16le", sample_rate: 16_000 }

/** An error frame without what differs from one to the next. */
const errorOf = (frame: Frame | undefined) => {
  const { error_code: code, error_type: type, error_message: message } = frame ?? {}
  return [code, type, message]
}

const invalidOrExpired =
  "Invalid or expired temporary API key. Create a new temporary API key and retry. See https://soniox.com/docs/guides/temporary-api-keys for details."

describe("minting", () => {
  it("answers 201 with a key and the time of its expiry, and nothing else", async () => {
    const { emulator } = setUp()
    const { status, body } = await post(emulator, "/v1/auth/temporary-api-key", terms)
    assert.strictEqual(status, 201)
    assert.hasAllKeys(body, ["api_key", "expires_at"])
    assert.match(body.api_key, /^snx_temp_[A-Z2-7]+$/)
    assert.strictEqual(body.expires_at, "2026-11-21T00:01:00.000Z")
  })

  it("mints keys of the older form", async () => {
    const { emulator } = setUp({ keyForm: "temp:" })
    assert.match(await mint(emulator), /^temp:[A-Z2-7]{26}$/)
  })

  it("tells what was asked of a key", async () => {
    const { emulator } = setUp()
    await mint(emulator, { single_use: true, max_session_duration_seconds: 9, client_reference_id: "user-1" })
    assert.include(emulator.issued[0], {
      usageType: "transcribe_websocket",
      region: "us",
      singleUse: true,
      maxSessionMilliseconds: 9000,
      clientReferenceId: "user-1",
      streams: 0
    })
  })

  it("takes null for what is optional", async () => {
    const { emulator } = setUp()
    const none = { single_use: null, max_session_duration_seconds: null, client_reference_id: null }
    assert.isString(await mint(emulator, none))
  })

  it("answers 401 to a key that is missing, wrong, temporary, or of another region, before it reads the body", async () => {
    const { emulator } = setUp({ apiKeys: { eu: "european" } })
    const temporary = await mint(emulator)
    for (const headers of [{}, bearer("wrong"), bearer(temporary), bearer("european"), { authorization: "wrong" }]) {
      const { status, body } = await post(emulator, "/v1/auth/temporary-api-key", "{", headers)
      assert.strictEqual(status, 401)
      assert.hasAllKeys(body, ["status_code", "error_type", "message", "validation_errors", "request_id", "more_info"])
      assert.deepInclude(body, {
        status_code: 401,
        error_type: "unauthenticated",
        validation_errors: [],
        more_info: "https://soniox.com/docs/api-reference/errors#unauthenticated"
      })
      assert.match(body.request_id, /^[0-9a-f-]{36}$/)
    }
    const { body } = await post(emulator, "/v1/auth/temporary-api-key", terms, bearer("wrong"))
    assert.strictEqual(body.message, "Incorrect API key provided. You can get an API key at https://console.soniox.com")
    assert.strictEqual(
      (await post(emulator, "/v1/auth/temporary-api-key", terms, bearer("european"), "eu")).status,
      201
    )
  })

  it("answers 403 to a key without the permission", async () => {
    const { emulator } = setUp({ apiKey: "limited", permissions: { limited: ["stt", "tts"] } })
    const { status, body } = await post(emulator, "/v1/auth/temporary-api-key", terms)
    assert.deepStrictEqual([status, body.error_type], [403, "permission_denied"])
  })

  it("reports every field that fails", async () => {
    const { emulator } = setUp()
    const { status, body } = await post(emulator, "/v1/auth/temporary-api-key", {
      usage_type: "agent",
      expires_in_seconds: 3601,
      client_reference_id: "x".repeat(257),
      single_use: "perhaps",
      max_session_duration_seconds: 0
    })
    assert.strictEqual(status, 400)
    assert.strictEqual(body.error_type, "invalid_request")
    assert.match(body.message, /^Your request did not pass validation\./)
    assert.deepStrictEqual(body.validation_errors, [
      {
        error_type: "enum",
        location: "body.payload.usage_type",
        message: "Input should be 'transcribe_websocket' or 'tts_rt'"
      },
      {
        error_type: "less_than_equal",
        location: "body.payload.expires_in_seconds",
        message: "Input should be less than or equal to 3600"
      },
      {
        error_type: "string_too_long",
        location: "body.payload.client_reference_id",
        message: "String should have at most 256 characters"
      },
      {
        error_type: "bool_parsing",
        location: "body.payload.single_use",
        message: "Input should be a valid boolean, unable to interpret input"
      },
      {
        error_type: "greater_than_equal",
        location: "body.payload.max_session_duration_seconds",
        message: "Input should be greater than or equal to 1"
      }
    ])
    assert.isEmpty(emulator.issued)
  })

  it.each([
    [{ expires_in_seconds: 60 }, "missing"],
    [{ usage_type: "tts_rt" }, "missing"],
    [{ ...terms, expires_in_seconds: null }, "int_type"],
    [{ ...terms, expires_in_seconds: 1.5 }, "int_from_float"],
    [{ ...terms, expires_in_seconds: "soon" }, "int_parsing"],
    [{ ...terms, expires_in_seconds: 0 }, "greater_than_equal"],
    [{ ...terms, client_reference_id: 1 }, "string_type"],
    [{ ...terms, single_use: [] }, "bool_type"],
    [{ ...terms, max_session_duration_seconds: 18_001 }, "less_than_equal"],
    [[], "model_attributes_type"],
    ["", "missing"],
    ["{", "json_invalid"]
  ])("names what is wrong with %j", async (payload, errorType) => {
    const { emulator } = setUp()
    const { status, body } = await post(emulator, "/v1/auth/temporary-api-key", payload)
    assert.strictEqual(status, 400)
    assert.deepStrictEqual(
      body.validation_errors.map((error: { error_type: string }) => error.error_type),
      [errorType]
    )
  })

  it("takes numbers and flags that are written as strings, as Pydantic does", async () => {
    const { emulator } = setUp()
    await mint(emulator, { expires_in_seconds: "30", single_use: "true" })
    assert.include(emulator.issued[0], { expiresAt: Date.UTC(2026, 10, 21) + 30_000, singleUse: true })
  })

  it("answers 429 beyond the limit of a minute", async () => {
    const { clock, emulator } = setUp({ mintsPerMinute: 1, retryAfter: "seconds" })
    await mint(emulator)
    const { status, body, headers } = await post(emulator, "/v1/auth/temporary-api-key", terms)
    assert.strictEqual(status, 429)
    assert.strictEqual(
      body.message,
      "Requests per minute limit for temporary API key creation has been exceeded for your organization."
    )
    assert.strictEqual(headers.get("retry-after"), "60")
    clock.advance(60_000)
    assert.strictEqual((await post(emulator, "/v1/auth/temporary-api-key", terms)).status, 201)
  })

  it("answers with the vendor's own error where a test asks for it", async () => {
    const { emulator } = setUp()
    emulator.faults.add(Soniox.mintRoute, Soniox.mintFault("internal_error"))
    const { status, body } = await post(emulator, "/v1/auth/temporary-api-key", terms)
    assert.deepStrictEqual([status, body.error_type], [500, "internal_error"])
    assert.strictEqual(
      body.message,
      "The server encountered an error. Please try again. If the issue persists contact support@soniox.com."
    )
    assert.strictEqual((await post(emulator, "/v1/auth/temporary-api-key", terms)).status, 201)
  })
})

describe("hosts and routes", () => {
  it("answers for the hosts of every region", async () => {
    const { emulator } = setUp({ apiKeys: { eu: "european", jp: "japanese", in: "indian" } })
    const keys: Record<string, string> = { us: emulator.apiKey, eu: "european", jp: "japanese", in: "indian" }
    for (const [host, region] of Object.entries(emulator.hosts)) {
      const url = `https://${host}/v1/auth/temporary-api-key`
      const headers = bearer(keys[region] ?? "")
      const request = new Request(url, { method: "POST", headers, body: JSON.stringify(terms) })
      assert.strictEqual((await emulator.handle(request)).status, 201, host)
    }
    assert.sameMembers(Object.keys(emulator.hosts), [
      "api.soniox.com",
      "stt-rt.soniox.com",
      "tts-rt.soniox.com",
      "api.eu.soniox.com",
      "stt-rt.eu.soniox.com",
      "tts-rt.eu.soniox.com",
      "api.jp.soniox.com",
      "stt-rt.jp.soniox.com",
      "tts-rt.jp.soniox.com",
      "api.in.soniox.com",
      "stt-rt.in.soniox.com",
      "tts-rt.in.soniox.com"
    ])
  })

  it("points the environment at an origin", () => {
    const { emulator } = setUp({ apiKey: "key" })
    assert.deepStrictEqual(emulator.env("http://127.0.0.1:4801"), {
      SONIOX_API_KEY: "key",
      SONIOX_API_BASE_URL: "http://127.0.0.1:4801",
      SONIOX_WS_URL: "ws://127.0.0.1:4801/transcribe-websocket",
      SONIOX_TTS_WS_URL: "ws://127.0.0.1:4801/tts-websocket"
    })
  })

  it("answers 404 and 405 in the shape of its errors", async () => {
    const { emulator } = setUp()
    const nowhere = await get(emulator, "/v1/nowhere")
    assert.deepStrictEqual([nowhere.status, nowhere.body.status_code], [404, 404])
    const wrong = await get(emulator, "/v1/auth/temporary-api-key")
    assert.deepStrictEqual([wrong.status, wrong.body.status_code], [405, 405])
  })

  it("sets the date by its own clock", async () => {
    const { emulator } = setUp({ dateOffset: 60_000 })
    const { headers } = await post(emulator, "/v1/auth/temporary-api-key", terms)
    assert.strictEqual(headers.get("date"), "Sat, 21 Nov 2026 00:01:00 GMT")
  })
})

describe("presenting a key", () => {
  it("takes it from the header", async () => {
    const { emulator } = setUp()
    const socket = await openStt(emulator, await mint(emulator))
    socket.send(start)
    socket.send(audio(300))
    assert.strictEqual(socket.frames[0]?.tokens?.[0]?.text, "the")
    assert.isUndefined(socket.protocol)
  })

  it("takes it from the list of protocols, and answers with its own", async () => {
    const { emulator } = setUp()
    const headers = { "sec-websocket-protocol": `soniox-api-key, ${await mint(emulator)}` }
    const socket = await dial(emulator, Soniox.transcribeRoute, { headers })
    socket.send(start)
    socket.send(audio(300))
    assert.lengthOf(socket.frames, 1)
    assert.strictEqual(socket.protocol, "soniox-api-key")
  })

  it("takes it from the first message until 2027-01-15", async () => {
    const { clock, emulator } = setUp()
    const key = await mint(emulator, { expires_in_seconds: 3600 })
    const early = await dial(emulator, Soniox.transcribeRoute)
    early.send({ ...start, api_key: key })
    early.send(audio(300))
    assert.lengthOf(early.frames, 1)

    clock.advance(Date.UTC(2027, 0, 15) - clock.now())
    const late = await dial(emulator, Soniox.transcribeRoute)
    late.send({ ...start, api_key: emulator.apiKey })
    assert.deepStrictEqual(errorOf(late.frames[0]), [
      401,
      "unauthenticated",
      'Missing API key. Send it with the connection: the Authorization header "Bearer <api_key>", or soniox-api-key and the key in the WebSocket protocols list.'
    ])
    const silent = await dial(emulator, Soniox.transcribeRoute)
    clock.advance(1000)
    assert.strictEqual(silent.frames[0]?.error_code, 401)
  })

  it("opens with a bad key, says so about a second later, and closes normally", async () => {
    const { clock, emulator } = setUp()
    const socket = await openStt(emulator, "wrong")
    clock.advance(999)
    assert.isEmpty(socket.frames)
    clock.advance(1)
    assert.hasAllKeys(socket.frames[0], [
      "tokens",
      "error_code",
      "error_type",
      "error_message",
      "more_info",
      "request_id"
    ])
    assert.strictEqual(socket.frames[0]?.error_code, 401)
    assert.strictEqual(socket.code(), 1000)
    assert.strictEqual(emulator.sessions, 0)
  })

  it("says so at once where a stream is started", async () => {
    const { emulator } = setUp()
    const socket = await openStt(emulator, "snx_temp_unknown")
    socket.send(start)
    assert.deepStrictEqual(errorOf(socket.frames[0]), [401, "unauthenticated", invalidOrExpired])
    assert.strictEqual(socket.code(), 1000)
  })

  it("refuses a key that comes in two ways, or in none that it knows", async () => {
    const { clock, emulator } = setUp()
    const { apiKey } = emulator
    const cases: ReadonlyArray<readonly [Record<string, string>, string]> = [
      [
        { ...bearer(apiKey), "sec-websocket-protocol": `soniox-api-key, ${apiKey}` },
        "Send the API key either in the Authorization header or in the WebSocket protocols list, not both."
      ],
      [{ authorization: `Token ${apiKey}` }, 'Authorization header must be "Bearer <api_key>".'],
      [
        { "sec-websocket-protocol": "soniox-api-key" },
        "soniox-api-key must be sent in the WebSocket protocols list together with exactly one other entry, the API key."
      ],
      [
        { "sec-websocket-protocol": `soniox-api-key, ${apiKey}, chat` },
        "soniox-api-key must be sent in the WebSocket protocols list together with exactly one other entry, the API key."
      ]
    ]
    for (const [headers, message] of cases) {
      const socket = await dial(emulator, Soniox.transcribeRoute, { headers })
      clock.advance(1000)
      assert.deepStrictEqual(errorOf(socket.frames[0]), [400, "invalid_request", message])
      assert.strictEqual(socket.code(), 1000)
    }
  })

  it("takes the connection's key again in the message, but no other", async () => {
    const { emulator } = setUp()
    const same = await openStt(emulator, emulator.apiKey)
    same.send({ ...start, api_key: emulator.apiKey })
    assert.isEmpty(same.frames)
    const other = await openStt(emulator, emulator.apiKey)
    other.send({ ...start, api_key: await mint(emulator) })
    assert.deepStrictEqual(errorOf(other.frames[0]), [
      400,
      "invalid_request",
      "The api_key in the start request does not match the API key sent with the connection. Send the same key or omit it."
    ])
  })

  it("waits ten seconds for a message with the key", async () => {
    const { clock, emulator } = setUp()
    const socket = await dial(emulator, Soniox.transcribeRoute)
    clock.advance(9_999)
    assert.isUndefined(socket.code())
    clock.advance(1)
    assert.deepStrictEqual(errorOf(socket.frames[0]), [408, "request_timeout", "Start request timeout."])
    const keyless = await dial(emulator, Soniox.transcribeRoute)
    keyless.send(start)
    assert.match(String(keyless.frames[0]?.error_message), /^Missing API key\. Provide API key as a header/)
  })
})

describe("what a temporary key is good for", () => {
  it("opens no stream after its expiry, but one that is open goes on", async () => {
    const { clock, emulator } = setUp()
    const key = await mint(emulator)
    const running = await openStt(emulator, key)
    running.send(start)
    for (let second = 0; second < 60; second += 10) {
      clock.advance(10_000)
      running.send(audio(300))
    }
    assert.isUndefined(running.code())
    const late = await openStt(emulator, key)
    late.send(start)
    assert.deepStrictEqual(errorOf(late.frames[0]), [401, "unauthenticated", invalidOrExpired])
  })

  it("expires at once where a test says so", async () => {
    const { emulator } = setUp()
    const key = await mint(emulator)
    emulator.expireAll()
    const socket = await openStt(emulator, key)
    socket.send(start)
    assert.strictEqual(socket.frames[0]?.error_code, 401)
  })

  it("is checked once: a stream may be started after its expiry on a connection that was let in before", async () => {
    const { clock, emulator } = setUp()
    const socket = await openStt(emulator, await mint(emulator, { expires_in_seconds: 5 }))
    clock.advance(6000)
    socket.send(start)
    assert.isEmpty(socket.frames)
  })

  it("is spent by the first stream where it is for one use, and not by one that was refused", async () => {
    const { clock, emulator } = setUp()
    const key = await mint(emulator, { single_use: true })
    const malformed = await openStt(emulator, key)
    malformed.send({ ...start, model: "none" })
    assert.strictEqual(malformed.frames[0]?.error_code, 400)
    const unused = await openStt(emulator, key)
    clock.advance(1000)
    const first = await openStt(emulator, key)
    first.send(start)
    assert.isUndefined(first.code())
    const second = await openStt(emulator, key)
    second.send(start)
    unused.send(start)
    assert.deepStrictEqual(errorOf(second.frames[0]), [401, "unauthenticated", invalidOrExpired])
    assert.deepStrictEqual(errorOf(unused.frames[0]), [401, "unauthenticated", invalidOrExpired])
    assert.strictEqual(emulator.issued[0]?.streams, 1)
  })

  it("opens any number of streams otherwise", async () => {
    const { emulator } = setUp()
    const key = await mint(emulator)
    for (let count = 0; count < 5; count += 1) {
      const socket = await openStt(emulator, key)
      socket.send(start)
      assert.isUndefined(socket.code())
    }
    assert.strictEqual(emulator.issued[0]?.streams, 5)
  })

  it("opens only the product that it was minted for", async () => {
    const { emulator } = setUp()
    const socket = await openStt(emulator, await mint(emulator, { usage_type: "tts_rt" }))
    socket.send(start)
    assert.deepStrictEqual(errorOf(socket.frames[0]), [
      401,
      "unauthenticated",
      "The temporary API key cannot be used for this action. Each temporary API key is scoped to a specific `usage_type`; create a new key with the correct usage type."
    ])
  })

  it("is unknown in any other region", async () => {
    const { emulator } = setUp()
    const socket = await openStt(emulator, await mint(emulator), "eu")
    socket.send(start)
    assert.deepStrictEqual(errorOf(socket.frames[0]), [401, "unauthenticated", invalidOrExpired])
  })

  it("cuts a session that lasts too long, counted from the connection", async () => {
    const { clock, emulator } = setUp()
    const socket = await openStt(emulator, await mint(emulator, { max_session_duration_seconds: 15 }))
    clock.advance(5000)
    socket.send(start)
    socket.send(audio(1000))
    clock.advance(9999)
    assert.isUndefined(socket.code())
    clock.advance(1)
    assert.deepStrictEqual(errorOf(socket.frames.at(-1)), [
      403,
      "temp_api_key_session_expired",
      "Temporary API key session duration limit exceeded. Create a new temporary API key to start a new session."
    ])
    assert.strictEqual(socket.code(), 1000)
  })

  it("is kept from a product that the long-lived key has no permission for", async () => {
    const { emulator } = setUp({ apiKey: "limited", permissions: { limited: ["tts"] } })
    const socket = await openStt(emulator, "limited")
    socket.send(start)
    assert.deepStrictEqual(errorOf(socket.frames[0]), [
      403,
      "permission_denied",
      "The API key does not have permission for this product. Edit the key's permissions at https://console.soniox.com"
    ])
  })
})

describe("transcribing", () => {
  const open = async (options: Soniox.Options = {}, request: object = {}) => {
    const { clock, emulator } = setUp(options)
    const socket = await openStt(emulator, emulator.apiKey)
    socket.send({ ...start, ...request })
    return { clock, emulator, socket }
  }

  it("sends words again until they are final, then once", async () => {
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

  it("ends with an empty text: what is left becomes final, then it is finished and closed", async () => {
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

  it("makes all words final when it is asked to", async () => {
    const { socket } = await open()
    socket.send(audio(600))
    socket.send({ type: "finalize" })
    assert.deepStrictEqual(
      socket.frames.at(-1)?.tokens?.map(({ text }) => text),
      ["the", " long", "<fin>"]
    )
    assert.isTrue(socket.frames.at(-1)?.tokens?.every(({ is_final }) => is_final))
  })

  it("marks the end of a turn only where that was asked for", async () => {
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

  it("names speaker and language where that was asked for", async () => {
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

  it("hears audio in base64, and files", async () => {
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

  it("refuses a model that it doesn't have", async () => {
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

  it("limits connections where it is told a number", async () => {
    const { clock, emulator } = setUp({ connections: 1 })
    const first = await openStt(emulator, emulator.apiKey)
    const second = await openStt(emulator, emulator.apiKey)
    clock.advance(1000)
    assert.isUndefined(first.code())
    assert.deepStrictEqual(errorOf(second.frames[0]).slice(0, 2), [429, "max_concurrent_connections_reached"])
  })

  it("refuses or interrupts streams where a test asks for it", async () => {
    const { emulator, socket } = await open()
    emulator.refuseStreams("organization_balance_exhausted")
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
    const meter = Speech.meter("file")
    for (const frame of socket.frames.slice(0, 2)) meter.add(decode(frame))
    assert.strictEqual(meter.milliseconds(), 600)
  })

  it("runs up to five streams on a connection, each of them by itself", async () => {
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

  it("ends only the stream that something is wrong with", async () => {
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

  it("closes the connection where the key or the message is wrong", async () => {
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

  it("takes the key from each first message", async () => {
    const { emulator } = setUp()
    const key = await mint(emulator, { usage_type: "tts_rt" })
    const socket = await dial(emulator, Soniox.speechSocketRoute)
    socket.send({ ...voice, stream_id: "a", api_key: key })
    assert.isEmpty(socket.frames)
    emulator.expireAll()
    socket.send({ ...voice, stream_id: "b", api_key: key })
    assert.deepStrictEqual(errorOf(socket.frames[0]), [401, "unauthenticated", invalidOrExpired])
  })

  it("gives a key for one use one stream", async () => {
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

describe("the books", () => {
  it("counts the streams that are open", async () => {
    const { emulator } = setUp()
    const socket = await openStt(emulator, emulator.apiKey)
    socket.send(start)
    const { body } = await get(emulator, "/v1/concurrency-limits")
    const scope = {
      current: { transcribe_concurrent: 1, tts_concurrent: 0 },
      limits: { transcribe_concurrent: 10, tts_concurrent: 3 }
    }
    assert.deepStrictEqual(body, { project: scope, organization: scope })
    assert.strictEqual((await get(emulator, "/v1/concurrency-limits", bearer("wrong"))).status, 401)
  })

  it("logs streams that were completed, under the identifier of their key", async () => {
    const { clock, emulator } = setUp()
    const key = await mint(emulator, { client_reference_id: "user-1" })
    for (const [bearerKey, reference] of [
      [key, "forged"],
      [emulator.apiKey, "own"]
    ]) {
      const socket = await openStt(emulator, bearerKey ?? "")
      socket.send({ ...start, client_reference_id: reference })
      socket.send(audio(900))
      clock.advance(1000)
      socket.send("")
    }
    const broken = await openStt(emulator, key)
    broken.send(start)
    broken.hangUp()
    const { body } = await get(
      emulator,
      "/v1/usage-logs?start_time=2026-11-21T00:00:00Z&end_time=2026-11-22T00:00:00Z&sort=end_time_desc"
    )
    assert.deepStrictEqual(
      body.usage_logs.map((log: Record<string, unknown>) => [
        log.client_reference_id,
        log.input_audio_duration_ms,
        log.end_time
      ]),
      [
        ["own", 900, "2026-11-21T00:00:02.000Z"],
        ["user-1", 900, "2026-11-21T00:00:01.000Z"]
      ]
    )
    assert.isNull(body.next_page_cursor)
    assert.strictEqual((await get(emulator, "/v1/usage-logs?start_time=now")).status, 400)
  })
})
