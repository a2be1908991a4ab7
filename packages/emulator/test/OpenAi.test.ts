import { once } from "node:events"
import { assert, describe, it } from "vitest"
import * as Node from "../src/Node.ts"
import * as OpenAi from "../src/OpenAi.ts"
import { dial, type Frame, manualClock } from "./support.ts"
import { ask, bearer, offering, refusal } from "./vendors.ts"

const setUp = (options: OpenAi.Options = {}) => {
  const clock = manualClock()
  return { clock, emulator: OpenAi.make({ clock, ...options }) }
}

const post = (emulator: OpenAi.OpenAi, body?: unknown, headers = bearer(emulator.apiKey), route = OpenAi.mintRoute) =>
  ask(emulator, route, body, headers)

const mint = async (emulator: OpenAi.OpenAi, body: object = {}): Promise<string> =>
  (await post(emulator, body)).body.value

const insecure = (credential: string) => offering("realtime", `openai-insecure-api-key.${credential}`)

const codeOf = (frame: Frame | undefined) => (frame?.["error"] as { code: string } | undefined)?.code

const realtime = `${OpenAi.realtimeRoute}?model=gpt-realtime`

describe("minting", () => {
  it("answers 200 with a secret, its expiry in seconds since the epoch, and the session in full", async () => {
    const { clock, emulator } = setUp()
    const session = { type: "realtime", instructions: "Be brief.", audio: { output: { voice: "marin" } } }
    const asked = { expires_after: { anchor: "created_at", seconds: 60 }, session }
    const { body, headers, status } = await post(emulator, asked)
    assert.strictEqual(status, 200)
    assert.hasAllKeys(body, ["value", "expires_at", "session"])
    assert.match(body.value, /^ek_[0-9a-f]{32}$/)
    assert.strictEqual(body.expires_at, clock.now() / 1000 + 60)
    assert.match(headers.get("x-request-id") ?? "", /^req_/)
    assert.deepInclude(body.session, {
      type: "realtime",
      object: "realtime.session",
      model: "gpt-realtime",
      instructions: "Be brief.",
      tool_choice: "auto",
      expires_at: 0
    })
    assert.deepInclude(body.session.audio.output, { voice: "marin", speed: 1 })
  })

  it.each([undefined, "", {}, { expires_after: null }, { session: null }, { expires_after: { anchor: "created_at" } }])(
    "gives 600 s and a conversation to a body of %j",
    async (asked) => {
      const { clock, emulator } = setUp()
      const { body } = await post(emulator, asked)
      assert.strictEqual(body.expires_at, clock.now() / 1000 + 600)
      assert.strictEqual(body.session.type, "realtime")
    }
  )

  it("mints for a transcription", async () => {
    const { emulator } = setUp()
    const { body } = await post(emulator, { session: { type: "transcription" } })
    assert.deepInclude(body.session, { type: "transcription", object: "realtime.transcription_session" })
    assert.notProperty(body.session, "model")
  })

  it("keeps the safety identifier of the mint", async () => {
    const { emulator } = setUp()
    await post(emulator, {}, { ...bearer(emulator.apiKey), "openai-safety-identifier": "hashed" })
    await mint(emulator)
    assert.deepStrictEqual(
      emulator.issued.map(({ safetyIdentifier }) => safetyIdentifier),
      ["hashed", undefined]
    )
  })

  const expiry = (expires_after: unknown) => ({ expires_after })
  it.each([
    [{ ttl: 60 }, "unknown_parameter", "ttl", "Unknown parameter: 'ttl'."],
    [expiry(60), "invalid_type", "expires_after", "Invalid type for 'expires_after': expected an object."],
    [
      expiry({ seconds: 60 }),
      "missing_required_parameter",
      "expires_after.anchor",
      "Missing required parameter: 'expires_after.anchor'."
    ],
    [
      expiry({ anchor: "now" }),
      "invalid_value",
      "expires_after.anchor",
      "Invalid value: 'now'. Supported values are: 'created_at'."
    ],
    [
      expiry({ anchor: "created_at", seconds: 9 }),
      "integer_below_min_value",
      "expires_after.seconds",
      "Invalid 'expires_after.seconds': integer below minimum value. Expected a value >= 10, but got 9 instead."
    ],
    [
      expiry({ anchor: "created_at", seconds: 7201 }),
      "integer_above_max_value",
      "expires_after.seconds",
      "Invalid 'expires_after.seconds': integer above maximum value. Expected a value <= 7200, but got 7201 instead."
    ],
    [
      expiry({ anchor: "created_at", seconds: 10.5 }),
      "invalid_type",
      "expires_after.seconds",
      "Invalid type for 'expires_after.seconds': expected an integer."
    ],
    [{ session: "realtime" }, "invalid_type", "session", "Invalid type for 'session': expected an object."],
    [{ session: {} }, "missing_required_parameter", "session.type", "Missing required parameter: 'session.type'."],
    [
      { session: { type: "translation" } },
      "invalid_value",
      "session.type",
      "Invalid value: 'translation'. Supported values are: 'realtime', 'transcription'."
    ],
    [
      { session: { type: "realtime", model: 1 } },
      "invalid_type",
      "session.model",
      "Invalid type for 'session.model': expected a string."
    ]
  ])("answers 400 to %j", async (asked, code, param, message) => {
    const { emulator } = setUp()
    const { body, status } = await post(emulator, asked)
    assert.strictEqual(status, 400)
    assert.deepStrictEqual(body, { error: { message, type: "invalid_request_error", param, code } })
    assert.isEmpty(emulator.issued)
  })

  it.each([10, 7200])("accepts %d seconds", async (seconds) => {
    const { clock, emulator } = setUp()
    const { body } = await post(emulator, { expires_after: { anchor: "created_at", seconds } })
    assert.strictEqual(body.expires_at, clock.now() / 1000 + seconds)
  })

  it("accepts a body without the anchor with the option", async () => {
    const { clock, emulator } = setUp({ anchorRequired: false })
    const { body } = await post(emulator, { expires_after: { seconds: 60 } })
    assert.strictEqual(body.expires_at, clock.now() / 1000 + 60)
  })

  it("answers 400 to a body that is not a JSON object", async () => {
    const { emulator } = setUp()
    const { body, status } = await post(emulator, "{")
    assert.strictEqual(status, 400)
    assert.match(body.error.message, /^We could not parse the JSON body/)
  })

  it("answers 401 to a key that is missing, wrong, or a secret, and shows the ends of it", async () => {
    const { emulator } = setUp()
    const missing = await post(emulator, {}, {})
    assert.strictEqual(missing.status, 401)
    assert.match(missing.body.error.message, /^You didn't provide an API key\./)
    const { body, status } = await post(emulator, {}, bearer(`ek_0000000${"7".repeat(21)}0000`))
    assert.strictEqual(status, 401)
    assert.deepInclude(body.error, { code: "invalid_api_key", type: "invalid_request_error", param: null })
    const shown = `ek_00000${"*".repeat(23)}0000`
    assert.strictEqual(
      body.error.message,
      `Incorrect API key provided: ${shown}. You can find your API key at https://platform.openai.com/account/api-keys.`
    )
    assert.strictEqual((await post(emulator, {}, bearer(await mint(emulator)))).status, 401)
    assert.include((await post(emulator, {}, bearer("short"))).body.error.message, "provided: short.")
  })

  it("mints for a translation at its own endpoint, which needs a session with a model", async () => {
    const { clock, emulator } = setUp()
    const translate = (body: object) => post(emulator, body, bearer(emulator.apiKey), OpenAi.mintTranslationRoute)
    const session = { model: "gpt-realtime-translate", audio: { output: { language: "es" } } }
    const { body, status } = await translate({ session })
    assert.strictEqual(status, 200)
    assert.deepInclude(body.session, { type: "translation", model: "gpt-realtime-translate" })
    assert.deepStrictEqual([body.session.audio.output.language, body.session.expires_at], ["es", body.expires_at])
    assert.strictEqual(body.expires_at, clock.now() / 1000 + 600)
    assert.strictEqual((await translate({})).body.error.param, "session")
    assert.strictEqual((await translate({ session: {} })).body.error.param, "session.model")
    const socket = await dial(emulator, realtime, { headers: insecure(body.value) })
    assert.strictEqual(socket.code(), 3000)
  })

  it("answers 429 beyond the limit of a minute, and with the vendor's own errors under a fault", async () => {
    const { emulator } = setUp({ mintsPerMinute: 0 })
    assert.deepInclude(await post(emulator), { status: 429 })
    emulator.faults.add(OpenAi.mintRoute, OpenAi.mintFault("insufficient_quota"))
    assert.strictEqual((await post(emulator)).body.error.code, "insufficient_quota")
  })
})

describe("authentication", () => {
  it("accepts the key or a secret, as a bearer token or among the subprotocols, any number of times", async () => {
    const { emulator } = setUp()
    const secret = await mint(emulator)
    for (const credential of [emulator.apiKey, secret]) {
      for (const [headers, protocol] of [
        [bearer(credential), undefined],
        [insecure(credential), "realtime"],
        [offering("realtime", `openai-insecure-api-key.${credential}`, "openai-organization.org-1"), "realtime"]
      ] as const) {
        const socket = await dial(emulator, realtime, { headers })
        assert.strictEqual(socket.protocol, protocol)
        assert.strictEqual(socket.frames[0]?.["type"], "session.created")
        assert.isUndefined(socket.code())
      }
    }
    assert.strictEqual(emulator.issued[0]?.sessions, 3)
    assert.strictEqual(emulator.sessions, 6)
  })

  it("refuses a wrong, expired or missing credential after the upgrade, with an event and 3000", async () => {
    const { clock, emulator } = setUp()
    const secret = await mint(emulator, { expires_after: { anchor: "created_at", seconds: 10 } })
    clock.advance(9_999)
    assert.isUndefined((await dial(emulator, realtime, { headers: insecure(secret) })).code())
    clock.advance(1)
    for (const headers of [insecure(secret), bearer("wrong"), insecure("wrong"), offering("realtime"), {}]) {
      const socket = await dial(emulator, realtime, { headers })
      assert.lengthOf(socket.frames, 1)
      assert.deepNestedInclude(socket.frames[0], {
        type: "error",
        "error.code": "invalid_api_key",
        "error.type": "invalid_request_error",
        "error.event_id": null
      })
      assert.strictEqual(socket.code(), 3000)
    }
    assert.strictEqual(emulator.issued[0]?.sessions, 1)
  })

  it("expires all secrets with expireAll, and open sessions continue", async () => {
    const { emulator } = setUp()
    const secret = await mint(emulator)
    const open = await dial(emulator, realtime, { headers: insecure(secret) })
    emulator.expireAll()
    assert.strictEqual((await dial(emulator, realtime, { headers: insecure(secret) })).code(), 3000)
    assert.isUndefined(open.code())
  })

  it("refuses two credentials before the upgrade", async () => {
    const { emulator } = setUp()
    const secret = await mint(emulator)
    const { body, status } = await refusal(emulator, realtime, { ...bearer(secret), ...insecure(secret) })
    assert.strictEqual(status, 400)
    assert.strictEqual(body.error.message, "You must only send one of protocol api key and Authorization header")
  })

  it.each([
    ["/v1/realtime", {}, "missing_model"],
    ["/v1/realtime?model=gpt-4o", {}, "invalid_model"],
    [realtime, { "openai-beta": "realtime=v1" }, "beta_api_shape_disabled"]
  ])("refuses %s %j with 4000", async (path, headers, code) => {
    const { emulator } = setUp()
    const socket = await dial(emulator, path, { headers: { ...bearer(emulator.apiKey), ...headers } })
    assert.strictEqual(codeOf(socket.frames[0]), code)
    assert.strictEqual(socket.code(), 4000)
  })

  it("applies the configuration of the secret, which the client can change", async () => {
    const { emulator } = setUp()
    const session = { type: "realtime", model: "gpt-realtime-mini", instructions: "Be brief." }
    const headers = insecure(await mint(emulator, { session }))
    const bound = await dial(emulator, OpenAi.realtimeRoute, { headers })
    assert.deepNestedInclude(bound.frames[0], {
      "session.model": "gpt-realtime-mini",
      "session.instructions": "Be brief."
    })
    const other = await dial(emulator, realtime, { headers })
    other.send({ type: "session.update", session: { type: "transcription", instructions: "Be long." } })
    assert.deepNestedInclude(other.frames[0], { "session.model": "gpt-realtime" })
    assert.deepNestedInclude(other.frames[1], {
      type: "session.updated",
      "session.instructions": "Be long.",
      "session.type": "realtime"
    })
  })

  it("refuses the next sessions with refuseSessions", async () => {
    const { emulator } = setUp()
    emulator.refuseSessions("insufficient_quota")
    const headers = bearer(emulator.apiKey)
    const refused = await dial(emulator, realtime, { headers })
    assert.strictEqual(codeOf(refused.frames[0]), "insufficient_quota")
    assert.isUndefined((await dial(emulator, realtime, { headers })).code())
  })
})

describe("a session", () => {
  const open = async (options: OpenAi.Options = {}, path = realtime) => {
    const { clock, emulator } = setUp(options)
    return { clock, socket: await dial(emulator, path, { headers: bearer(emulator.apiKey) }) }
  }
  const types = (frames: ReadonlyArray<Readonly<Record<string, unknown>>>) => frames.map(({ type }) => type)

  it("lasts 60 minutes", async () => {
    const { clock, socket } = await open()
    assert.deepNestedInclude(socket.frames[0], { "session.expires_at": clock.now() / 1000 + 3600 })
    clock.advance(60 * 60_000 - 1)
    assert.isUndefined(socket.code())
    clock.advance(1)
    assert.deepNestedInclude(socket.frames.at(-1), {
      "error.code": "session_expired",
      "error.message": "Your session hit the maximum duration of 60 minutes."
    })
    assert.strictEqual(socket.code(), 1001)
  })

  it("answers with a text", async () => {
    const { socket } = await open()
    socket.send({ type: "conversation.item.create", item: { type: "message", role: "user", content: [] } })
    socket.send({ type: "response.create" })
    assert.deepStrictEqual(
      [...new Set(types(socket.frames))],
      [
        "session.created",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
        "response.output_item.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.output_item.done",
        "response.done"
      ]
    )
    const deltas = socket.frames
      .filter(({ type }) => type === "response.output_text.delta")
      .map((each) => each["delta"])
    const done = socket.frames.find(({ type }) => type === "response.output_text.done")
    assert.strictEqual(deltas.join(""), done?.["text"])
    assert.isTrue(socket.frames.every((frame) => typeof frame["event_id"] === "string"))
  })

  it("transcribes committed audio in a transcription session", async () => {
    const { socket } = await open({}, `${OpenAi.realtimeRoute}?intent=transcription`)
    const append = (milliseconds: number) =>
      socket.send({ type: "input_audio_buffer.append", audio: btoa("\0".repeat(milliseconds * 48)) })
    append(300)
    socket.send({ type: "input_audio_buffer.clear" })
    append(600)
    socket.send({ type: "input_audio_buffer.commit" })
    const last = socket.frames.at(-1)
    assert.strictEqual(last?.["type"], "conversation.item.input_audio_transcription.completed")
    assert.strictEqual(last?.["transcript"], "the long")
    assert.include(types(socket.frames), "input_audio_buffer.cleared")
    const conversation = await open()
    conversation.socket.send({ type: "input_audio_buffer.commit" })
    assert.strictEqual(types(conversation.socket.frames).at(-1), "conversation.item.done")
  })

  it("continues after an invalid message", async () => {
    const { socket } = await open()
    for (const message of [{ type: "toString", event_id: "mine" }, "{", new Uint8Array(2)]) socket.send(message)
    assert.deepStrictEqual(
      socket.frames
        .slice(1)
        .map(({ error }) => error as { code: string; event_id: string | null })
        .map(({ code, event_id }) => [code, event_id]),
      [
        ["invalid_value", "mine"],
        ["invalid_json", null],
        ["invalid_event", null]
      ]
    )
    assert.isUndefined(socket.code())
  })
})

describe("calls", () => {
  const offer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nm=audio 50000 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"
  const call = (emulator: OpenAi.OpenAi, body: unknown, credential: string, type?: string) =>
    ask(emulator, OpenAi.callsRoute, body, {
      ...bearer(credential),
      ...(type === undefined ? {} : { "content-type": type })
    })

  it("answers an offer with a secret or the key by 201, all media, and the call's location", async () => {
    const { emulator } = setUp()
    const secret = await mint(emulator)
    for (const credential of [secret, emulator.apiKey]) {
      const { headers, status, text } = await call(emulator, offer, credential, "application/sdp")
      assert.strictEqual(status, 201)
      assert.strictEqual(headers.get("content-type"), "application/sdp")
      assert.match(headers.get("location") ?? "", /^\/v1\/realtime\/calls\/rtc_\w+$/)
      assert.match(text, /^v=0\r\n/)
      assert.include(text, "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n")
      assert.include(text, "a=setup:active")
    }
    assert.strictEqual(emulator.issued[0]?.sessions, 1)
  })

  it("accepts a form with the offer and a session", async () => {
    const { emulator } = setUp()
    const form = (session: object) => {
      const data = new FormData()
      data.set("sdp", new Blob([offer], { type: "application/sdp" }))
      data.set("session", JSON.stringify(session))
      return data
    }
    assert.strictEqual((await call(emulator, form({ type: "realtime" }), emulator.apiKey)).status, 201)
    const { body, status } = await call(emulator, form({ type: "video" }), emulator.apiKey)
    assert.deepStrictEqual([status, body.error.param], [400, "session.type"])
    const broken = await call(emulator, "no form", emulator.apiKey, "multipart/form-data; boundary=x")
    assert.strictEqual(broken.status, 400)
  })

  it("refuses an expired secret, and a body without an offer", async () => {
    const { emulator } = setUp()
    const secret = await mint(emulator)
    const { body, status } = await call(emulator, "hello", secret, "application/sdp")
    assert.deepStrictEqual([status, body.error.param], [400, "sdp"])
    emulator.expireAll()
    assert.strictEqual((await call(emulator, offer, secret, "application/sdp")).status, 401)
    assert.strictEqual(emulator.issued[0]?.sessions, 0)
  })
})

describe("hosts and routes", () => {
  it("points the environment at an origin", () => {
    const { emulator } = setUp({ apiKey: "key" })
    assert.deepStrictEqual(emulator.env("http://127.0.0.1:4804"), {
      OPENAI_API_KEY: "key",
      OPENAI_BASE_URL: "http://127.0.0.1:4804/v1",
      OPENAI_WS_URL: "ws://127.0.0.1:4804/v1/realtime"
    })
    assert.deepStrictEqual(Object.keys(emulator.hosts), ["api.openai.com"])
  })

  it("answers 404 and 405 in the shape of its errors", async () => {
    const { emulator } = setUp()
    const nowhere = await ask(emulator, "POST /v1/realtime/sessions", {})
    assert.strictEqual(nowhere.status, 404)
    assert.strictEqual(nowhere.body.error.message, "Invalid URL (POST /v1/realtime/sessions)")
    const wrong = await ask(emulator, "GET /v1/realtime/client_secrets")
    assert.deepStrictEqual([wrong.status, wrong.headers.get("allow")], [405, "POST"])
  })

  it("accepts the secret among a browser's subprotocols on a port", async () => {
    const emulator = OpenAi.make()
    await using server = await Node.serve(emulator)
    const address = `${emulator.env(server.origin)["OPENAI_WS_URL"]}?model=gpt-realtime`
    const connect = (secret: string) => new WebSocket(address, ["realtime", `openai-insecure-api-key.${secret}`])
    const good = connect(await mint(emulator))
    const [{ data }] = await once(good, "message")
    assert.strictEqual(JSON.parse(data).type, "session.created")
    assert.strictEqual(good.protocol, "realtime")
    const bad = connect("ek_unknown")
    const closed = once(bad, "close")
    await once(bad, "message")
    const [{ code, reason }] = await closed
    assert.deepStrictEqual([code, reason], [3000, "invalid_request_error.invalid_api_key"])
  })
})
