/** The vendors' own clients work with credentials of the adapters, as with their own. */
import { DeepgramClient } from "@deepgram/sdk"
import { AudioFormat, CommitStrategy, ElevenLabsClient, RealtimeEvents } from "@elevenlabs/elevenlabs-js"
import { GoogleGenAI } from "@google/genai"
import * as AssemblyAi from "@tempcred/assemblyai/AssemblyAi"
import type { Adapter } from "@tempcred/core/Adapter"
import * as Minter from "@tempcred/core/Minter"
import { TempCredential } from "@tempcred/core/TempCredential"
import * as Deepgram from "@tempcred/deepgram/Deepgram"
import * as ElevenLabs from "@tempcred/elevenlabs/ElevenLabs"
import * as EmulatedAssemblyAi from "@tempcred/emulator/AssemblyAi"
import * as EmulatedDeepgram from "@tempcred/emulator/Deepgram"
import * as EmulatedElevenLabs from "@tempcred/emulator/ElevenLabs"
import type { Emulator } from "@tempcred/emulator/Emulator"
import * as EmulatedGemini from "@tempcred/emulator/Gemini"
import { serve } from "@tempcred/emulator/Node"
import * as EmulatedOpenAi from "@tempcred/emulator/OpenAi"
import * as Speech from "@tempcred/emulator/Speech"
import * as Gemini from "@tempcred/gemini/Gemini"
import * as OpenAi from "@tempcred/openai/OpenAi"
import { AssemblyAI } from "assemblyai"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Layer from "effect/Layer"
import OpenAI from "openai"
import { OpenAIRealtimeWS } from "openai/realtime/ws"
import { once } from "node:events"
import { afterAll, assert, beforeAll, describe, it, vi } from "vitest"
import { speech } from "./support/talks.ts"
import { withoutTls } from "./support/without-tls.ts"

let restore: () => void
beforeAll(() => {
  restore = withoutTls()
})
afterAll(() => restore())

/** Starts a vendor on a port, with a minter of an app. */
const start = async (adapter: Adapter, emulator: Emulator) => {
  const server = await serve(emulator)
  const config = ConfigProvider.fromEnv({ env: { ...emulator.env(server.origin) } })
  const minter = Minter.make(Layer.provide(adapter.layerConfig, ConfigProvider.layer(config)))
  const close = async () => {
    await minter.close()
    await server.close()
  }
  return {
    origin: server.origin,
    mint: async (purpose: Parameters<typeof minter.mint>[0]["purpose"]) =>
      TempCredential.encode(await minter.mint({ purpose })).token,
    [Symbol.asyncDispose]: close
  }
}

describe("@deepgram/sdk", () => {
  const emulator = EmulatedDeepgram.make()

  it("speaks and transcribes with a token of its own, and with one of ours for each purpose", async () => {
    await using world = await start(Deepgram.adapter, emulator)
    const sockets = world.origin.replace("http", "ws")
    const environment = { base: world.origin, production: sockets, agent: sockets, agentRest: world.origin }
    const clientWith = (credential: { readonly apiKey: string } | { readonly accessToken: string }) =>
      new DeepgramClient({ ...credential, environment, maxRetries: 0 })
    const granted = await clientWith({ apiKey: emulator.apiKey }).auth.v1.tokens.grant({ ttl_seconds: 60 })
    for (const accessToken of [granted.access_token, await world.mint("stt.realtime"), await world.mint("agent")]) {
      const client = clientWith({ accessToken })
      const audio = await client.speak.v1.audio.generate({ text: "Hello" })
      assert.deepStrictEqual(
        new Uint8Array(await audio.arrayBuffer()),
        Speech.wav(Speech.tone("Hello", 24_000), 24_000)
      )
      const heard = await client.listen.v1.media.transcribeFile(Speech.wav(speech, 16_000), { model: "nova-3" })
      assert.property(heard, "results")
      for (const connect of [
        () => client.listen.v1.connect({ model: "nova-3", reconnectAttempts: 0 }),
        () => client.listen.v2.connect({ model: "flux-general-en", reconnectAttempts: 0 }),
        () => client.speak.v1.connect({ reconnectAttempts: 0 }),
        () => client.speak.v2.connect({ model: "flux-alexis-en", reconnectAttempts: 0 }),
        () => client.agent.v1.connect({ reconnectAttempts: 0 })
      ]) {
        const socket = await connect()
        socket.connect()
        await socket.waitForOpen()
        socket.close()
      }
    }
  })
})

