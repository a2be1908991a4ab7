import type { MintRequest } from "@tempcred/core/MintRequest"
import { InvalidRequestError, UnsupportedError } from "@tempcred/core/TempCredentialError"
import { answering, arrived, lacks, noon, reasonOf } from "@tempcred/testing/Harness"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { key, withOptions } from "./speechmatics.ts"

const realtime = { purpose: "stt.realtime" } as const
const batch = { purpose: "stt.batch", subject: "u1" } as const
const speech = { purpose: "tts.batch" } as const

describe("a mint is one call, always with type and ttl", () => {
  const requests: ReadonlyArray<readonly [name: string, request: MintRequest, type: string, body: object]> = [
    ["realtime", realtime, "rt", { ttl: 60 }],
    ["a job", batch, "batch", { ttl: 60, client_ref: "u1" }],
    ["speech", speech, "tts", { ttl: 60 }],
    ["the shortest ttl", { ...realtime, ttl: "60 seconds" }, "rt", { ttl: 60 }],
    ["the longest ttl", { ...batch, ttl: "1 hour" }, "batch", { ttl: 3600, client_ref: "u1" }],
    ["a subject beyond ASCII", { ...batch, subject: "Zoë 🎧" }, "batch", { ttl: 60, client_ref: "Zoë 🎧" }],
    ["a subject of a realtime session", { ...realtime, subject: "u1" }, "rt", { ttl: 60 }],
    ["a subject of speech", { ...speech, subject: "u1" }, "tts", { ttl: 60 }],
    ["a job that the backend submits", { purpose: "stt.batch", exposure: "server" }, "batch", { ttl: 60 }],
    ["a job that it submits for a user", { ...batch, exposure: "server" }, "batch", { ttl: 60, client_ref: "u1" }]
  ]
  it.effect.each(requests)("%s", ([, request, type, body]) =>
    Effect.gen(function* () {
      const { emulator, mint } = withOptions()
      yield* mint(request)
      assert.deepStrictEqual(arrived(emulator.log), [
        { call: `POST https://mp.speechmatics.com/v1/api_keys?type=${type}`, key: `Bearer ${key}`, body }
      ])
      assert.strictEqual(emulator.log[0]?.headers["content-type"], "application/json")
    })
  )
})

describe("what Speechmatics does not serve makes no call", () => {
  const lacking: ReadonlyArray<
    readonly [name: string, request: Partial<MintRequest>, feature: string, detail: RegExp, region?: string]
  > = [
    ["speech as a stream", { purpose: "tts.realtime" }, "purpose", /served are stt\.realtime, stt\.batch, tts\.batch/],
    ["agents", { purpose: "agent" }, "purpose", /agent is not served/],
    ["speech to speech", { purpose: "realtime" }, "purpose", /realtime is not served/],
    ["less than a minute", { ttl: "59 seconds" }, "ttl", /60 to 3600 seconds/],
    ["more than an hour", { ttl: "3601 seconds" }, "ttl", /60 to 3600 seconds/],
    ["single use", { singleUse: true }, "singleUse", /one use/],
    ["a session's length", { maxSession: "1 hour" }, "maxSession", /cannot cut a session/],
    ["realtime in Australia", { region: "au" }, "region", /stt\.realtime is not served in region "au"/],
    ["realtime where it is configured", {}, "region", /stt\.realtime is not served in region "au"/, "au"],
    ["a region of jobs for realtime", { region: "eu1" }, "region", /served are global, eu, us/],
    ["a region of realtime for jobs", { ...batch, region: "global" }, "region", /served are eu, us, au/],
    ["a region that nobody knows", { ...batch, region: "mars" }, "region", /not served in region "mars"/],
    ["a region of speech", { ...speech, region: "eu" }, "region", /no regions to choose from/]
  ]
  it.effect.each(lacking)("%s", ([, request, feature, detail, region]) =>
    lacks(withOptions({ region }), request, feature, detail)
  )

  it.effect("a job without a subject, where the credential leaves the backend", () =>
    Effect.gen(function* () {
      for (const exposure of ["client", undefined] as const) {
        const { mint, requests } = withOptions()
        const reason = yield* reasonOf(mint({ purpose: "stt.batch", exposure, onUnsupported: "relax" }))
        assert.instanceOf(reason, InvalidRequestError)
        assert.deepStrictEqual(
          reason.issues.map((issue) => issue.field),
          ["subject"]
        )
        assert.strictEqual(requests.length, 0)
      }
    })
  )
})

