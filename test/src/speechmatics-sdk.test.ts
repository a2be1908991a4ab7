import { createSpeechmaticsJWT, SpeechmaticsJWTError } from "@speechmatics/auth"
import { BatchClient, SpeechmaticsResponseError } from "@speechmatics/batch-client"
import { RealtimeClient, type Raw, type RealtimeServerMessage } from "@speechmatics/real-time-client"
import { serve, type Server } from "@tempcred/emulator/Node"
import * as Speechmatics from "@tempcred/emulator/Speechmatics"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

describe("the official Speechmatics clients against the emulator", () => {
  const emulator = Speechmatics.make({ words: ["this", "was", "said"] })
  let server: Server

  beforeAll(async () => {
    server = await serve(emulator)
  })
  afterAll(() => server.close())

  const mint = (options: Partial<Parameters<typeof createSpeechmaticsJWT>[0]> = {}) =>
    createSpeechmaticsJWT({
      type: "rt",
      apiKey: emulator.apiKey,
      managementPlatformURL: `${server.origin}/v1`,
      ...options
    })

  const failureOf = async (attempt: Promise<unknown>): Promise<Error> => {
    try {
      await attempt
    } catch (error) {
      return error instanceof Error ? error : assert.fail(String(error))
    }
    return assert.fail("nothing failed")
  }

  describe("@speechmatics/auth", () => {
    it("mints a key that lives its ttl", async () => {
      const claims: unknown = JSON.parse(atob((await mint({ ttl: 120 })).split(".")[1] ?? ""))
      assert.containsAllKeys(claims, ["iat", "exp"])
      const [key] = emulator.issued
      assert.deepInclude(key, { product: "rt", region: "eu" })
    })

    it("reports a wrong key as unauthorized", async () => {
      const failure = await failureOf(mint({ apiKey: "wrong" }))
      assert.instanceOf(failure, SpeechmaticsJWTError)
      assert.propertyVal(failure, "type", "Unauthorized")
    })

    it("passes on the vendor's message about an invalid request", async () => {
      const failure = await failureOf(mint({ ttl: 59 }))
      assert.propertyVal(failure, "type", "ValidationFailed")
      assert.strictEqual(failure.message, "ttl in body should be greater than or equal to 60")
      assert.deepStrictEqual(failure.cause, { code: 609, message: failure.message })
    })
  })

  describe("@speechmatics/real-time-client", () => {
    const client = () => {
      const realtime = new RealtimeClient({ url: `${server.origin.replace("http", "ws")}/v2` })
      const messages: Array<RealtimeServerMessage> = []
      realtime.addEventListener("receiveMessage", ({ data }) => {
        messages.push(data)
      })
      return { realtime, messages }
    }
    const audioFormat: Raw = { type: "raw", encoding: "pcm_s16le", sample_rate: 16_000 }

    it("transcribes a session to its end", async () => {
      const { messages, realtime } = client()
      const started = await realtime.start(await mint(), {
        audio_format: audioFormat,
        transcription_config: { language: "en", max_delay: 0.7, enable_partials: true }
      })
      assert.strictEqual(started.message, "RecognitionStarted")
      for (let chunk = 0; chunk < 10; chunk += 1) realtime.sendAudio(new Uint8Array(16_000))
      await realtime.stopRecognition()
      const text = messages.flatMap((message) =>
        message.message === "AddTranscript" ? [message.metadata.transcript] : []
      )
      assert.strictEqual(text.join(""), "this was said ".repeat(5) + "this ")
      assert.include(
        messages.map(({ message }) => message),
        "AddPartialTranscript"
      )
    })

    it("learns who spoke", async () => {
      const { realtime } = client()
      await realtime.start(await mint(), {
        audio_format: audioFormat,
        transcription_config: { language: "en", diarization: "speaker" }
      })
      realtime.sendAudio(new Uint8Array(32_000))
      const { speakers } = await realtime.getSpeakers()
      assert.deepStrictEqual(
        speakers.map(({ label }) => label),
        ["S1"]
      )
      await realtime.stopRecognition()
    })

    it("is told that its key is refused", async () => {
      const { realtime } = client()
      const failure = await failureOf(realtime.start("wrong", { transcription_config: { language: "en" } }))
      assert.strictEqual(failure.message, "not_authorised")
    })

    it("is told that there are too many sessions", async () => {
      const { realtime } = client()
      emulator.refuseSessions("quota_exceeded")
      const failure = await failureOf(realtime.start(await mint(), { transcription_config: { language: "en" } }))
      assert.strictEqual(failure.message, "quota_exceeded")
    })
  })

  describe("@speechmatics/batch-client", () => {
    const client = async (clientRef: string) =>
      new BatchClient({
        appId: "test",
        apiKey: await mint({ type: "batch", clientRef }),
        apiUrl: `${server.origin}/v2`
      })
    const talk = () => ({ data: new Blob([new Uint8Array(32_000)]), fileName: "talk.wav" })
    const jobConfig = { transcription_config: { language: "en" } }

    it("runs a job to its transcript", { timeout: 10_000 }, async () => {
      const batch = await client("ann")
      assert.strictEqual(await batch.transcribe(talk(), jobConfig, "text"), "this was said")
    })

    it("handles a job in all its parts", async () => {
      const batch = await client("ann")
      const { id } = await batch.createTranscriptionJob(talk(), jobConfig)
      assert.strictEqual((await batch.getJob(id)).job.status, "done")
      const transcript = await batch.getJobResult(id)
      assert.lengthOf(typeof transcript === "string" ? [] : transcript.results, 3)
      assert.include(
        (await batch.listJobs()).jobs.map((job) => job.id),
        id
      )
      assert.strictEqual((await batch.deleteJob(id)).job.status, "deleted")
      assert.containsAllKeys(await batch.getFeatureDiscovery(), ["metadata", "batch"])
    })

    it("does not see the jobs of another end user", async () => {
      const { id } = await (await client("ann")).createTranscriptionJob(talk(), jobConfig)
      const bob = await client("bob")
      const failure = await failureOf(bob.getJob(id))
      assert.instanceOf(failure, SpeechmaticsResponseError)
      assert.strictEqual(failure.message, "Job not found")
      assert.deepStrictEqual((await bob.listJobs()).jobs, [])
    })

    it("is told that its key is refused", async () => {
      const batch = new BatchClient({ appId: "test", apiKey: "wrong", apiUrl: `${server.origin}/v2` })
      assert.strictEqual((await failureOf(batch.listJobs())).message, "Permission Denied")
    })
  })
})
