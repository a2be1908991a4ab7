/** The browser's client, from a page through the token endpoint to emulated vendors. */
import * as AssemblyAi from "@tempcred/assemblyai/AssemblyAi"
import { type Credential, open, type OpenOptions, source } from "@tempcred/client"
import * as Endpoint from "@tempcred/client/effect"
import * as HttpClientTransport from "@tempcred/core/HttpClientTransport"
import * as Providers from "@tempcred/core/Providers"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { Transport } from "@tempcred/core/Transport"
import * as Deepgram from "@tempcred/deepgram/Deepgram"
import * as ElevenLabs from "@tempcred/elevenlabs/ElevenLabs"
import * as AssemblyAiEmulator from "@tempcred/emulator/AssemblyAi"
import * as DeepgramEmulator from "@tempcred/emulator/Deepgram"
import * as ElevenLabsEmulator from "@tempcred/emulator/ElevenLabs"
import type { Emulator } from "@tempcred/emulator/Emulator"
import { serve } from "@tempcred/emulator/Node"
import * as Speech from "@tempcred/emulator/Speech"
import * as SonioxEmulator from "@tempcred/emulator/Soniox"
import * as SpeechmaticsEmulator from "@tempcred/emulator/Speechmatics"
import * as Authenticator from "@tempcred/server/Authenticator"
import * as TokenServer from "@tempcred/server/TokenServer"
import * as Soniox from "@tempcred/soniox/Soniox"
import * as Speechmatics from "@tempcred/speechmatics/Speechmatics"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { assert, describe, it, onTestFinished } from "vitest"

const request = { purpose: "stt.realtime" } as const
const adapters = [AssemblyAi.adapter, Deepgram.adapter, ElevenLabs.adapter, Soniox.adapter, Speechmatics.adapter]
const bearerOf = (subject: string) => `${subject}-secret-token-0`
const callers = ["ana", "bob"].map((subject) => ({ subject, token: Redacted.make(bearerOf(subject)) }))

/** Starts an endpoint with the stack of the README, for vendors on ports; the first vendor is asked first. */
const start = async (emulators: Readonly<Record<string, Emulator>>) => {
  const env: Record<string, string> = { TEMPCRED_PROVIDER: Object.keys(emulators).join(","), ELEVENLABS_VOICE_ID: "v" }
  for (const emulator of Object.values(emulators)) {
    const server = await serve(emulator)
    onTestFinished(() => server.close())
    Object.assign(env, emulator.env(server.origin))
  }
  const endpoint = TokenServer.make({
    authenticator: Authenticator.layerBearer(callers),
    provider: Providers.layerConfig(adapters).pipe(
      Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env })))
    ),
    transport: Transport.layerFetch
  })
  onTestFinished(() => endpoint.close())
  const url = "https://app.example/v1/credentials"
  const page = (subject = "ana") =>
    source({
      endpoint: url,
      headers: { authorization: `Bearer ${bearerOf(subject)}` },
      fetch: (target, init) => endpoint.fetch(new Request(target, init))
    })
  return { endpoint, page, url }
}

/** One set of options for every vendor that the endpoint can choose. */
const transcription: OpenOptions = {
  first: ({ provider }: Credential) =>
    ({
      soniox: { model: "stt-rt-v5", audio_format: "pcm_s16le", sample_rate: 16_000, num_channels: 1 },
      speechmatics: {
        message: "StartRecognition",
        audio_format: { type: "raw", encoding: "pcm_s16le", sample_rate: 16_000 },
        transcription_config: { language: "en" }
      }
    })[provider],
  query: ({ provider }: Credential) =>
    ({
      assemblyai: { sample_rate: 16_000, speech_model: "universal-streaming-english", format_turns: true, token: "x" },
      deepgram: { model: "nova-3", encoding: "linear16", sample_rate: 16_000, keyterm: ["one", "two"] },
      elevenlabs: { model_id: "scribe_v2_realtime", audio_format: "pcm_16000", token: "x" }
    })[provider]
}

/** Waits for the first matching message of an open socket. */
const heard = (socket: WebSocket, expected: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    socket.addEventListener("message", ({ data }) => expected.test(String(data)) && resolve(String(data)))
    socket.addEventListener("close", ({ code, reason }) => reject(new Error(`closed: ${code} ${reason}`)))
  })

const second = new Uint8Array(Speech.tone("x".repeat(17), 16_000))

