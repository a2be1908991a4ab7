import { once } from "node:events"
import {
  AudioFormat,
  CommitStrategy,
  ElevenLabsClient,
  ElevenLabsError,
  RealtimeEvents
} from "@elevenlabs/elevenlabs-js"
import * as ElevenLabs from "@tempcred/emulator/ElevenLabs"
import * as Node from "@tempcred/emulator/Node"
import * as Speech from "@tempcred/emulator/Speech"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

describe("the official @elevenlabs/elevenlabs-js against the emulator", () => {
  const emulator = ElevenLabs.make({ words: ["one", "two", "three"] })
  let server: Node.Server
  let client: ElevenLabsClient

  const clientWith = (apiKey: string) => new ElevenLabsClient({ apiKey, baseUrl: server.origin, maxRetries: 0 })

  beforeAll(async () => {
    server = await Node.serve(emulator)
    client = clientWith(emulator.apiKey)
  })
  afterAll(() => server.close())

  const audio = Buffer.from(new Uint8Array(32 * 900)).toString("base64")

  const transcribe = async (token: string) => {
    const connection = await client.speechToText.realtime.connect({
      modelId: "scribe_v2_realtime",
      audioFormat: AudioFormat.PCM_16000,
      sampleRate: 16_000,
      commitStrategy: CommitStrategy.MANUAL,
      token
    })
    const told: Array<unknown> = []
    const closed = new Promise<void>((resolve) => connection.on(RealtimeEvents.CLOSE, () => resolve()))
    connection.on(RealtimeEvents.ERROR, (error) => told.push(error))
    connection.on(RealtimeEvents.SESSION_STARTED, () => {
      connection.send({ audioBase64: audio })
      connection.commit()
    })
    connection.on(RealtimeEvents.PARTIAL_TRANSCRIPT, ({ text }) => told.push(`${text}...`))
    connection.on(RealtimeEvents.COMMITTED_TRANSCRIPT, ({ text }) => {
      told.push(text)
      connection.close()
    })
    await closed
    return told
  }

  it("mints a single-use token and transcribes with it, once", async () => {
    const { token } = await client.tokens.singleUse.create("realtime_scribe")
    assert.deepStrictEqual(await transcribe(token), ["one two three...", "one two three"])
    assert.deepStrictEqual(await transcribe(token), [
      { message_type: "auth_error", error: "You must be authenticated to use this endpoint." }
    ])
  })

  it("mints a single-use token for text to speech, without a client for its WebSocket", async () => {
    const { token } = await client.tokens.singleUse.create("tts_websocket")
    const address = `${server.origin.replace("http", "ws")}/v1/text-to-speech/voice/stream-input`
    const socket = new WebSocket(`${address}?single_use_token=${token}&output_format=pcm_16000`)
    await once(socket, "open")
    socket.send(JSON.stringify({ text: "Hello " }))
    socket.send(JSON.stringify({ text: "" }))
    const [{ data }] = await once(socket, "message")
    const samples = Buffer.from(JSON.parse(data).audio, "base64")
    assert.deepStrictEqual(new Uint8Array(samples), Speech.tone("Hello ", 16_000))
    assert.strictEqual((await once(socket, "close"))[0].code, 1000)
  })

  it("signs a URL for an agent, which opens as it is", async () => {
    const { signedUrl } = await client.conversationalAi.conversations.getSignedUrl({ agentId: "agent_1" })
    const socket = new WebSocket(signedUrl, ["convai"])
    const [{ data }] = await once(socket, "message")
    assert.strictEqual(JSON.parse(data).type, "conversation_initiation_metadata")
    assert.strictEqual(socket.protocol, "convai")
    socket.close()
  })

  it("reports a key that is refused", async () => {
    const refused = await clientWith("wrong")
      .tokens.singleUse.create("batch_scribe")
      .catch((error: unknown) => error)
    assert.instanceOf(refused, ElevenLabsError)
    assert.strictEqual(refused.statusCode, 401)
  })
})
