import type { Connection } from "@tempcred/core/Connection"
import type { MintRequest } from "@tempcred/core/MintRequest"
import * as Speechmatics from "@tempcred/speechmatics/Speechmatics"
import { arrived } from "@tempcred/testing/Harness"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { withOptions } from "./speechmatics.ts"

const bearer: Connection["placement"] = { in: "header", name: "Authorization", value: "Bearer {token}" }

const websockets = (url: string): ReadonlyArray<Connection> => [
  { kind: "websocket", url, where: "server", placement: bearer },
  { kind: "websocket", url, where: "anywhere", placement: { in: "query", name: "jwt", value: "{token}" } }
]

/** Agent STT is documented for three hosts: https://docs.speechmatics.com/api-ref/agent-stt-websocket (read 2026-11-30). */
const realtime = (url: string): ReadonlyArray<Connection> => [
  ...websockets(url),
  ...(/^wss:..(global|eu|us)\.rt\.|^wss:..rt.example.v2$/.test(url) ? websockets(`${url}/agent`) : [])
]

const http = (url: string): ReadonlyArray<Connection> => [{ kind: "http", url, where: "anywhere", placement: bearer }]

type Row = readonly [region: string | undefined, host: string, sent?: string]

/** https://docs.speechmatics.com/get-started/authentication#supported-endpoints (read 2026-08-13), and the region that is sent. */
const realtimeHosts: ReadonlyArray<Row> = [
  [undefined, "global.rt.speechmatics.com"],
  ["global", "global.rt.speechmatics.com"],
  ["eu", "eu.rt.speechmatics.com", "eu"],
  ["us", "us.rt.speechmatics.com", "usa"],
  ["eu2", "eu2.rt.speechmatics.com", "eu"],
  ["neu", "neu.rt.speechmatics.com", "eu"],
  ["wus", "wus.rt.speechmatics.com", "usa"],
  ["preview", "preview.rt.speechmatics.com"]
]

const batchHosts: ReadonlyArray<Row> = [
  [undefined, "eu1.asr.api.speechmatics.com"],
  ["eu", "eu1.asr.api.speechmatics.com", "eu"],
  ["us", "us1.asr.api.speechmatics.com", "usa"],
  ["au", "au1.asr.api.speechmatics.com", "au"],
  ["eu1", "eu1.asr.api.speechmatics.com", "eu"],
  ["us1", "us1.asr.api.speechmatics.com", "usa"],
  ["au1", "au1.asr.api.speechmatics.com", "au"],
  ["eu2", "eu2.asr.api.speechmatics.com", "eu"],
  ["us2", "us2.asr.api.speechmatics.com", "usa"],
  ["on-demand", "asr.api.speechmatics.com"],
  ["trial", "trial.asr.api.speechmatics.com"]
]

describe("each region has its hosts, and is sent in the vendor's spelling, or not at all", () => {
  it("the tables below hold every region", () => {
    const names = (rows: ReadonlyArray<Row>) => rows.flatMap(([region]) => region ?? [])
    assert.sameMembers(names(realtimeHosts), Object.keys(Speechmatics.hosts.realtime))
    assert.sameMembers(names(batchHosts), Object.keys(Speechmatics.hosts.batch))
  })

  const minted = (request: Partial<MintRequest>, [region, , sent]: Row) =>
    Effect.gen(function* () {
      const [configured, asked] = [withOptions({ region }), withOptions()]
      const credential = yield* asked.mint({ ...request, region })
      assert.strictEqual(credential.region, region)
      assert.deepStrictEqual(yield* configured.mint(request), credential)
      for (const { emulator } of [asked, configured]) {
        assert.deepInclude(arrived(emulator.log)[0]?.body, sent === undefined ? { ttl: 60 } : { ttl: 60, region: sent })
        assert.strictEqual(emulator.log[0]?.body.includes("region"), sent !== undefined)
      }
      return [...credential.connections]
    })

  it.effect.each(realtimeHosts)("realtime in %s: %s", (row) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* minted({ purpose: "stt.realtime" }, row), realtime(`wss://${row[1]}/v2`))
    })
  )
  it.effect.each(batchHosts)("jobs in %s: %s", (row) =>
    Effect.gen(function* () {
      const request = { purpose: "stt.batch", subject: "u1" } as const
      assert.deepStrictEqual(yield* minted(request, row), http(`https://${row[1]}/v2/jobs`))
    })
  )

  it.effect("text-to-speech has one host for all regions, and no region is sent", () =>
    Effect.gen(function* () {
      for (const region of [undefined, "eu", "us", "au", "global"]) {
        const { emulator, mint } = withOptions({ region })
        const credential = yield* mint({ purpose: "tts.batch" })
        assert.deepStrictEqual([...credential.connections], http("https://preview.tts.speechmatics.com/generate"))
        assert.isUndefined(credential.region)
        assert.deepStrictEqual(arrived(emulator.log)[0]?.body, { ttl: 60 })
      }
    })
  )
})