describe("the longest ttl is an option", () => {
  it.effect.each([Duration.days(1), "24 hours"] as const)("up to a day, here %s", (maxTtl) =>
    Effect.gen(function* () {
      const { emulator, mint } = withOptions({ maxTtl })
      const { expiresAt, issuedAt } = yield* mint({ ttl: "24 hours" })
      assert.deepStrictEqual(arrived(emulator.log)[0]?.body, { ttl: 86_400 })
      assert.strictEqual(Duration.toSeconds(DateTime.distance(issuedAt, expiresAt)), 86_400)
      const reason = yield* reasonOf(mint({ ttl: "86401 seconds" }))
      assert.instanceOf(reason, UnsupportedError)
      assert.match(reason.detail ?? "", /60 to 86400 seconds/)
    })
  )

  it.effect("down to the shortest, and it never changes the default", () =>
    Effect.gen(function* () {
      const { emulator, mint } = withOptions({ maxTtl: Duration.minutes(1) })
      yield* mint()
      assert.deepStrictEqual(arrived(emulator.log)[0]?.body, { ttl: 60 })
      assert.instanceOf(yield* reasonOf(mint({ ttl: "61 seconds" })), UnsupportedError)
    })
  )
})

describe("a subject that Speechmatics does not enforce is listed as relaxed", () => {
  const subjects: ReadonlyArray<readonly [request: MintRequest, relaxed: ReadonlyArray<string>]> = [
    [{ ...realtime, subject: "u1" }, ["subject"]],
    [{ ...speech, subject: "u1" }, ["subject"]],
    [batch, []],
    [realtime, []]
  ]
  it.effect.each(subjects)("%j", ([request, relaxed]) =>
    Effect.gen(function* () {
      const credential = yield* withOptions().mint(request)
      assert.deepStrictEqual([...credential.relaxed], relaxed)
      assert.strictEqual(credential.subject, request.subject)
      assert.strictEqual(credential.uses, "many")
    })
  )
})

describe("the expiry is the JWT's, or else the ttl's from before the call", () => {
  const jwt = (claims: unknown) => `eyJ.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`
  const at = (seconds: number) => noon / 1000 + seconds
  const tokens: ReadonlyArray<readonly [name: string, token: string, source: string, seconds: number]> = [
    ["exp", jwt({ iat: at(0), exp: at(95) }), "jwt", 95],
    ["exp with a fraction", jwt({ exp: at(95.5) }), "jwt", 95.5],
    ["a name beyond ASCII beside exp", jwt({ name: "Zoë 🎧", exp: at(95) }), "jwt", 95],
    ["no exp", jwt({ iat: at(0) }), "request", 90],
    ["exp as text", jwt({ exp: String(at(95)) }), "request", 90],
    ["exp of null", jwt({ exp: null }), "request", 90],
    ["claims that are no object", jwt([at(95)]), "request", 90],
    ["claims that are no JSON", "eyJ.bm90IGpzb24.c2ln", "request", 90],
    ["claims that are no base64url", "eyJ.{}.c2ln", "request", 90],
    ["no JWT", "sm-opaque-key", "request", 90]
  ]
  it.effect.each(tokens)("%s", ([, token, source, seconds]) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon)
      const reply = answering({ apikey_id: null, key_value: token }, 201)
      const credential = yield* withOptions({}, reply).mint({ ttl: "90 seconds" })
      assert.strictEqual(Redacted.value(credential.token), token)
      assert.strictEqual(credential.expirySource, source)
      assert.strictEqual(DateTime.toEpochMillis(credential.expiresAt), noon + seconds * 1000)
    })
  )

  it.effect("as the vendor signs it", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon)
      const credential = yield* withOptions().mint({ ttl: "90 seconds" })
      assert.strictEqual(credential.expirySource, "jwt")
      assert.strictEqual(DateTime.formatIso(credential.expiresAt), "2026-11-21T12:01:30.000Z")
    })
  )
})