describe("openai", () => {
  const emulator = EmulatedOpenAi.make()

  it("converses and calls with a secret of its own, and with one of ours", async () => {
    await using world = await start(OpenAi.adapter, emulator)
    const clientWith = (apiKey: string) => new OpenAI({ apiKey, baseURL: `${world.origin}/v1`, maxRetries: 0 })
    const own = await clientWith(emulator.apiKey).realtime.clientSecrets.create({
      expires_after: { anchor: "created_at", seconds: 60 }
    })
    for (const secret of [own.value, await world.mint("realtime")]) {
      const socket = new OpenAIRealtimeWS({ model: "gpt-realtime" }, clientWith(secret))
      const type = await new Promise<string>((resolve, reject) => {
        socket.on("error", reject)
        socket.on("session.created", (event) => resolve(event.type))
      })
      assert.strictEqual(type, "session.created")
      socket.close()
      const sdp = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
      assert.strictEqual((await clientWith(secret).realtime.calls.create({ sdp })).status, 201)
    }
  })

  it("opens a transcription with a secret of its own, and with one of ours", async () => {
    await using world = await start(OpenAi.adapter, emulator)
    const clientWith = (apiKey: string) => new OpenAI({ apiKey, baseURL: `${world.origin}/v1`, maxRetries: 0 })
    const own = await clientWith(emulator.apiKey).realtime.clientSecrets.create({ session: { type: "transcription" } })
    for (const secret of [own.value, await world.mint("stt.realtime")]) {
      const socket = new OpenAIRealtimeWS({ model: "gpt-4o-transcribe" }, clientWith(secret))
      const session = await new Promise((resolve, reject) => {
        socket.on("error", reject)
        socket.on("session.created", (event) => resolve(event.session))
      })
      assert.propertyVal(session, "type", "transcription")
      socket.close()
    }
  })
})

describe("assemblyai", () => {
  const emulator = EmulatedAssemblyAi.make()

  it("streams with a token of its own, and with one of ours", async () => {
    await using world = await start(AssemblyAi.adapter, emulator)
    const client = new AssemblyAI({ apiKey: emulator.apiKey, streamingBaseUrl: world.origin })
    const own = await client.streaming.createTemporaryToken({ expires_in_seconds: 60 })
    for (const token of [own, await world.mint("stt.realtime")]) {
      const session = client.streaming.transcriber({
        token,
        sampleRate: 16_000,
        speechModel: "universal-streaming-english",
        websocketBaseUrl: `${world.origin.replace("http", "wss")}${EmulatedAssemblyAi.streamingRoute}`,
        maxConnectionRetries: 0,
        connectTimeout: 5_000
      })
      assert.isString((await session.connect()).id)
      await session.close()
    }
  })
})

