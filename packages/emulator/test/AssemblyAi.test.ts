import { once } from "node:events"
import { assert, describe, it } from "vitest"
import * as AssemblyAi from "../src/AssemblyAi.ts"
import * as Node from "../src/Node.ts"
import { dial, manualClock } from "./support.ts"
import { ask, audio, bearer } from "./vendors.ts"

const setUp = (options: AssemblyAi.Options = {}) => {
  const clock = manualClock()
  return { clock, emulator: AssemblyAi.make({ clock, ...options }) }
}

const raw = ({ apiKey }: AssemblyAi.AssemblyAi): Record<string, string> => ({ authorization: apiKey })

const get = (emulator: AssemblyAi.AssemblyAi, path: string, headers = raw(emulator), host?: string) =>
  ask(emulator, `GET ${path}`, undefined, headers, host)

const mint = async (emulator: AssemblyAi.AssemblyAi, path = "/v3/token", query = "", host?: string): Promise<string> =>
  (await get(emulator, `${path}?expires_in_seconds=60${query}`, raw(emulator), host)).body.token

const open = (emulator: AssemblyAi.AssemblyAi, token: string, query = "", region?: string) =>
  dial(emulator, `${AssemblyAi.streamingRoute}?token=${token}${query}`, region === undefined ? {} : { region })

const openAgent = (emulator: AssemblyAi.AssemblyAi, token: string) =>
  dial(emulator, `${AssemblyAi.agentRoute}?token=${token}`)

const unauthorized = {
  type: "Error",
  error_code: 1008,
  error: "Unauthorized Connection: Missing Authorization header"
}

describe.each(["/v3/token", "/v1/token"])("minting at %s", (path) => {
  it("answers 200 with a token and its window", async () => {
    const { clock, emulator } = setUp()
    const { body, status } = await get(emulator, `${path}?expires_in_seconds=60&max_session_duration_seconds=90`)
    assert.strictEqual(status, 200)
    assert.hasAllKeys(body, ["token", "expires_in_seconds"])
    assert.strictEqual(body.expires_in_seconds, 60)
    assert.deepStrictEqual(emulator.issued, [
      {
        token: body.token,
        product: path === "/v3/token" ? "streaming" : "agent",
        region: "global",
        expiresAt: clock.now() + 60_000,
        maxSessionSeconds: 90,
        spent: false
      }
    ])
  })

  it.each(["1", "600"])("takes a window of %s s, and sessions of three hours by default", async (seconds) => {
    const { emulator } = setUp()
    assert.strictEqual((await get(emulator, `${path}?expires_in_seconds=${seconds}`)).status, 200)
    assert.strictEqual(emulator.issued[0]?.maxSessionSeconds, 10_800)
  })

  it.each([
    ["", "expires_in_seconds is required"],
    ["expires_in_seconds=0", "expires_in_seconds must be between 1 and 600"],
    ["expires_in_seconds=601", "expires_in_seconds must be between 1 and 600"],
    ["expires_in_seconds=1.5", "expires_in_seconds must be an integer"],
    ["expires_in_seconds=", "expires_in_seconds must be an integer"],
    [
      "expires_in_seconds=60&max_session_duration_seconds=59",
      "max_session_duration_seconds must be between 60 and 10800"
    ],
    [
      "expires_in_seconds=60&max_session_duration_seconds=10801",
      "max_session_duration_seconds must be between 60 and 10800"
    ]
  ])("answers 400 to %j", async (query, error) => {
    const { emulator } = setUp()
    const { body, status } = await get(emulator, `${path}?${query}`)
    assert.strictEqual(status, 400)
    assert.deepStrictEqual(body, { error })
    assert.isEmpty(emulator.issued)
  })

  it("answers 401 to a missing or wrong key, and to a token", async () => {
    const { emulator } = setUp()
    const token = await mint(emulator, path)
    for (const headers of [{}, { authorization: "wrong" }, { authorization: token }, bearer(token)]) {
      const { body, status } = await get(emulator, `${path}?expires_in_seconds=60`, headers)
      assert.strictEqual(status, 401)
      assert.deepStrictEqual(body, { error: "Authentication error, API token missing/invalid" })
    }
  })

  it("answers 429 beyond the limit of a minute", async () => {
    const { emulator } = setUp({ mintsPerMinute: 0 })
    assert.deepInclude(await get(emulator, `${path}?expires_in_seconds=60`), { status: 429 })
  })
})

