import { once } from "node:events"
import { assert, describe, it } from "vitest"
import * as Node from "../src/Node.ts"
import * as Soniox from "../src/Soniox.ts"
import { setUp, post, bearer, terms, mint, get, start, audio, openStt } from "./soniox.ts"

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

describe("usage", () => {
  it("counts open streams", async () => {
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

  it("logs completed streams under the identifier of their key", async () => {
    const { clock, emulator } = setUp()
    const key = await mint(emulator, { client_reference_id: "user-1" })
    for (const [bearerKey, fields] of [
      [key, { client_reference_id: "forged" }],
      [emulator.apiKey, { client_reference_id: "own" }],
      [emulator.apiKey, {}]
    ] as const) {
      const socket = await openStt(emulator, bearerKey)
      socket.send({ ...start, ...fields })
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
        log.request_scope,
        log.input_audio_duration_ms,
        log.end_time
      ]),
      [
        ["", "api", 900, "2026-11-21T00:00:03.000Z"],
        ["own", "api", 900, "2026-11-21T00:00:02.000Z"],
        ["user-1", "api", 900, "2026-11-21T00:00:01.000Z"]
      ]
    )
    assert.isNull(body.next_page_cursor)
    assert.strictEqual((await get(emulator, "/v1/usage-logs?start_time=now")).status, 400)
  })
})

describe("on a port", () => {
  it("accepts the key among a browser's subprotocols, and sends the error before the close", async () => {
    const emulator = Soniox.make({ keyCheckDelay: 5 })
    await using server = await Node.serve(emulator)
    const address = emulator.env(server.origin).SONIOX_WS_URL ?? ""
    const good = new WebSocket(address, ["soniox-api-key", await mint(emulator)])
    await once(good, "open")
    assert.strictEqual(good.protocol, "soniox-api-key")
    good.send(JSON.stringify(start))
    good.send(audio(300))
    const [{ data }] = await once(good, "message")
    assert.strictEqual(JSON.parse(data).tokens[0].text, "the")

    const bad = new WebSocket(address, ["soniox-api-key", "snx_temp_unknown"])
    const closed = once(bad, "close")
    const [{ data: error }] = await once(bad, "message")
    assert.strictEqual(JSON.parse(error).error_code, 401)
    assert.strictEqual((await closed)[0].code, 1000)
    assert.strictEqual(emulator.sessions, 1)
  })
})
