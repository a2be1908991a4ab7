/** The emulators behind the vendors' real host names, for programs that use `fetch` and `WebSocket`. */
import { afterAll, afterEach, assert, beforeAll, describe, it } from "vitest"
import * as Soniox from "@tempcred/emulator/Soniox"
import * as Speechmatics from "@tempcred/emulator/Speechmatics"
import * as EmulatorMsw from "@tempcred/testing/EmulatorMsw"
import { setupServer } from "msw/node"
import { dial } from "./sockets.ts"

const soniox = Soniox.make({ keyCheckDelay: 0 })
const speechmatics = Speechmatics.make({ openingDelay: 0 })
const origin = "http://vendor.test"
const server = setupServer(...EmulatorMsw.handlers(soniox), ...EmulatorMsw.handlers(speechmatics, origin))

beforeAll(() => server.listen({ onUnhandledFrame: "error" }))
afterEach(() => {
  for (const { close, faults } of [soniox, speechmatics]) {
    faults.clear()
    close()
  }
})
afterAll(() => server.close())

const post = async (url: string, apiKey: string, body: object): Promise<Readonly<Record<string, string>>> => {
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: JSON.stringify(body)
  })
  assert.strictEqual(response.status, 201)
  return response.json()
}

const sonioxToken = async () => {
  const terms = { usage_type: "transcribe_websocket", expires_in_seconds: 60 }
  const { api_key = "" } = await post("https://api.soniox.com/v1/auth/temporary-api-key", soniox.apiKey, terms)
  return api_key
}

const speechmaticsToken = async (from = "https://mp.speechmatics.com") => {
  const { key_value = "" } = await post(`${from}/v1/api_keys?type=rt`, speechmatics.apiKey, { ttl: 60 })
  return key_value
}

const transcribe = "wss://stt-rt.soniox.com/transcribe-websocket"
const start = { model: "stt-rt-v5", audio_format: "pcm_s16le", sample_rate: 16_000, num_channels: 1 }

const realtime = "wss://eu.rt.speechmatics.com/v2"
const startRecognition = {
  message: "StartRecognition",
  audio_format: { type: "raw", encoding: "pcm_s16le", sample_rate: 16_000 },
  transcription_config: { language: "en" }
}

/** So many milliseconds of silence. */
const audio = (milliseconds: number) => new Uint8Array(milliseconds * 32)

describe("Soniox", () => {
  it("transcribes to the end with a token among the subprotocols", async () => {
    const { closed, events, frames, opened, say, socket } = dial(transcribe, ["soniox-api-key", await sonioxToken()])
    await opened
    assert.strictEqual(socket.protocol, "soniox-api-key")
    say(start)
    say(audio(1000))
    say(new Blob([audio(1000)]))
    say("")
    assert.deepInclude(await closed, { code: 1000 })
    assert.deepInclude(frames.at(-1), { finished: true, total_audio_proc_ms: 2000 })
    assert.deepStrictEqual(events, ["open", "close"])
    assert.strictEqual(soniox.sessions, 0)
  })

  it("takes the token from the first message", async () => {
    const { closed, frames, opened, say } = dial(transcribe)
    await opened
    say({ ...start, api_key: await sonioxToken() })
    say(audio(300))
    say("")
    assert.deepInclude(await closed, { code: 1000 })
    assert.deepInclude(frames.at(-1), { finished: true })
  })

  it("says why it refuses a token before it closes", async () => {
    const { closed, frames } = dial(transcribe, ["soniox-api-key", "wrong"])
    await closed
    assert.deepInclude(frames[0], { error_code: 401 })
  })

  it("belongs to the region of the host", async () => {
    const { closed, frames } = dial("wss://stt-rt.eu.soniox.com/transcribe-websocket", [
      "soniox-api-key",
      await sonioxToken()
    ])
    await closed
    assert.deepInclude(frames[0], { error_code: 401 })
  })

  it("is notified when its client leaves", async () => {
    const { closed, opened, say, socket } = dial(transcribe, ["soniox-api-key", await sonioxToken()])
    await opened
    say(start)
    assert.strictEqual(soniox.sessions, 1)
    socket.close(3001)
    assert.deepInclude(await closed, { code: 3001 })
    assert.strictEqual(soniox.sessions, 0)
  })
})

