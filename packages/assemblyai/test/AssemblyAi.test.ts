import type { Connection } from "@tempcred/core/Connection"
import type { MintRequest } from "@tempcred/core/MintRequest"
import { answering, arrived, lacks, misconfigured, noon, reasonOf } from "@tempcred/testing/Harness"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { key, withEnv, withOptions } from "./assemblyai.ts"

const at = (url: string): ReadonlyArray<Connection> => [
  { kind: "websocket", url, where: "anywhere", placement: { in: "query", name: "token", value: "{token}" } }
]

const streaming = "https://streaming.assemblyai.com/v3/token"
const agents = "https://agents.assemblyai.com/v1/token"

describe("a mint is one GET at the product's host, with that host's key header", () => {
  const requests: ReadonlyArray<readonly [request: Partial<MintRequest>, call: string, key: string]> = [
    [{ purpose: "stt.realtime" }, `${streaming}?expires_in_seconds=60`, key],
    [{ purpose: "agent" }, `${agents}?expires_in_seconds=60`, `Bearer ${key}`],
    [{ ttl: "1 second" }, `${streaming}?expires_in_seconds=1`, key],
    [{ ttl: "10 minutes" }, `${streaming}?expires_in_seconds=600`, key],
    [{ maxSession: "1 minute" }, `${streaming}?expires_in_seconds=60&max_session_duration_seconds=60`, key],
    [
      { purpose: "agent", ttl: "5 minutes", maxSession: "3 hours", singleUse: true },
      `${agents}?expires_in_seconds=300&max_session_duration_seconds=10800`,
      `Bearer ${key}`
    ]
  ]
  it.effect.each(requests)("%j", ([request, call, sent]) =>
    Effect.gen(function* () {
      const { emulator, mint } = withOptions()
      const credential = yield* mint(request)
      assert.deepStrictEqual(arrived(emulator.log), [{ call: `GET ${call}`, key: sent, body: undefined }])
      const { maxSession, relaxed, uses } = credential
      const limit = request.maxSession === undefined ? undefined : Duration.fromInputUnsafe(request.maxSession)
      assert.deepStrictEqual([uses, relaxed, maxSession], ["once", [], limit])
    })
  )
})

describe("each data zone has a host for each product, for minting and connecting", () => {
  const zones = [
    ["global", ""],
    ["us", "us."],
    ["eu", "eu."]
  ] as const
  it.effect.each(zones)("%s", ([region, zone]) =>
    Effect.gen(function* () {
      for (const options of [{ region }, { region: "us" }, {}]) {
        const { emulator, mint } = withOptions(options)
        const asked = (options.region ?? "global") === region ? undefined : region
        for (const [purpose, host, version] of [
          ["stt.realtime", `streaming.${zone}assemblyai.com`, "v3"],
          ["agent", `agents.${zone}assemblyai.com`, "v1"]
        ] as const) {
          const credential = yield* mint({ purpose, region: asked })
          assert.strictEqual(credential.region, region)
          assert.deepStrictEqual([...credential.connections], at(`wss://${host}/${version}/ws`))
          assert.strictEqual(
            arrived(emulator.log).at(-1)?.call,
            `GET https://${host}/${version}/token?expires_in_seconds=60`
          )
        }
      }
    })
  )

  it.effect("a URL override applies to its product in the configured zone", () =>
    Effect.gen(function* () {
      const reply = answering({ token: "t", expires_in_seconds: 60 })
      const options = {
        region: "eu",
        streamingBaseUrl: "https://stt.example/v3/",
        streamingWebsocketUrl: "wss://stt.example/ws",
        agentsBaseUrl: "https://agents.example",
        agentsWebsocketUrl: "wss://agents.example/ws"
      }
      const { mint, requests } = withOptions(options, reply)
      assert.deepStrictEqual([...(yield* mint()).connections], at("wss://stt.example/ws"))
      assert.deepStrictEqual([...(yield* mint({ purpose: "agent" })).connections], at("wss://agents.example/ws"))
      const abroad = { region: "us" }
      assert.deepStrictEqual([...(yield* mint(abroad)).connections], at("wss://streaming.us.assemblyai.com/v3/ws"))
      const agent = yield* mint({ ...abroad, purpose: "agent" })
      assert.deepStrictEqual([...agent.connections], at("wss://agents.us.assemblyai.com/v1/ws"))
      assert.deepStrictEqual(
        requests.map(({ url }) => url.split("?")[0]),
        [
          "https://stt.example/v3/token",
          "https://agents.example/v1/token",
          "https://streaming.us.assemblyai.com/v3/token",
          "https://agents.us.assemblyai.com/v1/token"
        ]
      )
    })
  )
})

