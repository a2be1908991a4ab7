import type { MintRequest } from "@tempcred/core/MintRequest"
import { answering, arrived, lacks, noon, reasonOf } from "@tempcred/testing/Harness"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { key, withOptions } from "./deepgram.ts"

const purposes = ["stt.realtime", "stt.batch", "tts.realtime", "tts.batch", "agent"] as const

describe("a mint is one call with the ttl only, as a token is valid for every product", () => {
  it.effect.each(purposes)("%s", (purpose) =>
    Effect.gen(function* () {
      const { emulator, mint } = withOptions()
      yield* mint({ purpose })
      yield* mint({ purpose, ttl: "1 hour", subject: "user-42", region: "eu" })
      const call = "POST https://api.deepgram.com/v1/auth/grant"
      assert.deepStrictEqual(arrived(emulator.log), [
        { call, key: `Token ${key}`, body: { ttl_seconds: 30 } },
        { call, key: `Token ${key}`, body: { ttl_seconds: 3600 } }
      ])
    })
  )

  it.effect("a subject is not sent, and is listed as relaxed", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* withOptions().mint({ subject: "user-42" })).relaxed, ["subject"])
    })
  )
})

describe("what Deepgram does not serve makes no call", () => {
  const lacking: ReadonlyArray<readonly [request: Partial<MintRequest>, feature: string, detail: RegExp]> = [
    [{ purpose: "realtime" }, "purpose", /served are stt\.realtime, stt\.batch, tts\.realtime, tts\.batch, agent/],
    [{ ttl: "3601 seconds" }, "ttl", /1 to 3600 seconds/],
    [{ singleUse: true }, "singleUse", /one use/],
    [{ maxSession: "1 minute" }, "maxSession", /cannot cut/],
    [{ region: "us" }, "region", /served are global, eu, au, in/]
  ]
  it.effect.each(lacking)("%j", ([request, feature, detail]) => lacks(withOptions(), request, feature, detail))
})

describe("the expiry of a token", () => {
  /** A token of the shape that Deepgram shows, with or without a moment in it. */
  const token = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.sig`
  const inAMinute = { exp: noon / 1000 + 60 }
  const endings: ReadonlyArray<readonly [name: string, body: object, source: string, seconds: number]> = [
    ["Deepgram states a length", { access_token: token(inAMinute), expires_in: 37.5 }, "vendor", 37.5],
    ["Deepgram states none, and the token a moment", { access_token: token(inAMinute) }, "jwt", 60],
    ["Deepgram states null", { access_token: token(inAMinute), expires_in: null }, "jwt", 60],
    ["neither states any", { access_token: token({}) }, "request", 90],
    ["the token is no JWT", { access_token: "opaque" }, "request", 90]
  ]
  it.effect.each(endings)("%s", ([, body, source, seconds]) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon)
      const { mint } = withOptions({}, answering(body))
      const { expirySource, expiresAt } = yield* mint({ ttl: "90 seconds" })
      assert.deepStrictEqual([expirySource, DateTime.toEpochMillis(expiresAt)], [source, noon + seconds * 1000])
    })
  )

  it.effect.each(["30", true, {}])("a length of %j is an answer that cannot be read", (expires_in) =>
    Effect.gen(function* () {
      const { mint } = withOptions({}, answering({ access_token: "opaque", expires_in }))
      const reason = yield* reasonOf(mint())
      assert.strictEqual(reason._tag, "InvalidResponseError")
      assert.match(reason.message, /expires_in/)
    })
  )
})

describe("every format of an error is read", () => {
  const older = (err_code: string, err_msg: string) => ({ err_code, err_msg, request_id: "r-1" })
  const newer = (category: string, message: string, details?: string) => ({
    category,
    message,
    details,
    request_id: "r-1"
  })
  const refusals: ReadonlyArray<
    readonly [status: number, body: object | string, tag: string, code: string | undefined, detail: RegExp]
  > = [
    // A wrong key, as it was seen and as it is documented.
    [400, older("BAD_REQUEST", "Invalid credentials."), "AuthenticationError", "BAD_REQUEST", /^Invalid.*DEEPGRAM_API/],
    [401, older("INVALID_AUTH", "Invalid credentials."), "AuthenticationError", "INVALID_AUTH", /^Invalid/],
    [400, newer("INVALID_AUTH", "No such key."), "AuthenticationError", "INVALID_AUTH", /^No such key/],
    // A key that may not mint.
    [403, older("FORBIDDEN", "Insufficient permissions."), "PermissionError", "FORBIDDEN", /^Insufficient.*Member/],
    [401, newer("INSUFFICIENT_PERMISSIONS", "x"), "PermissionError", "INSUFFICIENT_PERMISSIONS", /^x/],
    [403, newer("INSUFFICIENT_PERMISSIONS", "x"), "PermissionError", "INSUFFICIENT_PERMISSIONS", /^x/],
    [400, older("Bad Request", "ttl_seconds"), "InvalidRequestError", "Bad Request", /^ttl_seconds$/],
    [
      400,
      newer("INVALID_JSON", "Invalid JSON.", "line 7"),
      "InvalidRequestError",
      "INVALID_JSON",
      /^.*JSON\.: line 7$/
    ],
    [402, older("ASR_PAYMENT_REQUIRED", "No credits."), "QuotaError", "ASR_PAYMENT_REQUIRED", /^No credits/],
    [400, older("ASR_PAYMENT_REQUIRED", "No credits."), "QuotaError", "ASR_PAYMENT_REQUIRED", /^No credits/],
    [429, older("TOO_MANY_REQUESTS", "Slow down."), "RateLimitError", "TOO_MANY_REQUESTS", /^Slow/],
    [503, older("TOO_MANY_REQUESTS", "Slow down."), "RateLimitError", "TOO_MANY_REQUESTS", /^Slow/],
    [500, JSON.stringify("Something broke."), "UnavailableError", undefined, /^Something broke\.$/],
    [400, { err_code: 7, err_msg: null, message: "Only this." }, "InvalidRequestError", undefined, /^Only this\.$/]
  ]
  it.effect.each(refusals)("%i %j is a %s", ([status, body, tag, code, detail]) =>
    Effect.gen(function* () {
      const { mint, requests } = withOptions({}, { fault: { status, body } })
      const reason = yield* reasonOf(mint())
      assert.deepStrictEqual([reason._tag, reason.status, reason.code], [tag, status, code])
      assert.match(reason.detail ?? "", detail)
      assert.strictEqual(reason.requestId, JSON.stringify(body).includes("r-1") ? "r-1" : undefined)
      assert.strictEqual(requests.length, 1)
    })
  )

  it.effect("a plain text is kept", () =>
    Effect.gen(function* () {
      const fault = { status: 503, body: "upstream is down", headers: { "content-type": "text/plain" } }
      assert.strictEqual((yield* reasonOf(withOptions({}, { fault }).mint())).detail, "upstream is down")
    })
  )
})
