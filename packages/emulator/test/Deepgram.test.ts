import { once } from "node:events"
import { assert, describe, it } from "vitest"
import * as Deepgram from "../src/Deepgram.ts"
import * as Node from "../src/Node.ts"
import * as Speech from "../src/Speech.ts"
import { dial, manualClock } from "./support.ts"
import { ask, audio, bearer, offering, refusal } from "./vendors.ts"

const setUp = (options: Deepgram.Options = {}) => {
  const clock = manualClock()
  return { clock, emulator: Deepgram.make({ clock, ...options }) }
}

const key = ({ apiKey }: Deepgram.Deepgram): Record<string, string> => ({ authorization: `Token ${apiKey}` })

const grant = (emulator: Deepgram.Deepgram, body?: unknown, headers = key(emulator), host?: string) =>
  ask(emulator, Deepgram.mintRoute, body, headers, host)

const mint = async (emulator: Deepgram.Deepgram, ttl_seconds = 60): Promise<string> =>
  (await grant(emulator, { ttl_seconds })).body.access_token

const claimsOf = (token: string) => JSON.parse(atob(token.split(".")[1] ?? ""))

const listen = `${Deepgram.listenRoute}?model=nova-3&encoding=linear16&sample_rate=16000`

describe("granting", () => {
  it("answers 200 with a token that contains its expiry, and with its ttl in seconds", async () => {
    const { clock, emulator } = setUp()
    const { body, headers, status } = await grant(emulator, { ttl_seconds: 60 })
    assert.strictEqual(status, 200)
    assert.hasAllKeys(body, ["access_token", "expires_in"])
    assert.strictEqual(body.expires_in, 60)
    assert.isString(headers.get("dg-request-id"))
    const claims = claimsOf(body.access_token)
    assert.strictEqual(claims.exp, clock.now() / 1000 + 60)
    assert.deepInclude(claims, { scopes: ["asr:write"], project_claims: ["usage:write"] })
    assert.deepStrictEqual(emulator.issued, [{ token: body.access_token, expiresAt: claims.exp * 1000, uses: 0 }])
  })

  it.each([undefined, "", {}, { ttl_seconds: null }])("grants 30 s for a body of %j", async (body) => {
    const { emulator } = setUp()
    assert.strictEqual((await grant(emulator, body)).body.expires_in, 30)
  })

  it.each([1, 3600, 1.5])("grants %d s", async (ttl) => {
    const { emulator } = setUp()
    assert.strictEqual((await grant(emulator, { ttl_seconds: ttl })).body.expires_in, ttl)
  })

  it.each([0, 0.5, 3600.5, 3601, "60", true])("answers 400 in the newer shape to %j seconds", async (ttl) => {
    const { emulator } = setUp()
    const { body, status } = await grant(emulator, { ttl_seconds: ttl })
    assert.strictEqual(status, 400)
    assert.hasAllKeys(body, ["category", "message", "details", "request_id"])
    assert.deepInclude(body, { category: "INVALID_JSON", message: "Invalid JSON submitted." })
    assert.match(body.details, /^Json deserialize error: ttl_seconds/)
    assert.isEmpty(emulator.issued)
  })

  it("answers 400 to a body that is not a JSON object", async () => {
    const { emulator } = setUp()
    for (const body of ["{", "[]", "7"]) assert.strictEqual((await grant(emulator, body)).status, 400)
  })

  it("requires whole seconds with the option", async () => {
    const { emulator } = setUp({ wholeTtl: true })
    assert.strictEqual((await grant(emulator, { ttl_seconds: 1.5 })).status, 400)
    assert.strictEqual((await grant(emulator, { ttl_seconds: 2 })).status, 200)
  })

  it("states the ttl only in the token's claims with the option", async () => {
    const { clock, emulator } = setUp({ expiresIn: false })
    const { body } = await grant(emulator, { ttl_seconds: 60 })
    assert.hasAllKeys(body, ["access_token"])
    assert.strictEqual(claimsOf(body.access_token).exp, clock.now() / 1000 + 60)
  })

  it("answers 401 to a key that is missing, wrong, or under the other scheme", async () => {
    const { emulator } = setUp()
    for (const headers of [
      {},
      { authorization: "Token wrong" },
      bearer(emulator.apiKey),
      { authorization: emulator.apiKey }
    ]) {
      const { body, status } = await ask(emulator, Deepgram.mintRoute, { ttl_seconds: 60 }, headers)
      assert.strictEqual(status, 401)
      assert.hasAllKeys(body, ["err_code", "err_msg", "request_id"])
      assert.deepInclude(body, { err_code: "INVALID_AUTH", err_msg: "Invalid credentials." })
    }
  })

  it("answers 400 to a wrong key with the option, as observed", async () => {
    const { emulator } = setUp({ wrongKeyStatus: 400 })
    const { body, status } = await grant(emulator, {}, { authorization: "Token wrong" })
    assert.strictEqual(status, 400)
    assert.deepStrictEqual(body, { err_code: "BAD_REQUEST", err_msg: "Invalid credentials." })
  })

  it.each([
    [undefined, 403, "FORBIDDEN", "Insufficient permissions."],
    [403 as const, 403, "FORBIDDEN", "Insufficient permissions."],
    [401 as const, 401, "INSUFFICIENT_PERMISSIONS", "User does not have sufficient permissions."]
  ])("refuses a key below Member, where told %j, with %d", async (notMemberStatus, expected, code, message) => {
    const { emulator } = setUp({ member: false, ...(notMemberStatus === undefined ? {} : { notMemberStatus }) })
    const { body, status } = await grant(emulator)
    assert.deepStrictEqual([status, body.err_code, body.err_msg], [expected, code, message])
  })

  it("does not let a token grant", async () => {
    const { emulator } = setUp()
    const { body, status } = await grant(emulator, {}, bearer(await mint(emulator)))
    assert.deepStrictEqual([status, body.err_code], [403, "FORBIDDEN"])
  })

  it("grants on a regional host only with the option", async () => {
    for (const [regionalGrants, status] of [
      [false, 404],
      [true, 200]
    ] as const) {
      const { emulator } = setUp({ regionalGrants })
      assert.strictEqual((await grant(emulator, {}, key(emulator), "api.eu.deepgram.com")).status, status)
    }
  })

  it("answers 429 beyond the limit of a minute, and with the vendor's own errors under a fault", async () => {
    const { emulator } = setUp({ mintsPerMinute: 0 })
    const { body, status } = await grant(emulator)
    assert.deepStrictEqual([status, body.err_code], [429, "TOO_MANY_REQUESTS"])
    emulator.faults.add(Deepgram.mintRoute, Deepgram.mintFault("payment_required"))
    assert.strictEqual((await grant(emulator)).body.err_code, "ASR_PAYMENT_REQUIRED")
  })
})

