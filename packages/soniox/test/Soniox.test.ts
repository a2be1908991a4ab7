import type { MintRequest } from "@tempcred/core/MintRequest"
import { InvalidRequestError } from "@tempcred/core/TempCredentialError"
import { answering, arrived, lacks, noon, reasonOf } from "@tempcred/testing/Harness"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { keys, withOptions } from "./soniox.ts"

describe("a mint is one call, with a body of the requested fields only", () => {
  const minute = { usage_type: "transcribe_websocket", expires_in_seconds: 60 }
  const purpose = "stt.realtime"
  const subject = "x".repeat(256)
  const requests: ReadonlyArray<readonly [name: string, request: MintRequest, body: object]> = [
    ["speech to text", { purpose }, minute],
    ["text to speech", { purpose: "tts.realtime" }, { ...minute, usage_type: "tts_rt" }],
    ["text to speech over HTTP", { purpose: "tts.batch" }, { ...minute, usage_type: "tts_rt" }],
    ["the shortest ttl", { purpose, ttl: "1 second" }, { ...minute, expires_in_seconds: 1 }],
    ["the longest ttl", { purpose, ttl: "1 hour" }, { ...minute, expires_in_seconds: 3600 }],
    ["single use", { purpose, singleUse: true }, { ...minute, single_use: true }],
    ["no single use", { purpose, singleUse: false }, minute],
    ["the shortest session", { purpose, maxSession: "1 second" }, { ...minute, max_session_duration_seconds: 1 }],
    ["the longest session", { purpose, maxSession: "5 hours" }, { ...minute, max_session_duration_seconds: 18_000 }],
    ["the longest subject", { purpose, subject }, { ...minute, client_reference_id: subject }],
    ["a subject beyond ASCII", { purpose, subject: "Zoë 🎧" }, { ...minute, client_reference_id: "Zoë 🎧" }],
    ["a region and an exposure", { purpose, region: "us", exposure: "server" }, minute],
    [
      "everything",
      { purpose: "tts.batch", ttl: "90 seconds", subject: "u1", singleUse: true, maxSession: "10 minutes" },
      {
        usage_type: "tts_rt",
        expires_in_seconds: 90,
        client_reference_id: "u1",
        single_use: true,
        max_session_duration_seconds: 600
      }
    ]
  ]
  it.effect.each(requests)("%s", ([, request, body]) =>
    Effect.gen(function* () {
      const { emulator, mint } = withOptions()
      yield* mint(request)
      assert.deepStrictEqual(arrived(emulator.log), [
        { call: "POST https://api.soniox.com/v1/auth/temporary-api-key", key: `Bearer ${keys.us}`, body }
      ])
      assert.strictEqual(emulator.log[0]?.headers["content-type"], "application/json")
    })
  )
})

describe("what Soniox does not serve makes no call", () => {
  const lacking: ReadonlyArray<
    readonly [name: string, request: Partial<MintRequest>, feature: string, detail: RegExp]
  > = [
    ["transcription jobs", { purpose: "stt.batch" }, "purpose", /served are stt\.realtime, tts\.realtime, tts\.batch/],
    ["agents", { purpose: "agent" }, "purpose", /agent is not served/],
    ["speech to speech", { purpose: "realtime" }, "purpose", /realtime is not served/],
    ["more than an hour", { ttl: "3601 seconds" }, "ttl", /1 to 3600 seconds/],
    ["a session of more than 5 hours", { maxSession: "18001 seconds" }, "maxSession", /1 to 18000 seconds/],
    ["a region without a key", { region: "eu" }, "region", /no long-lived key is configured for region "eu".*us$/]
  ]
  it.effect.each(lacking)("%s", ([, request, feature, detail]) => lacks(withOptions(), request, feature, detail))

  it.effect("a subject of 257 characters", () =>
    Effect.gen(function* () {
      const { mint, requests } = withOptions()
      const reason = yield* reasonOf(mint({ subject: "x".repeat(257) }))
      assert.instanceOf(reason, InvalidRequestError)
      assert.deepStrictEqual(reason.issues, [{ field: "subject", message: "must be at most 256 characters" }])
      assert.strictEqual(requests.length, 0)
    })
  )
})

describe("a credential states the terms of Soniox", () => {
  it.effect("its expiry is the time that Soniox stated", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon)
      const { emulator, mint } = withOptions(
        {},
        {
          reply: async (reply) => Response.json({ ...(await reply.json()), expires_at: "2026-11-21T12:00:37.150Z" })
        }
      )
      const { expirySource, expiresAt, issuedAt, token } = yield* mint({ ttl: "40 seconds" })
      assert.strictEqual(expirySource, "vendor")
      assert.strictEqual(DateTime.formatIso(issuedAt), "2026-11-21T12:00:00.000Z")
      assert.strictEqual(DateTime.formatIso(expiresAt), "2026-11-21T12:00:37.150Z")
      assert.strictEqual(emulator.log.length, 1)
      assert.match(Redacted.value(token), /^snx_temp_/)
    })
  )

  it.effect("its limits are the requested ones", () =>
    Effect.gen(function* () {
      const request = { singleUse: true, maxSession: "90 seconds", subject: "u1" } as const
      const credential = yield* withOptions().mint(request)
      assert.deepInclude(
        { ...credential },
        { uses: "once", maxSession: Duration.seconds(90), subject: "u1", region: "us", relaxed: [] }
      )
    })
  )

  it.effect.each(["", "tomorrow", "2026-11-21T99:00:00Z", 1_800_000_000, null])("no expiry at %j", (expires_at) =>
    Effect.gen(function* () {
      const reply = answering({ api_key: "snx_temp_A", expires_at }, 201)
      const { mint, requests } = withOptions({}, { ...reply, policy: { attempts: 3 } })
      assert.strictEqual((yield* reasonOf(mint()))._tag, "InvalidResponseError")
      assert.strictEqual(requests.length, 1)
    })
  )
})
