import { InvalidRequestError, type Reason } from "@tempcred/core/TempCredentialError"
import { reasonOf } from "@tempcred/testing/Harness"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { withOptions } from "./speechmatics.ts"

type Tag = Reason["_tag"]

const refused = (status: number, body: unknown) => reasonOf(withOptions({}, { fault: { status, body } }).mint())

describe("both formats of an error are read", () => {
  const refusals: ReadonlyArray<
    readonly [
      status: number,
      body: { readonly code?: number; readonly [field: string]: unknown },
      tag: Tag,
      detail: string
    ]
  > = [
    // The framework's.
    [401, { code: 401, message: "unauthenticated for invalid credentials" }, "AuthenticationError", "unauthenticated"],
    [403, { code: 403, message: "access denied" }, "AuthenticationError", "access denied"],
    [404, { code: 404, message: "path /v1/x was not found" }, "InvalidRequestError", "path /v1/x was not found"],
    [405, { code: 405, message: "method POST is not allowed" }, "InvalidRequestError", "method POST is not allowed"],
    [415, { code: 415, message: "unsupported media type" }, "InvalidRequestError", "unsupported media type"],
    // The handlers'.
    [400, { code: 400, error: "Bad Request" }, "InvalidRequestError", "Bad Request"],
    [401, { code: 401, error: "Permission Denied" }, "AuthenticationError", "Permission Denied"],
    [403, { code: 403, error: "Forbidden", detail: "not enabled" }, "AuthenticationError", "Forbidden: not enabled"],
    [404, { code: 404, error: "Not Found", detail: null }, "InvalidRequestError", "Not Found"],
    [410, { code: 410, error: "Gone", detail: "project 7" }, "InvalidRequestError", "Gone: project 7"],
    [429, { code: 429, error: "Too Many Requests" }, "RateLimitError", "Too Many Requests"],
    [500, { code: 500, error: "Internal Server Error" }, "UnavailableError", "Internal Server Error"],
    [503, { code: 503, error: "Service Unavailable" }, "UnavailableError", "Service Unavailable"],
    // Both, or neither.
    [500, { code: 500, message: "said", error: "unsaid", detail: "unsaid" }, "UnavailableError", "said"],
    [500, { message: null, error: null, detail: "only this" }, "UnavailableError", "only this"],
    [402, { brand: "new" }, "QuotaError", ""]
  ]
  it.effect.each(refusals)("%i %j is a %s", ([status, body, tag, detail]) =>
    Effect.gen(function* () {
      const reason = yield* refused(status, body)
      assert.strictEqual(reason._tag, tag)
      assert.strictEqual(reason.status, status)
      assert.strictEqual(reason.code, body.code?.toString())
      assert.isTrue((reason.detail ?? "").startsWith(detail), reason.detail)
      assert.strictEqual(reason.isRetryable, ["RateLimitError", "UnavailableError"].includes(tag))
    })
  )

  it.effect("of a proxy's web page, only the status is used", () =>
    Effect.gen(function* () {
      const body = "<html><title>Bad Gateway</title></html>"
      const fault = { status: 502, body, headers: { "content-type": "text/html" } }
      const reason = yield* reasonOf(withOptions({}, { fault }).mint())
      assert.strictEqual(reason._tag, "UnavailableError")
      assert.strictEqual(reason.message, "the vendor is unavailable (status 502)")
    })
  )
})

describe("a field that Speechmatics refuses has its portable name", () => {
  const rules: ReadonlyArray<readonly [code: number, message: string, field: string, rule: string]> = [
    [609, "ttl in body should be greater than or equal to 60", "ttl", "should be greater than or equal to 60"],
    [608, "ttl in body should be less than or equal to 86400", "ttl", "should be less than or equal to 86400"],
    [602, "ttl in body is required", "ttl", "is required"],
    [601, 'ttl in body must be of type integer: "string"', "ttl", 'must be of type integer: "string"'],
    [606, "type in query should be one of [batch rt tts]", "purpose", "should be one of [batch rt tts]"],
    [606, "region in body should be one of [eu usa au]", "region", "should be one of [eu usa au]"],
    [601, 'client_ref in body must be of type string: "number"', "subject", 'must be of type string: "number"'],
    [603, "name in body should be at most 120 chars long", "name", "should be at most 120 chars long"]
  ]
  it.effect.each(rules)("%i %s", ([code, message, field, rule]) =>
    Effect.gen(function* () {
      const reason = yield* refused(422, { code, message })
      assert.instanceOf(reason, InvalidRequestError)
      assert.deepStrictEqual(reason.issues, [{ field, message: rule }])
      assert.deepInclude({ ...reason }, { status: 422, code: String(code), detail: message })
    })
  )

  it.effect("a sentence about no field is a detail and no issue", () =>
    Effect.gen(function* () {
      const reason = yield* refused(422, { code: 422, message: "parsing body failed" })
      assert.instanceOf(reason, InvalidRequestError)
      assert.deepStrictEqual(reason.issues, [])
      assert.strictEqual(reason.detail, "parsing body failed")
    })
  )

  it.effect("older contracts end at an hour, whatever the option allows", () =>
    Effect.gen(function* () {
      const { mint } = withOptions({ maxTtl: Duration.days(1) }, { emulator: { maxTtl: 3600 } })
      const reason = yield* reasonOf(mint({ ttl: "2 hours" }))
      assert.instanceOf(reason, InvalidRequestError)
      assert.deepStrictEqual(reason.issues, [{ field: "ttl", message: "should be less than or equal to 3600" }])
    })
  )
})

describe("a key without permission has advice, with either status", () => {
  const settings = [
    ["a wrong key, as the official client knows it", { apiKey: "another", wrongKeyStatus: 403 }, 403],
    ["a wrong key, as documented", { apiKey: "another", wrongKeyStatus: 401 }, 401],
    ["a contract without temporary keys", { temporaryKeys: false }, 403]
  ] as const
  it.effect.each(settings)("%s", ([, emulator, status]) =>
    Effect.gen(function* () {
      const { mint, requests } = withOptions({}, { emulator, policy: { attempts: 3 } })
      const reason = yield* reasonOf(mint())
      assert.strictEqual(reason._tag, "AuthenticationError")
      assert.strictEqual(reason.status, status)
      assert.match(reason.detail ?? "", /check SPEECHMATICS_API_KEY.*ask support to enable temporary keys/)
      assert.strictEqual(requests.length, 1)
    })
  )
})
