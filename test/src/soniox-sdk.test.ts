import { AuthError, type RealtimeResult, SonioxHttpError, SonioxNodeClient } from "@soniox/node"
import { systemClock } from "@tempcred/emulator/Emulator"
import * as Node from "@tempcred/emulator/Node"
import * as Soniox from "@tempcred/emulator/Soniox"
import * as Speech from "@tempcred/emulator/Speech"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

describe("the official @soniox/node against the emulator", () => {
  const start = Date.now()
  const emulator = Soniox.make({ clock: { ...systemClock, now: () => start } })
  let server: Node.Server
  let client: SonioxNodeClient

  const clientWith = (apiKey: string) =>
    new SonioxNodeClient({
      api_key: apiKey,
      base_url: server.origin,
      tts_api_url: server.origin,
      realtime: {
        ws_base_url: emulator.env(server.origin).SONIOX_WS_URL,
        tts_ws_url: emulator.env(server.origin).SONIOX_TTS_WS_URL
      }
    })

  beforeAll(async () => {
    server = await Node.serve(emulator)
    client = clientWith(emulator.apiKey)
  })
  afterAll(() => server.close())

  const second = Speech.tone("x".repeat(17), 16_000)
  const transcribe = async (apiKey: string) => {
    const session = clientWith(apiKey).realtime.stt({
      model: "stt-rt-v5",
      audio_format: "pcm_s16le",
      sample_rate: 16_000,
      num_channels: 1,
      enable_endpoint_detection: true
    })
    const results: Array<RealtimeResult> = []
    session.on("result", (result) => results.push(result))
    await session.connect()
    for (let chunk = 0; chunk < 5; chunk += 1) session.sendAudio(second)
    await session.finish()
    return { results, state: session.state }
  }

  it("mints a temporary key and transcribes with it", async () => {
    const { api_key, expires_at } = await client.auth.createTemporaryKey({
      usage_type: "transcribe_websocket",
      expires_in_seconds: 300,
      single_use: true,
      client_reference_id: "user-1"
    })
    assert.match(api_key, /^snx_temp_/)
    assert.strictEqual(Math.floor(Date.parse(expires_at) / 1000), Math.floor(start / 1000) + 300)

    const { results, state } = await transcribe(api_key)
    const text = results.flatMap((result) => result.tokens.filter((token) => token.is_final).map((token) => token.text))
    assert.strictEqual(state, "finished")
    assert.strictEqual(text.join(""), Speech.words.concat("the").join(" "))
    assert.isTrue(results.at(-1)?.finished)

    const { usage_logs } = await client.usageLogs.list({
      start_time: new Date(start - 60_000).toISOString(),
      end_time: new Date(start + 60_000).toISOString()
    })
    assert.strictEqual(usage_logs[0]?.client_reference_id, "user-1")
    assert.strictEqual((await client.concurrencyLimits.get()).project.limits.transcribe_concurrent, 10)

    const refused = await transcribe(api_key).catch((error: unknown) => error)
    assert.instanceOf(refused, AuthError)
    assert.strictEqual(refused.statusCode, 401)
  })

  it("mints a temporary key and speaks with it, on a socket and in one request", async () => {
    const { api_key } = await client.auth.createTemporaryKey({ usage_type: "tts_rt", expires_in_seconds: 60 })
    const stream = await clientWith(api_key).realtime.tts({
      model: "tts-rt-v2",
      language: "en",
      voice: "Adrian",
      audio_format: "pcm_s16le",
      sample_rate: 24_000
    })
    stream.sendText("Hello ")
    stream.sendText("there", { end: true })
    const pieces: Array<Uint8Array> = []
    for await (const piece of stream) pieces.push(piece)
    stream.close()
    const samples = Speech.joined([Speech.tone("Hello ", 24_000), Speech.tone("there", 24_000)])
    assert.deepStrictEqual(Speech.joined(pieces), samples)

    const audio = await clientWith(api_key).tts.generate({ text: "Hello", voice: "Adrian", audio_format: "wav" })
    assert.deepStrictEqual(audio, Speech.wav(Speech.tone("Hello", 24_000), 24_000))
  })

  it("reports a key that is refused", async () => {
    const error = await clientWith("wrong")
      .auth.createTemporaryKey({ usage_type: "transcribe_websocket", expires_in_seconds: 300 })
      .catch((failure: unknown) => failure)
    assert.instanceOf(error, SonioxHttpError)
    assert.strictEqual(error.statusCode, 401)
    assert.strictEqual(error.message, "HTTP 401")
    assert.strictEqual(JSON.parse(error.bodyText ?? "").error_type, "unauthenticated")
  })
})
