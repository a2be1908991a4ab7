/** The vendors' own SDKs with credentials that come through a source, before the emulators. */
import { type AudioSource, SonioxClient, type SonioxClientOptions } from "@soniox/client"
import { RealtimeClient, type Raw } from "@speechmatics/real-time-client"
import { type Options, source } from "@tempcred/client"
import { config } from "@tempcred/client/Soniox"
import { session } from "@tempcred/client/Speechmatics"
import type { Adapter } from "@tempcred/core/Adapter"
import * as Minter from "@tempcred/core/Minter"
import { TempCredential } from "@tempcred/core/TempCredential"
import * as TokenEndpoint from "@tempcred/core/TokenEndpoint"
import type { Emulator } from "@tempcred/emulator/Emulator"
import { serve } from "@tempcred/emulator/Node"
import * as EmulatedSoniox from "@tempcred/emulator/Soniox"
import * as Speech from "@tempcred/emulator/Speech"
import * as EmulatedSpeechmatics from "@tempcred/emulator/Speechmatics"
import * as Soniox from "@tempcred/soniox/Soniox"
import * as Speechmatics from "@tempcred/speechmatics/Speechmatics"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { assert, describe, expectTypeOf, it, onTestFinished } from "vitest"
import { credential } from "./page.ts"

/** A source before a small backend that mints at the vendor, each credential for one use where the vendor has that. */
const start = async <E extends Emulator>(emulator: E, { layerConfig }: Adapter) => {
  const server = await serve(emulator)
  const variables = ConfigProvider.layer(ConfigProvider.fromEnv({ env: emulator.env(server.origin) }))
  const minter = Minter.make(Layer.provide(layerConfig, variables))
  onTestFinished(() => Promise.all([minter.close(), server.close()]).then(() => {}))
  const asked: Array<TokenEndpoint.Request> = []
  const backend: Options["fetch"] = async (...sent) => {
    const { purpose, ...request } = Result.getOrThrow(
      TokenEndpoint.decode(await new Request("http://localhost/", sent[1]).json())
    )
    asked.push({ purpose, ...request })
    return Response.json(TempCredential.encode(await minter.mint({ purpose, singleUse: "preferred" })), { status: 201 })
  }
  return { asked, credentials: source({ endpoint: "/v1/credentials", fetch: backend }), emulator }
}

const startSoniox = () => start(EmulatedSoniox.make(), Soniox.adapter)
const startSpeechmatics = () =>
  start(EmulatedSpeechmatics.make({ words: ["this", "was", "said"] }), Speechmatics.adapter)

const second = Speech.tone("x".repeat(17), 16_000)

/** A microphone that hears a second of speech whenever it is started, also for a connection that is made again. */
const microphone = (): AudioSource => {
  let hear = () => {}
  return {
    start: async ({ onData }) => {
      hear = () => onData(new Uint8Array(second).buffer)
      hear()
    },
    restart: () => hear(),
    stop: () => {}
  }
}