describe("authentication", () => {
  it("takes a key under `token` and a token under `bearer`, in the header and among the subprotocols", async () => {
    const { emulator } = setUp()
    const token = await mint(emulator)
    for (const [headers, protocol] of [
      [key(emulator), undefined],
      [{ authorization: `token ${emulator.apiKey}` }, undefined],
      [bearer(token), undefined],
      [offering("token", emulator.apiKey), "token"],
      [offering("bearer", token), "bearer"],
      [offering("mine", "bearer", token), "bearer"]
    ] as const) {
      const socket = await dial(emulator, listen, { headers })
      assert.strictEqual(socket.protocol, protocol)
      assert.isEmpty(socket.frames)
      assert.isUndefined(socket.code())
    }
    assert.strictEqual(emulator.issued[0]?.uses, 3)
    assert.strictEqual(emulator.sessions, 6)
  })

  it.each([
    Deepgram.listenRoute,
    Deepgram.speakRoute,
    Deepgram.fluxListenRoute,
    Deepgram.fluxSpeakRoute,
    Deepgram.agentRoute
  ])(
    "refuses at %s, before the upgrade, each under the other's scheme, and what is wrong or in the query",
    async (route) => {
      const { emulator } = setUp()
      const token = await mint(emulator)
      for (const headers of [
        {},
        { authorization: `Token ${token}` },
        bearer(emulator.apiKey),
        bearer("wrong"),
        offering("token", token),
        offering("bearer"),
        offering(token)
      ]) {
        const { body, headers: answered, status } = await refusal(emulator, `${route}?token=${token}`, headers)
        assert.strictEqual(status, 401)
        assert.strictEqual(body.err_code, "INVALID_AUTH")
        assert.strictEqual(answered.get("dg-error"), "Invalid credentials.")
        assert.strictEqual(answered.get("dg-request-id"), body.request_id)
      }
      assert.strictEqual(emulator.issued[0]?.uses, 0)
    }
  )

  it("checks the expiry only when a connection opens", async () => {
    const { clock, emulator } = setUp()
    const token = await mint(emulator, 5)
    clock.advance(4999)
    const socket = await dial(emulator, listen, { headers: bearer(token) })
    clock.advance(1)
    assert.strictEqual((await refusal(emulator, listen, bearer(token))).status, 401)
    socket.send(audio(1500))
    assert.lengthOf(socket.frames, 1)
    assert.isUndefined(socket.code())
  })

  it("expires all tokens with expireAll", async () => {
    const { emulator } = setUp()
    const token = await mint(emulator)
    emulator.expireAll()
    assert.strictEqual((await refusal(emulator, listen, bearer(token))).status, 401)
  })

  it("accepts a token in every region", async () => {
    const { emulator } = setUp()
    const headers = bearer(await mint(emulator))
    for (const host of Object.keys(emulator.hosts)) {
      assert.notInstanceOf(await emulator.connect(new Request(`https://${host}${listen}`, { headers })), Response)
    }
  })

  it("refuses connections beyond the limit with 429", async () => {
    const { emulator } = setUp({ connections: 1 })
    const first = await dial(emulator, listen, { headers: key(emulator) })
    assert.strictEqual((await refusal(emulator, listen, key(emulator))).body.err_code, "TOO_MANY_REQUESTS")
    first.hangUp()
    await dial(emulator, listen, { headers: key(emulator) })
  })

  it("refuses an invalid query", async () => {
    const { emulator } = setUp()
    for (const query of ["encoding=linear16", "encoding=mulaw&sample_rate=0", "channels=two"]) {
      const { body, status } = await refusal(emulator, `${Deepgram.listenRoute}?${query}`, key(emulator))
      assert.deepStrictEqual([status, body.err_code], [400, "INVALID_QUERY_PARAMETER"])
    }
  })
})