describe("minting", () => {
  it("accepts the key as a bearer token for agents only", async () => {
    const { emulator } = setUp()
    const headers = bearer(emulator.apiKey)
    assert.strictEqual((await get(emulator, "/v1/token?expires_in_seconds=60", headers)).status, 200)
    assert.strictEqual((await get(emulator, "/v3/token?expires_in_seconds=60", headers)).status, 401)
  })

  it("answers with the vendor's own error under a fault", async () => {
    const { emulator } = setUp()
    emulator.faults.add(AssemblyAi.mintRoute, AssemblyAi.mintFault("internal_server_error"))
    assert.deepInclude(await get(emulator, "/v3/token"), { status: 500 })
  })
})

describe("admission of streaming sessions", () => {
  it("accepts a token for one session", async () => {
    const { emulator } = setUp()
    const token = await mint(emulator)
    const first = await open(emulator, token)
    assert.hasAllKeys(first.frames[0], ["type", "id", "expires_at"])
    assert.isTrue(emulator.issued[0]?.spent)
    first.hangUp()
    const second = await open(emulator, token)
    assert.deepStrictEqual(second.frames, [unauthorized])
    assert.strictEqual(second.code(), 1008)
    assert.strictEqual(emulator.sessions, 0)
  })

  it("checks the expiry only when the session opens", async () => {
    const { clock, emulator } = setUp()
    const [early, late] = [await mint(emulator), await mint(emulator)]
    clock.advance(59_999)
    const session = await open(emulator, early)
    clock.advance(1)
    assert.strictEqual((await open(emulator, late)).code(), 1008)
    session.send(audio(300))
    assert.isUndefined(session.code())
  })

  it("expires all tokens with expireAll", async () => {
    const { emulator } = setUp()
    const token = await mint(emulator)
    emulator.expireAll()
    assert.strictEqual((await open(emulator, token)).code(), 1008)
  })

  it("accepts only the raw key in the header, any number of times", async () => {
    const { emulator } = setUp()
    const token = await mint(emulator)
    for (let count = 0; count < 2; count += 1) {
      const socket = await dial(emulator, AssemblyAi.streamingRoute, { headers: raw(emulator) })
      assert.strictEqual(socket.frames[0]?.["type"], "Begin")
    }
    for (const headers of [{}, bearer(emulator.apiKey), { authorization: token }]) {
      const socket = await dial(emulator, AssemblyAi.streamingRoute, { headers })
      assert.deepStrictEqual([socket.frames, socket.code()], [[unauthorized], 1008])
    }
    assert.strictEqual((await open(emulator, emulator.apiKey)).code(), 1008)
  })

  it("refuses tokens of streaming for agents, and the reverse", async () => {
    const { emulator } = setUp()
    assert.strictEqual((await open(emulator, await mint(emulator, "/v1/token"))).code(), 1008)
    assert.strictEqual((await openAgent(emulator, await mint(emulator, "/v3/token"))).code(), 1008)
  })

  it("binds a token to the zone of its minting host, unless the option disables it", async () => {
    for (const [strictZones, code] of [
      [true, 1008],
      [false, undefined]
    ] as const) {
      const { emulator } = setUp({ strictZones })
      const token = () => mint(emulator, "/v3/token", "", "streaming.eu.assemblyai.com")
      assert.strictEqual((await open(emulator, await token(), "", "us")).code(), code)
      assert.isUndefined((await open(emulator, await token(), "", "eu")).code())
    }
  })

  it("refuses sessions beyond the limit with 3009, which spends no token", async () => {
    const { emulator } = setUp({ concurrentSessions: 1 })
    const first = await open(emulator, await mint(emulator))
    const token = await mint(emulator)
    const second = await open(emulator, token)
    assert.deepInclude(second.frames[0], {
      error_code: 3009,
      error: "Unauthorized Connection: Too many concurrent sessions"
    })
    assert.strictEqual(second.code(), 3009)
    assert.isUndefined(first.code())
    first.hangUp()
    assert.isUndefined((await open(emulator, token)).code())
  })

  it("refuses the next sessions with refuseSessions", async () => {
    const { emulator } = setUp()
    emulator.refuseSessions("server_error", 2)
    const token = await mint(emulator)
    assert.strictEqual((await open(emulator, "unknown")).code(), 1008)
    for (const code of [3005, 3005, undefined]) assert.strictEqual((await open(emulator, token)).code(), code)
  })

  it("closes without a message with the option", async () => {
    const { emulator } = setUp({ failures: "close" })
    const socket = await open(emulator, "unknown")
    assert.deepStrictEqual([socket.frames, socket.code()], [[], 1008])
  })
})