describe("@elevenlabs/elevenlabs-js", () => {
  const emulator = EmulatedElevenLabs.make()

  it("transcribes and speaks with a token of its own, and with one of ours, each of which is spent", async () => {
    await using world = await start(ElevenLabs.adapter, emulator)
    const client = new ElevenLabsClient({ apiKey: emulator.apiKey, baseUrl: world.origin, maxRetries: 0 })
    const streams = async (token: string) => {
      const connection = await client.speechToText.realtime.connect({
        modelId: "scribe_v2_realtime",
        audioFormat: AudioFormat.PCM_16000,
        sampleRate: 16_000,
        commitStrategy: CommitStrategy.MANUAL,
        token
      })
      const started = await new Promise<boolean>((resolve) => {
        connection.on(RealtimeEvents.SESSION_STARTED, () => resolve(true))
        connection.on(RealtimeEvents.ERROR, () => resolve(false))
      })
      connection.close()
      return started
    }
    // A request with a token ignores the key that the client also sends.
    const transcribes = (token: string) =>
      client.speechToText.convert({ token, modelId: "scribe_v2", file: new Blob([Speech.wav(speech, 16_000)]) }).then(
        () => true,
        () => false
      )
    // The package has no client for the WebSocket of text to speech.
    const speaks = async (token: string) => {
      const address = `${world.origin.replace("http", "ws")}/v1/text-to-speech/voice/stream-input`
      const socket = new WebSocket(`${address}?single_use_token=${token}`)
      return new Promise<boolean>((resolve) => {
        socket.addEventListener("open", () => {
          for (const text of ["Hello ", ""]) socket.send(JSON.stringify({ text }))
        })
        socket.addEventListener("message", ({ data }) => resolve("audio" in JSON.parse(data)))
        for (const end of ["close", "error"]) socket.addEventListener(end, () => resolve(false))
      }).finally(() => socket.close())
    }
    const own = async (type: "realtime_scribe" | "batch_scribe" | "tts_websocket") =>
      (await client.tokens.singleUse.create(type)).token
    for (const token of [await own("realtime_scribe"), await world.mint("stt.realtime")]) {
      assert.deepStrictEqual([await streams(token), await streams(token)], [true, false])
    }
    for (const token of [await own("batch_scribe"), await world.mint("stt.batch")]) {
      assert.deepStrictEqual([await transcribes(token), await transcribes(token)], [true, false])
    }
    for (const token of [await own("tts_websocket"), await world.mint("tts.realtime")]) {
      assert.deepStrictEqual([await speaks(token), await speaks(token)], [true, false])
    }
  })

  it("signs a URL for an agent, which opens as ours does", async () => {
    await using world = await start(ElevenLabs.adapter, emulator)
    const client = new ElevenLabsClient({ apiKey: emulator.apiKey, baseUrl: world.origin, maxRetries: 0 })
    const agentId = emulator.env(world.origin)["ELEVENLABS_AGENT_ID"] ?? assert.fail("no agent")
    const { signedUrl } = await client.conversationalAi.conversations.getSignedUrl({ agentId })
    for (const url of [signedUrl, await world.mint("agent")]) {
      const socket = new WebSocket(url, ["convai"])
      const [{ data }] = await once(socket, "message")
      assert.strictEqual(JSON.parse(data).type, "conversation_initiation_metadata")
      socket.close()
    }
  })
})

describe("@google/genai", () => {
  const emulator = EmulatedGemini.make()

  it("opens a session with a token of its own, and with one of ours", async () => {
    // The client warns for every token that its support is experimental.
    vi.spyOn(console, "warn").mockReturnValue()
    await using world = await start(Gemini.adapter, emulator)
    const clientWith = (apiKey: string) =>
      new GoogleGenAI({ apiKey, apiVersion: "v1alpha", httpOptions: { baseUrl: world.origin } })
    const { name = "" } = await clientWith(emulator.apiKey).authTokens.create({ config: { uses: 1 } })
    for (const token of [name, await world.mint("realtime")]) {
      const opened = await new Promise<boolean>((resolve, reject) => {
        const callbacks = {
          onmessage: ({ setupComplete }: { setupComplete?: object }) => resolve(setupComplete !== undefined)
        }
        clientWith(token)
          .live.connect({ model: "gemini-live-2.5-flash-preview", callbacks })
          .then((session) => session.close(), reject)
      })
      assert.isTrue(opened)
    }
  })
})