describe("transcribing", () => {
  const open = async (query = "", options: Deepgram.Options = {}) => {
    const { clock, emulator } = setUp(options)
    return { clock, emulator, socket: await dial(emulator, listen + query, { headers: key(emulator) }) }
  }
  const said = (frame: Readonly<Record<string, unknown>>) =>
    (frame["channel"] as { alternatives: [{ transcript: string }] }).alternatives[0].transcript

  it("sends final phrases, and interim results on request", async () => {
    const options = { words: "one two three four five six seven".split(" ") }
    for (const [query, expected] of [
      [
        "",
        [
          ["one two three four five", true, false],
          ["six seven", true, true]
        ]
      ],
      [
        "&interim_results=true",
        [
          ["one two three", false, false],
          ["one two three four five", true, false],
          ["six", false, false],
          ["six seven", true, true]
        ]
      ]
    ] as const) {
      const { socket } = await open(query, options)
      for (const milliseconds of [900, 900, 300]) socket.send(audio(milliseconds))
      assert.deepEqual(
        socket.frames.map((frame) => [said(frame), frame["is_final"], frame["speech_final"]]),
        expected.map((row) => [...row])
      )
    }
  })

  it("sends the times of words in seconds, and the request and model", async () => {
    const { socket } = await open()
    socket.send(audio(1500))
    const [frame] = socket.frames
    assert.deepInclude(frame, { type: "Results", channel_index: [0, 1], start: 0, duration: 1.5, from_finalize: false })
    assert.deepNestedInclude(frame, {
      "channel.alternatives[0].words[1]": { word: "long", start: 0.3, end: 0.6, confidence: 0.98 },
      "metadata.model_info.name": "nova-3"
    })
  })

  it("makes the rest final on request and at the end, which it ends with statistics", async () => {
    const { socket } = await open()
    socket.send(audio(300))
    socket.send({ type: "Finalize" })
    socket.send({ type: "Finalize" })
    socket.send(audio(300))
    socket.send({ type: "CloseStream" })
    assert.deepStrictEqual(
      socket.frames.map(({ type, from_finalize }) => [type, from_finalize]),
      [
        ["Results", true],
        ["Results", false],
        ["Metadata", undefined]
      ]
    )
    assert.deepInclude(socket.frames.at(-1), { duration: 0.6, channels: 1 })
    assert.strictEqual(socket.code(), 1000)
  })

  it("ends after an empty audio message", async () => {
    const { socket } = await open()
    socket.send(new Uint8Array())
    assert.strictEqual(socket.code(), 1000)
  })

  it("closes with 1011 after 10 s without audio; before the first audio, keep-alives do not prevent it", async () => {
    const { clock, socket } = await open()
    clock.advance(9_999)
    socket.send({ type: "KeepAlive" })
    clock.advance(1)
    assert.strictEqual(socket.code(), 1011)
    const second = await open()
    second.socket.send(audio(20))
    second.clock.advance(9_999)
    second.socket.send({ type: "KeepAlive" })
    second.clock.advance(9_999)
    assert.isUndefined(second.socket.code())
    second.clock.advance(1)
    assert.strictEqual(second.socket.code(), 1011)
  })

  it("transcribes the file of one request, and fetches no URL", async () => {
    const { emulator } = setUp()
    const headers = bearer(await mint(emulator))
    const file = Speech.wav(audio(900), 16_000)
    const request = new Request("http://emulator.test/v1/listen", { method: "POST", headers, body: file })
    const { metadata, results } = await (await emulator.handle(request)).json()
    assert.strictEqual(results.channels[0].alternatives[0].transcript, "the long key")
    assert.strictEqual(metadata.duration, 0.9)
    const json = { ...headers, "content-type": "application/json" }
    const { body, status } = await ask(emulator, "POST /v1/listen", { url: "https://files.example/a.wav" }, json)
    assert.deepStrictEqual([status, body.err_code], [400, "REMOTE_CONTENT_ERROR"])
    assert.strictEqual((await ask(emulator, "POST /v1/listen", "", { authorization: "Token wrong" })).status, 401)
  })
})