describe("a streaming session", () => {
  const begin = async (query = "", options: AssemblyAi.Options = {}) => {
    const { clock, emulator } = setUp(options)
    const token = await mint(emulator)
    return { clock, emulator, socket: await open(emulator, token, `&sample_rate=16000${query}`) }
  }

  it("ends when the token's longest duration is over, or after three hours", async () => {
    const { clock, emulator } = setUp()
    const capped = await open(emulator, await mint(emulator, "/v3/token", "&max_session_duration_seconds=60"))
    const long = await dial(emulator, AssemblyAi.streamingRoute, { headers: raw(emulator) })
    assert.strictEqual(capped.frames[0]?.["expires_at"], clock.now() / 1000 + 60)
    assert.strictEqual(long.frames[0]?.["expires_at"], clock.now() / 1000 + 10_800)
    clock.advance(59_999)
    assert.isUndefined(capped.code())
    clock.advance(1)
    assert.deepStrictEqual(capped.frames.at(-1), {
      type: "Error",
      error_code: 3008,
      error: "Session Expired: Maximum session duration exceeded"
    })
    assert.strictEqual(capped.code(), 3008)
    assert.isUndefined(long.code())
    clock.advance(10_740_000)
    assert.strictEqual(long.code(), 3008)
  })

  it("leaves no timer behind, whichever side ends it", async () => {
    const clock = manualClock()
    let alarms = 0
    const after: typeof clock.after = (milliseconds, run) => {
      const cancel = clock.after(milliseconds, run)
      alarms += 1
      return () => {
        alarms -= 1
        cancel()
      }
    }
    const emulator = AssemblyAi.make({ clock: { now: clock.now, after } })
    for (const end of [{ type: "Terminate" }, undefined]) {
      const socket = await open(emulator, await mint(emulator))
      assert.strictEqual(alarms, 1)
      if (end === undefined) socket.hangUp()
      else socket.send(end)
      assert.strictEqual(alarms, 0)
    }
  })

  it("sends turns that grow, end with the text, and are formatted on request", async () => {
    for (const [query, formatted] of [
      ["", false],
      ["&format_turns=true", true]
    ] as const) {
      const { socket } = await begin(query, { words: ["one", "two", "three"] })
      for (const milliseconds of [600, 600]) socket.send(audio(milliseconds))
      assert.deepStrictEqual(
        socket.frames
          .slice(1)
          .map(({ type, turn_order, end_of_turn, transcript, turn_is_formatted }) => [
            type,
            turn_order,
            end_of_turn,
            transcript,
            turn_is_formatted
          ]),
        [
          ["Turn", 0, false, "one", false],
          ["Turn", 0, true, "one two three", formatted],
          ["Turn", 1, false, "", false]
        ]
      )
      assert.deepNestedInclude(socket.frames[1], {
        "words[1]": { start: 300, end: 600, text: "two", confidence: 0.98, word_is_final: false }
      })
    }
  })

  it("ends a turn on request, and ends with statistics", async () => {
    const { clock, socket } = await begin()
    socket.send(audio(600))
    socket.send({ type: "ForceEndpoint" })
    socket.send({ type: "KeepAlive" })
    socket.send({ type: "UpdateConfiguration", max_turn_silence: 900 })
    socket.send(audio(900))
    clock.advance(4000)
    socket.send({ type: "Terminate" })
    assert.deepStrictEqual(
      socket.frames.slice(2).map(({ type, transcript }) => [type, transcript]),
      [
        ["Turn", "the long"],
        ["Turn", "key stays"],
        ["Turn", "key stays at"],
        ["Termination", undefined]
      ]
    )
    assert.deepInclude(socket.frames.at(-1), { audio_duration_seconds: 2, session_duration_seconds: 4 })
    assert.strictEqual(socket.code(), 1000)
  })

  it.each([
    [audio(49), 3007, "Input duration violation: 49 ms. Expected between 50 and 1000 ms"],
    [audio(1001), 3007, "Input duration violation: 1001 ms. Expected between 50 and 1000 ms"],
    ["{", 3006, "Invalid JSON: {"],
    ["[]", 3006, "Invalid Message: []"],
    [{ type: "Pause" }, 3006, "Invalid Message Type: Pause"]
  ])("ends at %o", async (message, code, error) => {
    const { socket } = await begin()
    socket.send(message)
    assert.deepStrictEqual(socket.frames.at(-1), { type: "Error", error_code: code, error })
    assert.strictEqual(socket.code(), code)
  })

  it("accepts chunks of 50 to 1000 ms, and of any length for compressed audio", async () => {
    const { socket } = await begin()
    for (const milliseconds of [50, 1000]) socket.send(audio(milliseconds))
    assert.isUndefined(socket.code())
    const compressed = await begin("&encoding=opus")
    compressed.socket.send(new Uint8Array(7))
    assert.isUndefined(compressed.socket.code())
  })
})