describe("Speechmatics", () => {
  it("transcribes to the end with a token in the URL", async () => {
    const { closed, events, frames, heard, opened, say, socket } = dial(`${realtime}?jwt=${await speechmaticsToken()}`)
    await opened
    say(startRecognition)
    await heard(({ message }) => message === "RecognitionStarted")
    say(audio(600))
    say({ message: "EndOfStream", last_seq_no: 1 })
    await heard(({ message }) => message === "EndOfTranscript")
    assert.deepNestedInclude(
      frames.find(({ message }) => message === "AddTranscript"),
      { "metadata.transcript": "the long " }
    )
    socket.close()
    assert.deepInclude(await closed, { code: 1000 })
    assert.deepStrictEqual(events, ["open", "close"])
  })

  it("closes with its own codes", async () => {
    const { closed, frames } = dial(`${realtime}?jwt=wrong`)
    assert.deepStrictEqual(await closed, { code: 4001, reason: "not_authorised" })
    assert.deepInclude(frames[0], { message: "Error", type: "not_authorised" })
  })

  it("closes with codes that no program may choose", async () => {
    const { closed, opened, say } = dial(`${realtime}?jwt=${await speechmaticsToken()}`)
    await opened
    say("{")
    assert.deepInclude(await closed, { code: 1003 })
  })

  it("is served on one more origin", async () => {
    const { frames, opened } = dial(`${origin.replace("http", "ws")}/v2?jwt=${await speechmaticsToken(origin)}`)
    await opened
    await new Promise(setImmediate)
    assert.deepInclude(frames[0], { message: "Info" })
  })
})

describe("a network that fails", () => {
  const refused = async (url = transcribe) => {
    const { closed, events } = dial(url)
    assert.deepInclude(await closed, { code: 1006 })
    assert.deepStrictEqual(events, ["error", "close"])
  }

  it("rejects a fetch", async () => {
    soniox.faults.add(Soniox.mintRoute, { reset: true })
    const failure = await sonioxToken().catch((error: unknown) => error)
    assert.instanceOf(failure, TypeError)
  })

  it("never opens a socket that is refused", async () => {
    soniox.faults.add(Soniox.transcribeRoute, { status: 503 })
    await refused()
    await refused("wss://stt-rt.soniox.com/elsewhere")
  })

  it("never opens a socket that is reset", async () => {
    soniox.faults.add(Soniox.transcribeRoute, { reset: true })
    await refused()
  })

  it("opens a socket late", async () => {
    soniox.faults.add(Soniox.transcribeRoute, { delay: 20 })
    const { opened, socket } = dial(transcribe, ["soniox-api-key", await sonioxToken()])
    await new Promise((resolve) => setTimeout(resolve, 5))
    assert.strictEqual(socket.readyState, WebSocket.CONNECTING)
    await opened
  })

  it("leaves a socket waiting that hangs, until its client gives up", async () => {
    soniox.faults.add(Soniox.transcribeRoute, { hang: true })
    const { closed, events, socket } = dial(transcribe)
    await new Promise((resolve) => setTimeout(resolve, 5))
    assert.strictEqual(socket.readyState, WebSocket.CONNECTING)
    socket.close()
    await closed
    assert.notInclude(events, "open")
  })

  it("cuts a socket before the message that is too much", async () => {
    soniox.faults.add(Soniox.transcribeRoute, { cut: 10 })
    const { closed, events, frames, opened, say } = dial(transcribe, ["soniox-api-key", await sonioxToken()])
    await opened
    say(start)
    say(audio(1000))
    assert.deepInclude(await closed, { code: 1006 })
    assert.deepStrictEqual([events, frames], [["open", "error", "close"], []])
  })
})