describe("speaking and conversing", () => {
  it("speaks flushed text, and drops cleared text", async () => {
    const emulator = Deepgram.make()
    await using server = await Node.serve(emulator)
    const url = `${emulator.env(server.origin)["DEEPGRAM_WS_URL"]}/v1/speak?encoding=linear16&sample_rate=8000`
    const socket = new WebSocket(url, ["bearer", await mint(emulator)])
    socket.binaryType = "arraybuffer"
    const heard: Array<unknown> = []
    socket.addEventListener("message", ({ data }) =>
      heard.push(typeof data === "string" ? JSON.parse(data).type : new Uint8Array(data))
    )
    await once(socket, "open")
    assert.strictEqual(socket.protocol, "bearer")
    for (const message of [
      { type: "Speak", text: "not this" },
      { type: "Clear" },
      { type: "Speak", text: "Hello" },
      { type: "Flush" },
      { type: "Speak", text: "Bye" },
      { type: "Close" }
    ]) {
      socket.send(JSON.stringify(message))
    }
    const [{ code }] = await once(socket, "close")
    assert.strictEqual(code, 1000)
    const [hello, bye] = [Speech.tone("Hello", 8000), Speech.tone("Bye", 8000)]
    assert.deepStrictEqual(heard, ["Metadata", "Cleared", hello, "Flushed", bye])
  })

  it("speaks the text of one request", async () => {
    const { emulator } = setUp()
    const speak = (body: unknown, query = "") => ask(emulator, `POST /v1/speak${query}`, body, key(emulator))
    const spoken = await speak({ text: "Hello" })
    assert.deepStrictEqual([spoken.status, spoken.headers.get("content-type")], [200, "audio/wav"])
    assert.strictEqual(spoken.headers.get("dg-char-count"), "5")
    assert.strictEqual((await speak({ text: "Hi" }, "?container=none")).headers.get("content-type"), "audio/l16")
    assert.strictEqual((await speak({ text: "" })).body.err_msg, "Input text contains no characters.")
    assert.strictEqual((await speak({})).body.err_code, "PAYLOAD_ERROR")
    assert.strictEqual((await ask(emulator, "POST /v1/speak", { text: "Hi" })).status, 401)
  })

  it("welcomes an agent's client, and applies its settings", async () => {
    const { emulator } = setUp()
    const socket = await dial(emulator, Deepgram.agentRoute, { headers: bearer(await mint(emulator)) })
    socket.send({ type: "KeepAlive" })
    socket.send({ type: "Settings", agent: {} })
    assert.deepStrictEqual(
      socket.frames.map(({ type }) => type),
      ["Welcome", "SettingsApplied"]
    )
  })
})

