import type { MintRequest } from "@tempcred/core/MintRequest"
import { InvalidRequestError } from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { Transport } from "@tempcred/core/Transport"
import * as OpenAi from "@tempcred/openai/OpenAi"
import { answering, arrived, lacks, noon, reasonOf } from "@tempcred/testing/Harness"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { key, withEnv, withOptions } from "./openai.ts"

describe("a mint is one call with the kind of session, its configuration and its subject", () => {
  const after = (seconds: number) => ({ anchor: "created_at", seconds })
  const config = { model: "gpt-realtime", audio: { output: { voice: "marin" } } }
  const transcription = { audio: { input: { transcription: { model: "gpt-4o-transcribe" } } } }
  const requests: ReadonlyArray<readonly [request: Partial<MintRequest>, body: object, user?: string]> = [
    [{ purpose: "realtime" }, { expires_after: after(600), session: { type: "realtime" } }],
    [{ purpose: "stt.realtime" }, { expires_after: after(600), session: { type: "transcription" } }],
    [{ ttl: "10 seconds" }, { expires_after: after(10), session: { type: "realtime" } }],
    [{ ttl: "2 hours" }, { expires_after: after(7200), session: { type: "realtime" } }],
    [{ session: { config } }, { expires_after: after(600), session: { ...config, type: "realtime" } }],
    [
      { purpose: "stt.realtime", session: { config: { ...transcription, type: "realtime" }, lock: "none" } },
      { expires_after: after(600), session: { ...transcription, type: "transcription" } }
    ],
    [{ subject: "user-42" }, { expires_after: after(600), session: { type: "realtime" } }, "user-42"]
  ]
  it.effect.each(requests)("%j", ([request, body, user]) =>
    Effect.gen(function* () {
      const { emulator, mint } = withOptions()
      const credential = yield* mint(request)
      const call = "POST https://api.openai.com/v1/realtime/client_secrets"
      assert.deepStrictEqual(arrived(emulator.log), [{ call, key: `Bearer ${key}`, body }])
      assert.strictEqual(emulator.log[0]?.headers["openai-safety-identifier"], user)
      assert.strictEqual(credential.sessionLock, request.session === undefined ? undefined : "none")
      assert.deepStrictEqual([credential.subject, credential.uses, credential.relaxed], [user, "many", []])
    })
  )
})

describe("an organization and a project", () => {
  const charged = (headers: Readonly<Record<string, string>> | undefined) => ({
    organization: headers?.["openai-organization"],
    project: headers?.["openai-project"]
  })
  const settings = [{}, { organization: "org-1" }, { project: "proj_1" }, { organization: "org-1", project: "proj_1" }]
  it.effect.each(settings)("%j are sent with a mint", (options) =>
    Effect.gen(function* () {
      const { emulator, mint } = withOptions(options)
      yield* mint()
      assert.deepStrictEqual(charged(emulator.log[0]?.headers), { ...charged({}), ...options })
    })
  )

  it.effect("are read from the environment", () =>
    Effect.gen(function* () {
      const { emulator, mint } = withEnv({ OPENAI_ORG_ID: "org-1", OPENAI_PROJECT_ID: "proj_1" })
      yield* mint()
      assert.deepStrictEqual(charged(emulator.log[0]?.headers), { organization: "org-1", project: "proj_1" })
    })
  )

  it.effect("tell accounts apart", () =>
    Effect.gen(function* () {
      const account = (options: Partial<OpenAi.Options>) =>
        TempCredentialProvider.use((provider) => provider.account).pipe(
          Effect.provide(Layer.provide(OpenAi.layer({ apiKey: Redacted.make(key), ...options }), Transport.layerFetch))
        )
      const accounts = yield* Effect.forEach([...settings, { organization: "proj_1", project: "org-1" }], account)
      assert.strictEqual(new Set(accounts).size, 5)
    })
  )
})

describe("what OpenAI does not serve makes no call", () => {
  const lacking: ReadonlyArray<readonly [request: Partial<MintRequest>, feature: string, detail: RegExp]> = [
    [{ purpose: "agent" }, "purpose", /served are stt\.realtime, realtime/],
    [{ ttl: "9 seconds" }, "ttl", /10 to 7200 seconds/],
    [{ singleUse: true }, "singleUse", /one use/],
    [{ maxSession: "1 minute" }, "maxSession", /cannot cut/],
    [{ region: "eu" }, "region", /no regions/],
    // The vendor's word for a lock is a default.
    [{ session: { config: {}, lock: "given" } }, "session", /at most "none"/],
    [{ session: { config: {}, lock: "all" } }, "session", /at most "none"/]
  ]
  it.effect.each(lacking)("%j", ([request, feature, detail]) => lacks(withOptions(), request, feature, detail))

  it.effect("a subject that no header can carry", () =>
    Effect.gen(function* () {
      const { mint, requests } = withOptions()
      const reason = yield* reasonOf(mint({ subject: "Zoë" }))
      assert.match(reason.message, /subject: must be printable ASCII/)
      assert.strictEqual(requests.length, 0)
    })
  )
})

