import { assert, describe, it } from "vitest"
import * as Speechmatics from "../src/Speechmatics.ts"
import { subject } from "./speechmatics.ts"

describe("the emulator", () => {
  it("sets the library's environment variables to its own origin", () => {
    assert.deepStrictEqual(Speechmatics.make({ apiKey: "key" }).env("http://127.0.0.1:4801"), {
      SPEECHMATICS_API_KEY: "key",
      SM_MANAGEMENT_PLATFORM_URL: "http://127.0.0.1:4801",
      SPEECHMATICS_RT_URL: "ws://127.0.0.1:4801/v2",
      SPEECHMATICS_BATCH_URL: "http://127.0.0.1:4801/v2",
      SPEECHMATICS_TTS_URL: "http://127.0.0.1:4801"
    })
  })

  it("has separate environment variables for the management API", () => {
    const { managementEnv, managementToken } = Speechmatics.make()
    assert.deepStrictEqual(managementEnv("http://127.0.0.1:4801"), {
      SPEECHMATICS_MANAGEMENT_TOKEN: managementToken,
      SPEECHMATICS_MANAGEMENT_URL: "http://127.0.0.1:4801"
    })
  })

  it("answers for the vendor's host names, each in its region", async () => {
    const { emulator, request } = subject()
    await request("GET /v1/discovery/features", {}, "https://us1.asr.api.speechmatics.com")
    assert.strictEqual(emulator.log[0]?.region, "us")
    assert.containsAllKeys(emulator.hosts, [
      "mp.speechmatics.com",
      "global.rt.speechmatics.com",
      "preview.tts.speechmatics.com"
    ])
  })

  it("refuses unknown paths and methods", async () => {
    const { request } = subject()
    const path = await request("GET /v1/x")
    assert.strictEqual(path.status, 404)
    assert.deepStrictEqual(path.json, { code: 404, message: "path /v1/x was not found" })
    const method = await request("GET /v1/api_keys")
    assert.strictEqual(method.status, 405)
    assert.deepStrictEqual(method.json, { code: 405, message: "method GET is not allowed, but [POST] are" })
    assert.strictEqual(method.headers.get("allow"), "POST")
  })

  it("has faults on its routes", async () => {
    const { emulator, request, upgrade } = subject()
    emulator.faults.add(Speechmatics.mintRoute, { status: 503 })
    emulator.faults.add(Speechmatics.realtimeRoute, { status: 502 })
    const minted = await request("POST /v1/api_keys", { key: emulator.apiKey, json: { ttl: 60 } })
    assert.strictEqual(minted.status, 503)
    const upgraded = await upgrade("/v2", emulator.apiKey)
    assert.strictEqual(upgraded instanceof Response && upgraded.status, 502)
  })

  it("lists its features without a credential", async () => {
    const { request } = subject()
    const answer = await request(Speechmatics.discoveryRoute)
    assert.deepNestedInclude(answer.json, { "metadata.language_pack_info.en.language_description": "English" })
  })
})

describe("text to speech", () => {
  const speak = (voice: string, query = "") => `POST /generate/${voice}${query}`
  const json = { text: "Hello" }

  it("speaks in either format, for the API key or a key of its own", async () => {
    const { emulator, mint, request } = subject()
    const wav = await request(speak("sarah"), { key: emulator.apiKey, json })
    assert.strictEqual(wav.status, 200)
    assert.strictEqual(wav.headers.get("content-type"), "audio/wav")
    assert.match(wav.text, /^RIFF/)
    const pcm = await request(speak("jack", "?output_format=pcm_16000"), { key: await mint("tts"), json })
    assert.strictEqual(pcm.headers.get("content-type"), "audio/pcm")
  })

  it("refuses other keys, voices, formats and empty texts", async () => {
    const { emulator, mint, request } = subject()
    const key = emulator.apiKey
    assert.strictEqual((await request(speak("sarah"), { json })).status, 401)
    assert.strictEqual((await request(speak("sarah"), { key: await mint("rt"), json })).status, 401)
    assert.strictEqual((await request(speak("hal"), { key, json })).status, 404)
    assert.strictEqual((await request(speak("theo", "?output_format=mp3"), { key, json })).status, 400)
    assert.strictEqual((await request(speak("megan"), { key, json: {} })).status, 400)
  })
})