describe("@soniox/client", () => {
  const format = { model: "stt-rt-v5", audio_format: "pcm_s16le", sample_rate: 16_000, num_channels: 1 } as const

  it("accepts the bridge as its config", () => {
    expectTypeOf<ReturnType<typeof config>>().toExtend<SonioxClientOptions["config"]>()
  })

  it("transcribes with a new credential for every recording", async () => {
    const { asked, credentials, emulator } = await startSoniox()
    const client = new SonioxClient({ config: config(credentials, { maxSessionSeconds: 600 }) })
    for (const count of [1, 2]) {
      const recording = client.realtime.record({ ...format, source: microphone() })
      const heard: Array<string> = []
      recording.on("result", ({ tokens }) =>
        heard.push(...tokens.filter((one) => one.is_final).map(({ text }) => text))
      )
      await new Promise((resolve) => recording.once("connected", () => resolve(undefined)))
      await recording.stop()
      assert.notStrictEqual(heard.join(""), "")
      assert.lengthOf(emulator.issued, count)
    }
    assert.deepStrictEqual(asked[0], { purpose: "stt.realtime", maxSessionSeconds: 600 })
  })

  it("reconnects with a fresh credential when its connection breaks", async () => {
    const { credentials, emulator } = await startSoniox()
    const client = new SonioxClient({ config: config(credentials) })
    const recording = client.realtime.record({
      ...format,
      source: microphone(),
      auto_reconnect: true,
      reconnect_base_delay_ms: 1
    })
    await new Promise((resolve) => recording.once("connected", () => resolve(undefined)))
    const again = new Promise((resolve) => recording.once("reconnected", () => resolve(undefined)))
    emulator.close()
    await again
    assert.lengthOf(emulator.issued, 2)
    await recording.stop()
  })

  it("speaks, on a socket and in one request", async () => {
    const { asked, credentials } = await startSoniox()
    const client = new SonioxClient({ config: config(credentials) })
    const voice = {
      model: "tts-rt-v2",
      language: "en",
      voice: "Adrian",
      audio_format: "pcm_s16le",
      sample_rate: 24_000
    } as const
    const stream = await client.realtime.tts(voice)
    stream.sendText("Hello", { end: true })
    const pieces: Array<Uint8Array> = []
    for await (const piece of stream) pieces.push(piece)
    assert.deepStrictEqual(Speech.joined(pieces), Speech.tone("Hello", 24_000))
    const audio = await client.tts.generate({ text: "Hello", voice: "Adrian", audio_format: "wav" })
    assert.deepStrictEqual(audio, Speech.wav(Speech.tone("Hello", 24_000), 24_000))
    assert.deepStrictEqual(
      asked.map(({ purpose }) => purpose),
      ["tts.realtime", "tts.realtime"]
    )
  })

  it("is not given another vendor's credential", async () => {
    const { credentials } = await startSpeechmatics()
    const error = await config(credentials)().catch((reason: unknown) => reason)
    assert.instanceOf(error, TypeError)
    assert.include(String(error), "credential of speechmatics")
  })
})

describe("@speechmatics/real-time-client", () => {
  const audioFormat: Raw = { type: "raw", encoding: "pcm_s16le", sample_rate: 16_000 }

  it("transcribes with a new credential for every session", async () => {
    const { asked, credentials, emulator } = await startSpeechmatics()
    for (const count of [1, 2]) {
      const { jwt, url } = await session(credentials, { ttlSeconds: 60 })
      const client = new RealtimeClient({ url })
      const heard: Array<string> = []
      client.addEventListener("receiveMessage", ({ data }) => {
        if (data.message === "AddTranscript") heard.push(data.metadata.transcript)
      })
      await client.start(jwt, { audio_format: audioFormat, transcription_config: { language: "en" } })
      client.sendAudio(second)
      await client.stopRecognition()
      assert.include(heard.join(""), "this was")
      assert.lengthOf(emulator.issued, count)
    }
    assert.deepStrictEqual(asked[0], { purpose: "stt.realtime", ttlSeconds: 60 })
  })

  it("is not given another vendor's credential", async () => {
    const { credentials } = await startSoniox()
    const error = await session(credentials).catch((reason: unknown) => reason)
    assert.instanceOf(error, TypeError)
    assert.include(String(error), "credential of soniox")
  })
})

it("an SDK receives no unencrypted URL", async () => {
  const plain = (provider: string) => {
    const [way] = credential().connections
    const { connections, ...rest } = credential({ provider, connections: [{ ...way, url: "ws://vendor.example/" }] })
    return { take: async () => ({ ...rest, connections }) }
  }
  for (const connecting of [config(plain("soniox"))(), session(plain("speechmatics"))]) {
    const error = await connecting.catch((reason: unknown) => reason)
    assert.instanceOf(error, TypeError)
    assert.include(String(error), "ws: is allowed on loopback only")
  }
})
