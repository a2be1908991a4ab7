import { assert, describe, it } from "vitest"
import * as Soniox from "../src/Soniox.ts"
import { setUp, bearer, mint, start, audio, openStt, errorOf, invalidOrExpired } from "./soniox.ts"
import { dial } from "./support.ts"

describe("presenting a key", () => {
  it("accepts the key in the header", async () => {
    const { emulator } = setUp()
    const socket = await openStt(emulator, await mint(emulator))
    socket.send(start)
    socket.send(audio(300))
    assert.strictEqual(socket.frames[0]?.tokens?.[0]?.text, "the")
    assert.isUndefined(socket.protocol)
  })

  it("accepts the key among the subprotocols, and responds with the vendor's own subprotocol", async () => {
    const { emulator } = setUp()
    const headers = { "sec-websocket-protocol": `soniox-api-key, ${await mint(emulator)}` }
    const socket = await dial(emulator, Soniox.transcribeRoute, { headers })
    socket.send(start)
    socket.send(audio(300))
    assert.lengthOf(socket.frames, 1)
    assert.strictEqual(socket.protocol, "soniox-api-key")
  })

  it("accepts the key in the first message until 2027-01-15", async () => {
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

  it("opens with a bad key, sends the error about a second later, and closes normally", async () => {
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

  it("sends the error at once if a stream is started", async () => {
    const { emulator } = setUp()
    const socket = await openStt(emulator, "snx_temp_unknown")
    socket.send(start)
    assert.deepStrictEqual(errorOf(socket.frames[0]), [401, "unauthenticated", invalidOrExpired])
    assert.strictEqual(socket.code(), 1000)
  })

  it("refuses a key in two placements, or in an unknown one", async () => {
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

  it("accepts the connection's key in the message too, but no other key", async () => {
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

describe("a temporary key", () => {
  it("opens no stream after its expiry, but an open one continues", async () => {
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

  it("expires at once with expireAll", async () => {
    const { emulator } = setUp()
    const key = await mint(emulator)
    emulator.expireAll()
    const socket = await openStt(emulator, key)
    socket.send(start)
    assert.strictEqual(socket.frames[0]?.error_code, 401)
  })

  it("is checked once: an accepted connection can start a stream after the expiry", async () => {
    const { clock, emulator } = setUp()
    const socket = await openStt(emulator, await mint(emulator, { expires_in_seconds: 5 }))
    clock.advance(6000)
    socket.send(start)
    assert.isEmpty(socket.frames)
  })

  it("with single use, is spent by the first accepted stream", async () => {
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

  it("without single use, opens any number of streams", async () => {
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

  it("cannot open a product for which the long-lived key has no permission", async () => {
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