describe("options that are functions of the credential", () => {
  const vendors: ReadonlyArray<readonly [string, () => Emulator, RegExp]> = [
    // These two send a message at once, which a listener added after `await` must receive.
    ["assemblyai", () => AssemblyAiEmulator.make(), /"type":"Begin"/],
    ["elevenlabs", () => ElevenLabsEmulator.make(), /"session_started".*"model_id":"scribe_v2_realtime"/],
    ["deepgram", () => DeepgramEmulator.make(), /"nova-3"/],
    ["speechmatics", () => SpeechmaticsEmulator.make(), /RecognitionStarted/],
    ["soniox", () => SonioxEmulator.make(), /"tokens":/]
  ]
  it.each(vendors)("open a transcription at %s", async (vendor, make, expected) => {
    const emulator = make()
    const { page } = await start({ [vendor]: emulator })
    const socket = await page().open(request, transcription)
    const hearing = heard(socket, expected)
    if (["deepgram", "soniox"].includes(vendor)) socket.send(second)
    if (vendor === "deepgram") socket.send(JSON.stringify({ type: "Finalize" }))
    await hearing
    socket.close()
  })

  it("give each vendor its own values when the endpoint falls back to another", async () => {
    const [soniox, speechmatics] = [SonioxEmulator.make(), SpeechmaticsEmulator.make()]
    soniox.faults.add(SonioxEmulator.mintRoute, { status: 503 }, Infinity)
    const { page } = await start({ soniox, speechmatics })
    const socket = await page().open(request, transcription)
    await heard(socket, /RecognitionStarted/)
    socket.close()
  })
})

describe("a credential for many uses", () => {
  it("is shared only by the connections of one subject and scope", async () => {
    const { page } = await start({ speechmatics: SpeechmaticsEmulator.make() })
    const ana = [page(), page()]
    const taken = await Promise.all(ana.flatMap(({ take }) => [take(request), take(request), take(request)]))
    assert.lengthOf(new Set(taken.map(({ token }) => token)), 1)
    const other = await page("bob").take(request)
    const longer = await page().take({ ...request, ttlSeconds: 120 })
    assert.lengthOf(new Set([taken[0]?.token, other.token, longer.token]), 3)
  })

  it("that was refused is replaced for its own subject only, in pages and in programs", async () => {
    const emulator = SpeechmaticsEmulator.make()
    const { endpoint, page, url } = await start({ speechmatics: emulator })
    const [ana, bob] = [page(), page("bob")]
    const [refused, others] = [await ana.take(request), await bob.take(request)]
    ana.invalidate(refused)
    const next = await ana.take(request)
    assert.notStrictEqual(next.token, refused.token)
    assert.strictEqual((await page().take(request)).token, next.token)
    assert.strictEqual((await bob.take(request)).token, others.token)

    const throughEndpoint = HttpClientTransport.layer.pipe(
      Layer.provide(FetchHttpClient.layer),
      Layer.provide(Layer.succeed(FetchHttpClient.Fetch, (input, init) => endpoint.fetch(new Request(input, init))))
    )
    const layer = Endpoint.layer({ url, apiKey: Redacted.make(bearerOf("ana")) })
    const program = Effect.gen(function* () {
      const { invalidate, mint } = yield* TempCredentialProvider
      const held = yield* mint(request)
      assert.strictEqual(Redacted.value(held.token), next.token)
      yield* invalidate?.(held) ?? assert.fail("there is no invalidate")
      assert.notStrictEqual(Redacted.value((yield* mint(request)).token), next.token)
    })
    await Effect.runPromise(program.pipe(Effect.provide(layer), Effect.provide(throughEndpoint)))
    assert.lengthOf(emulator.issued, 4)
  })

  it("that the vendor no longer accepts is refused on its socket, reported, and replaced", async () => {
    const emulator = SpeechmaticsEmulator.make()
    const { page } = await start({ speechmatics: emulator })
    const credentials = page()
    const taken = await credentials.take(request)
    emulator.expireAll()
    const again = await credentials.take(request)
    assert.strictEqual(again.token, taken.token)
    await heard(await open(again, transcription), /not_authorised/)
    credentials.invalidate(again)
    await heard(await credentials.open(request, transcription), /RecognitionStarted/)
  })

  it("has at least the requested remaining lifetime", async () => {
    const emulator = SpeechmaticsEmulator.make()
    const { page } = await start({ speechmatics: emulator })
    const { token } = await page().take(request)
    const longer = await page().take({ ...request, minRemainingSeconds: 60 })
    assert.notStrictEqual(longer.token, token)
  })
})

it("a single-use credential is never handed out twice", async () => {
  const { page } = await start({ soniox: SonioxEmulator.make() })
  const pages = [page(), page(), page("bob")]
  const taken = await Promise.all(pages.flatMap(({ get, take }) => [take(request), get(request), take(request)]))
  assert.isTrue(taken.every(({ uses }) => uses === "once"))
  assert.lengthOf(new Set(taken.map(({ token }) => token)), taken.length)
})