describe("what AssemblyAI does not serve makes no call", () => {
  const lacking: ReadonlyArray<readonly [request: Partial<MintRequest>, feature: string, detail: RegExp]> = [
    [{ purpose: "tts.realtime" }, "purpose", /served are stt\.realtime, agent/],
    [{ ttl: "601 seconds" }, "ttl", /1 to 600 seconds/],
    [{ maxSession: "59 seconds" }, "maxSession", /60 to 10800 seconds/],
    [{ maxSession: "4 hours" }, "maxSession", /60 to 10800 seconds/],
    [{ region: "au" }, "region", /served are global, us, eu/],
    [{ session: { config: {} } }, "session", /cannot bind/]
  ]
  it.effect.each(lacking)("%j", ([request, feature, detail]) => lacks(withOptions(), request, feature, detail))
})

describe("what AssemblyAI answers", () => {
  it.effect("a token expires after the stated duration, counted from before the call", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon)
      const reply = answering({ token: "t", expires_in_seconds: 45 })
      const { expirySource, expiresAt, token } = yield* withOptions({}, reply).mint()
      assert.deepStrictEqual([expirySource, DateTime.toEpochMillis(expiresAt)], ["vendor", noon + 45_000])
      assert.strictEqual(Redacted.value(token), "t")
    })
  )

  it.effect.each([undefined, null, "60"])("a window of %j cannot be read", (expires_in_seconds) =>
    Effect.gen(function* () {
      const { mint } = withOptions({}, answering({ token: "t", expires_in_seconds }))
      assert.strictEqual((yield* reasonOf(mint()))._tag, "InvalidResponseError")
    })
  )

  const refusals: ReadonlyArray<
    readonly [status: number, body: object, tag: string, code: string | undefined, detail: string]
  > = [
    [400, { error: "Too long." }, "InvalidRequestError", undefined, "Too long."],
    [401, { error: "Who?" }, "AuthenticationError", undefined, "Who? — check ASSEMBLYAI_API_KEY"],
    [429, { error: "Slow.", code: "slow", details: {} }, "RateLimitError", "slow", "Slow."],
    [500, { error: "Oh.", code: 7 }, "UnavailableError", undefined, "Oh."],
    [503, {}, "UnavailableError", undefined, ""]
  ]
  it.effect.each(refusals)("%i %j is a %s", ([status, body, tag, code, detail]) =>
    Effect.gen(function* () {
      const reason = yield* reasonOf(withOptions({}, { fault: { status, body } }).mint())
      assert.deepStrictEqual(
        [reason._tag, reason.status, reason.code, reason.detail ?? ""],
        [tag, status, code, detail]
      )
    })
  )
})

describe("an unusable variable is named in the error", () => {
  const variables = [
    ["ASSEMBLYAI_API_KEY", "two words", /a space/],
    ["ASSEMBLYAI_REGION", "au", /must be one of global, us, eu/],
    ["ASSEMBLYAI_REGION", "toString", /must be one of/],
    ["ASSEMBLYAI_STREAMING_BASE_URL", "http://evil.com", /must begin with https/],
    ["ASSEMBLYAI_STREAMING_WS_URL", "https://evil.com", /must begin with wss/],
    ["ASSEMBLYAI_AGENTS_BASE_URL", "wss://evil.com", /must begin with https/],
    ["ASSEMBLYAI_AGENTS_WS_URL", "ws://evil.com", /must begin with wss/]
  ] as const
  it.effect.each(variables)("%s=%s", ([name, value, message]) =>
    Effect.gen(function* () {
      const error = yield* misconfigured(withEnv({ [name]: value }))
      assert.match(error.message, new RegExp(`^${name} .*${message.source}`))
    })
  )
})

it.effect("a zone and the hosts of both products are read from the environment", () =>
  Effect.gen(function* () {
    const unset = { ASSEMBLYAI_STREAMING_BASE_URL: "", ASSEMBLYAI_STREAMING_WS_URL: undefined }
    const eu = yield* withEnv({ ...unset, ASSEMBLYAI_REGION: "eu" }).mint()
    assert.deepStrictEqual([...eu.connections], at("wss://streaming.eu.assemblyai.com/v3/ws"))
    const { mint, origin } = withEnv({})
    const sockets = origin.replace("http", "ws")
    assert.deepStrictEqual([...(yield* mint()).connections], at(`${sockets}/v3/ws`))
    assert.deepStrictEqual([...(yield* mint({ purpose: "agent" })).connections], at(`${sockets}/v1/ws`))
  })
)