describe("Flux", () => {
  const fluxListen = `${Deepgram.fluxListenRoute}?model=flux-general-en&encoding=linear16&sample_rate=16000`
  const fluxSpeak = `${Deepgram.fluxSpeakRoute}?model=flux-alexis-en`

  it("transcribes in turns", async () => {
    const { emulator } = setUp({ words: ["one", "two"] })
    const socket = await dial(emulator, fluxListen, { headers: bearer(await mint(emulator)) })
    socket.send(Speech.tone("x".repeat(5), 16_000))
    socket.send(Speech.tone("x".repeat(5), 16_000))
    socket.send({ type: "CloseStream" })
    const told = socket.frames.map(({ event, sequence_id, transcript, type }) => [type, sequence_id, event, transcript])
    assert.deepStrictEqual(told, [
      ["Connected", 0, undefined, undefined],
      ["TurnInfo", 1, "StartOfTurn", "one"],
      ["TurnInfo", 2, "Update", "one two"],
      ["TurnInfo", 3, "EndOfTurn", "one two"]
    ])
    assert.strictEqual(socket.code(), 1000)
  })

  it("speaks in turns", async () => {
    const { emulator } = setUp()
    const upgrade = new Request(`http://emulator.test${fluxSpeak}`, { headers: bearer(await mint(emulator)) })
    const session = await emulator.connect(upgrade)
    if (session instanceof Response) return assert.fail(`refused with ${session.status}`)
    const told: Array<unknown> = []
    session.open({
      send: (data) => told.push(typeof data === "string" ? JSON.parse(data).type : data),
      close: (code) => told.push(code),
      destroy: () => {}
    })
    const texts = ["Hello ", "there"]
    for (const text of texts) session.message(JSON.stringify({ type: "Speak", text }))
    for (const type of ["Flush", "Close"]) session.message(JSON.stringify({ type }))
    const tones = texts.map((text) => Speech.tone(text, 24_000))
    assert.deepStrictEqual(told, ["Connected", "SpeechStarted", ...tones, "Flushed", 1000])
  })

  it.each([`${Deepgram.fluxListenRoute}?model=nova-3`, Deepgram.fluxSpeakRoute])(
    "refuses %s, which names no model of its own",
    async (path) => {
      const { emulator } = setUp()
      const answer = await emulator.connect(
        new Request(`http://emulator.test${path}`, { headers: bearer(await mint(emulator)) })
      )
      assert.strictEqual(answer instanceof Response && answer.status, 400)
    }
  )
})

describe("hosts and routes", () => {
  it("points the environment at an origin", () => {
    const { emulator } = setUp({ apiKey: "key" })
    assert.deepStrictEqual(emulator.env("http://127.0.0.1:4803"), {
      DEEPGRAM_API_KEY: "key",
      DEEPGRAM_BASE_URL: "http://127.0.0.1:4803",
      DEEPGRAM_WS_URL: "ws://127.0.0.1:4803",
      DEEPGRAM_AGENT_WS_URL: "ws://127.0.0.1:4803"
    })
  })

  it("answers 404 and 405 in the shape of its errors", async () => {
    const { emulator } = setUp()
    assert.deepInclude(await ask(emulator, "GET /v1/nowhere"), { status: 404 })
    const wrong = await ask(emulator, "GET /v1/auth/grant")
    assert.deepStrictEqual([wrong.status, wrong.headers.get("allow")], [405, "POST"])
  })
})