describe("a voice agent", () => {
  const types = (frames: ReadonlyArray<Readonly<Record<string, unknown>>>) => frames.map(({ type }) => type)
  const speech = (milliseconds: number) => ({ type: "input.audio", audio: btoa("\0".repeat(milliseconds * 48)) })

  it("accepts a token once, or the key as a bearer token, and refuses others in its first message", async () => {
    const { clock, emulator } = setUp()
    const token = await mint(emulator, "/v1/token")
    assert.isUndefined((await openAgent(emulator, token)).code())
    assert.isUndefined((await dial(emulator, AssemblyAi.agentRoute, { headers: bearer(emulator.apiKey) })).code())
    const again = await openAgent(emulator, token)
    const late = await mint(emulator, "/v1/token")
    clock.advance(60_000)
    const keyAlone = await dial(emulator, AssemblyAi.agentRoute, { headers: raw(emulator) })
    for (const socket of [again, await openAgent(emulator, late), keyAlone]) {
      assert.deepStrictEqual(socket.frames, [{ type: "session.error", code: "unauthorized", message: "Unauthorized" }])
      assert.strictEqual(socket.code(), 1008)
    }
    assert.strictEqual(emulator.sessions, 2)
  })

  it("greets once it is configured, hears, and replies", async () => {
    const { emulator } = setUp({ words: ["yes", "no"] })
    const socket = await openAgent(emulator, await mint(emulator, "/v1/token"))
    socket.send(speech(300))
    assert.deepInclude(socket.frames[0], { type: "session.error", code: "invalid_format" })
    socket.send({ type: "session.update", session: { greeting: "Hello." } })
    const reply = ["reply.started", "reply.audio", "transcript.agent", "reply.done"]
    assert.deepStrictEqual(types(socket.frames.slice(1)), ["session.ready", ...reply])
    assert.strictEqual(socket.frames.at(-2)?.["text"], "Hello.")
    socket.send({ type: "session.update", session: {} })
    socket.send({ type: "tool.result", call_id: "1", result: "{}" })
    socket.send(speech(300))
    socket.send(speech(300))
    assert.deepStrictEqual(types(socket.frames.slice(6)), [
      "session.updated",
      "input.speech.started",
      "transcript.user.delta",
      "transcript.user.delta",
      "input.speech.stopped",
      "transcript.user",
      ...reply
    ])
    assert.strictEqual(socket.frames.find(({ type }) => type === "transcript.user")?.["text"], "yes no")
    socket.send({ type: "reply.create" })
    assert.deepStrictEqual(types(socket.frames.slice(-4)), reply)
    socket.send({ type: "session.resume", session_id: "sess_1" })
    assert.strictEqual(socket.frames.at(-1)?.["code"], "session_not_found")
    socket.send({ type: "session.end" })
    assert.deepStrictEqual([socket.frames.at(-1), socket.code()], [{ type: "session.ended" }, 1000])
  })

  it("ends when the token's longest duration is over", async () => {
    const { clock, emulator } = setUp()
    const token = await mint(emulator, "/v1/token", "&max_session_duration_seconds=60")
    const socket = await openAgent(emulator, token)
    clock.advance(59_999)
    assert.isUndefined(socket.code())
    clock.advance(1)
    assert.deepStrictEqual([socket.frames, socket.code()], [[{ type: "session.ended" }], 1000])
  })
})