describe("a URL override applies to the configured region only", () => {
  const urls = {
    realtimeUrl: "wss://rt.example/v2/en",
    batchUrl: "https://batch.example/proxy/v2/",
    ttsUrl: "https://tts.example/proxy/"
  }
  const job = { purpose: "stt.batch", subject: "u1" } as const
  const ownRealtime = realtime("wss://rt.example/v2/en")
  const ownJobs = http("https://batch.example/proxy/v2/jobs")
  const ownSpeech = http("https://tts.example/proxy/generate")

  const cases: ReadonlyArray<
    readonly [region: string | undefined, request: Partial<MintRequest>, connections: ReadonlyArray<Connection>]
  > = [
    [undefined, {}, ownRealtime],
    [undefined, { region: "global" }, ownRealtime],
    [undefined, { region: "eu" }, realtime("wss://eu.rt.speechmatics.com/v2")],
    ["us", {}, ownRealtime],
    ["us", { region: "us" }, ownRealtime],
    ["us", { region: "global" }, realtime("wss://global.rt.speechmatics.com/v2")],
    [undefined, job, ownJobs],
    [undefined, { ...job, region: "eu" }, ownJobs],
    [undefined, { ...job, region: "au" }, http("https://au1.asr.api.speechmatics.com/v2/jobs")],
    ["au", job, ownJobs],
    ["au", { ...job, region: "au" }, ownJobs],
    ["au", { ...job, region: "eu" }, http("https://eu1.asr.api.speechmatics.com/v2/jobs")],
    [undefined, { purpose: "tts.batch" }, ownSpeech],
    ["us", { purpose: "tts.batch" }, ownSpeech]
  ]
  it.effect.each(cases)("configured %s, asked for %j", ([region, request, connections]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual([...(yield* withOptions({ ...urls, region }).mint(request)).connections], connections)
    })
  )

  it.effect("with Agent STT beside a realtime URL that ends with the version", () =>
    Effect.gen(function* () {
      const { connections } = yield* withOptions({ realtimeUrl: "wss://rt.example/v2" }).mint()
      assert.deepStrictEqual([...connections], realtime("wss://rt.example/v2"))
      assert.strictEqual(connections.length, 4)
    })
  )

  it.effect("with or without a slash at their end", () =>
    Effect.gen(function* () {
      const { mint } = withOptions({ batchUrl: "https://batch.example/proxy/v2", ttsUrl: "https://tts.example/proxy" })
      assert.deepStrictEqual([...(yield* mint(job)).connections], ownJobs)
      assert.deepStrictEqual([...(yield* mint({ purpose: "tts.batch" })).connections], ownSpeech)
    })
  )

  it.effect("all regions mint at one API", () =>
    Effect.gen(function* () {
      for (const baseUrl of ["https://mp.example", "https://mp.example/"]) {
        const { emulator, mint } = withOptions({ baseUrl, region: "us" })
        yield* mint()
        yield* mint({ region: "eu" })
        for (const { call } of arrived(emulator.log)) {
          assert.strictEqual(call, "POST https://mp.example/v1/api_keys?type=rt")
        }
      }
    })
  )
})