describe("the expiry of a secret", () => {
  it.effect("is the time that OpenAI states in epoch seconds", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon)
      const body = { value: "ek_1", expires_at: noon / 1000 + 45, session: { expires_at: noon / 1000 + 1 } }
      const { expirySource, expiresAt, token } = yield* withOptions({}, answering(body)).mint()
      assert.deepStrictEqual([expirySource, DateTime.toEpochMillis(expiresAt)], ["vendor", noon + 45_000])
      assert.strictEqual(Redacted.value(token), "ek_1")
    })
  )

  it.effect.each(["2026-11-21T12:10:00Z", null, 1e15, -1e15, 0.0001])("%j is no such moment", (expires_at) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon)
      const { mint } = withOptions({}, answering({ value: "ek_1", expires_at }))
      assert.strictEqual((yield* reasonOf(mint()))._tag, "InvalidResponseError")
    })
  )
})

describe("the errors of OpenAI", () => {
  const error = (type: string | null, code: string | null, param: string | null = null) => ({
    error: { message: "What OpenAI says.", type, param, code }
  })
  const refusals: ReadonlyArray<readonly [status: number, body: object, tag: string, code: string | undefined]> = [
    [401, error("invalid_request_error", "invalid_api_key"), "AuthenticationError", "invalid_api_key"],
    [
      403,
      error("request_forbidden", "unsupported_country_region_territory"),
      "PermissionError",
      "unsupported_country_region_territory"
    ],
    [400, error("invalid_request_error", "unknown_parameter", "foo"), "InvalidRequestError", "unknown_parameter"],
    [429, error("requests", "rate_limit_exceeded"), "RateLimitError", "rate_limit_exceeded"],
    [429, error("insufficient_quota", "insufficient_quota"), "QuotaError", "insufficient_quota"],
    [429, error("insufficient_quota", "brand_new"), "QuotaError", "brand_new"],
    [429, error("brand_new", "insufficient_quota"), "QuotaError", "insufficient_quota"],
    [429, error("brand_new", "credit_balance_exhausted"), "QuotaError", "credit_balance_exhausted"],
    [429, error("brand_new", "organization_spend_limit_exceeded"), "QuotaError", "organization_spend_limit_exceeded"],
    [429, error("brand_new", "organization_usage_limit_exceeded"), "QuotaError", "organization_usage_limit_exceeded"],
    [429, error("brand_new", "project_spend_limit_exceeded"), "QuotaError", "project_spend_limit_exceeded"],
    [503, error("rate_limit_error", "slow_down"), "UnavailableError", "slow_down"],
    [500, error("server_error", null), "UnavailableError", "server_error"],
    [500, error(null, null), "UnavailableError", undefined]
  ]
  it.effect.each(refusals)("%i %j is a %s", ([status, body, tag, code]) =>
    Effect.gen(function* () {
      const fault = { status, body, headers: { "x-request-id": "req_1" } }
      const reason = yield* reasonOf(withOptions({}, { fault }).mint())
      assert.deepStrictEqual([reason._tag, reason.status, reason.code, reason.requestId], [tag, status, code, "req_1"])
      assert.match(reason.detail ?? "", /^What OpenAI says\./)
    })
  )

  const params: ReadonlyArray<readonly [param: string, field: string]> = [
    ["expires_after.seconds", "ttl"],
    ["expires_after", "ttl"],
    ["session.audio.output.voice", "session"],
    ["session", "session"],
    ["brand_new", "brand_new"]
  ]
  it.effect.each(params)("its %s is our %s", ([param, field]) =>
    Effect.gen(function* () {
      const fault = { status: 400, body: error("invalid_request_error", "invalid_value", param) }
      const reason = yield* reasonOf(withOptions({}, { fault }).mint())
      assert.instanceOf(reason, InvalidRequestError)
      assert.deepStrictEqual(reason.issues, [{ field, message: "What OpenAI says." }])
    })
  )

  it.effect("a refused key names the variable", () =>
    Effect.gen(function* () {
      const reason = yield* reasonOf(withOptions({ apiKey: Redacted.make("sk-another") }).mint())
      assert.strictEqual(reason._tag, "AuthenticationError")
      assert.match(reason.detail ?? "", /check OPENAI_API_KEY$/)
    })
  )
})