describe("hosts and routes", () => {
  it("points the environment at an origin", () => {
    const { emulator } = setUp({ apiKey: "key" })
    assert.deepStrictEqual(emulator.env("http://127.0.0.1:4805"), {
      ASSEMBLYAI_API_KEY: "key",
      ASSEMBLYAI_STREAMING_BASE_URL: "http://127.0.0.1:4805",
      ASSEMBLYAI_STREAMING_WS_URL: "ws://127.0.0.1:4805/v3/ws",
      ASSEMBLYAI_AGENTS_BASE_URL: "http://127.0.0.1:4805",
      ASSEMBLYAI_AGENTS_WS_URL: "ws://127.0.0.1:4805/v1/ws"
    })
    assert.include(emulator.hosts, { "streaming.assemblyai.com": "global", "agents.eu.assemblyai.com": "eu" })
  })

  it("answers 404 and 405 in the shape of its errors", async () => {
    const { emulator } = setUp()
    assert.deepInclude(await get(emulator, "/v2/nowhere"), { status: 404, body: { error: "Not Found" } })
    const wrong = await ask(emulator, "POST /v3/token", {})
    assert.deepStrictEqual([wrong.status, wrong.headers.get("allow")], [405, "GET"])
  })

  it("sends the close reason on a port, shortened to the size of a close frame", async () => {
    const emulator = AssemblyAi.make()
    await using server = await Node.serve(emulator)
    const address = emulator.env(server.origin)["ASSEMBLYAI_STREAMING_WS_URL"]
    const socket = new WebSocket(`${address}?token=${await mint(emulator)}`)
    const [{ data }] = await once(socket, "message")
    assert.strictEqual(JSON.parse(data).type, "Begin")
    const closed = once(socket, "close")
    socket.send(JSON.stringify({ type: "é".repeat(60) }))
    const [{ code, reason }] = await closed
    assert.deepStrictEqual([code, reason], [3006, "See Error message for details"])
    const refused = new WebSocket(`${address}?token=unknown`)
    const [{ reason: why }] = await once(refused, "close")
    assert.strictEqual(why, "Unauthorized Connection: Missing Authorization header")
  })
})
