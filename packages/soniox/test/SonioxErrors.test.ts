import type { Reason } from "@tempcred/core/TempCredentialError"
import { InvalidRequestError } from "@tempcred/core/TempCredentialError"
import * as Emulator from "@tempcred/emulator/Soniox"
import { reasonOf } from "@tempcred/testing/Harness"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { key, keys, withOptions } from "./soniox.ts"

type Tag = Reason["_tag"]

/** An ApiError as https://soniox.com/docs/openapi.yaml (read 2026-10-10) has it. */
const apiError = (status: number, error_type: string, more: object = {}) => ({
  status,
  body: {
    status_code: status,
    error_type,
    message: "What Soniox says.",
    validation_errors: [],
    request_id: "3d37a3bd-5078-47ee-a369-b204e3bbedda",
    more_info: null,
    ...more
  }
})

const refusal = (status: number, error_type: string, more?: object) =>
  reasonOf(withOptions({}, { fault: apiError(status, error_type, more) }).mint())

describe("the type of an error determines the reason, or else the status", () => {
  const types: ReadonlyArray<readonly [status: number, type: string, tag: Tag]> = [
    // https://soniox.com/docs/api-reference/errors (read 2026-10-10)
    [400, "invalid_request", "InvalidRequestError"],
    [400, "model_not_available", "InvalidRequestError"],
    [401, "unauthenticated", "AuthenticationError"],
    [402, "organization_balance_exhausted", "QuotaError"],
    [402, "organization_monthly_budget_exhausted", "QuotaError"],
    [402, "project_monthly_budget_exhausted", "QuotaError"],
    [403, "permission_denied", "PermissionError"],
    [404, "file_not_found", "InvalidRequestError"],
    [408, "request_timeout", "UnavailableError"],
    [409, "transcription_invalid_state", "InvalidRequestError"],
    [429, "limit_exceeded", "RateLimitError"],
    [429, "max_concurrent_connections_reached", "QuotaError"],
    [500, "internal_error", "UnavailableError"],
    [503, "service_unavailable", "UnavailableError"],
    // The same types under statuses that say otherwise.
    [400, "limit_exceeded", "RateLimitError"],
    [400, "unauthenticated", "AuthenticationError"],
    [400, "organization_balance_exhausted", "QuotaError"],
    [401, "permission_denied", "PermissionError"],
    [403, "unauthenticated", "AuthenticationError"],
    [429, "project_monthly_budget_exhausted", "QuotaError"],
    [500, "invalid_request", "InvalidRequestError"],
    [502, "unauthenticated", "AuthenticationError"],
    [400, "service_unavailable", "UnavailableError"],
    [400, "internal_error", "UnavailableError"],
    [429, "request_timeout", "UnavailableError"],
    // Types that Soniox may add.
    [400, "brand_new", "InvalidRequestError"],
    [401, "brand_new", "AuthenticationError"],
    [402, "brand_new", "QuotaError"],
    [403, "brand_new", "PermissionError"],
    [408, "brand_new", "UnavailableError"],
    [418, "brand_new", "InvalidRequestError"],
    [429, "brand_new", "RateLimitError"],
    [503, "brand_new", "UnavailableError"]
  ]
  it.effect.each(types)("%i %s is a %s", ([status, type, tag]) =>
    Effect.gen(function* () {
      const reason = yield* refusal(status, type)
      assert.strictEqual(reason._tag, tag)
      assert.strictEqual(reason.status, status)
      assert.strictEqual(reason.code, type)
      assert.strictEqual(reason.requestId, "3d37a3bd-5078-47ee-a369-b204e3bbedda")
      assert.match(reason.detail ?? "", /^What Soniox says\./)
      assert.strictEqual(reason.isRetryable, ["RateLimitError", "UnavailableError"].includes(tag))
    })
  )

  it.effect("it is used even if other fields are missing", () =>
    Effect.gen(function* () {
      for (const rest of [{ message: null }, { request_id: null }, { validation_errors: null }]) {
        assert.strictEqual((yield* refusal(400, "limit_exceeded", rest))._tag, "RateLimitError")
      }
    })
  )

  it.effect("a body without a type is read by its status, and keeps what else it says", () =>
    Effect.gen(function* () {
      const fault = { status: 503, body: { message: "Back soon." }, headers: { "x-request-id": "r-1" } }
      const reason = yield* reasonOf(withOptions({}, { fault }).mint())
      assert.strictEqual(reason._tag, "UnavailableError")
      assert.deepInclude({ ...reason }, { detail: "Back soon.", requestId: "r-1" })
      assert.isUndefined(reason.code)
    })
  )
})

describe("a field that Soniox refuses has its portable name", () => {
  const locations: ReadonlyArray<readonly [location: string, field: string]> = [
    ["body.payload.usage_type", "purpose"],
    ["body.payload.expires_in_seconds", "ttl"],
    ["body.payload.client_reference_id", "subject"],
    ["body.payload.single_use", "singleUse"],
    ["body.payload.max_session_duration_seconds", "maxSession"],
    ["body.expires_in_seconds", "ttl"],
    ["expires_in_seconds", "ttl"],
    ["body.payload.brand_new", "brand_new"],
    ["query.payload", "query.payload"],
    ["body", "body"]
  ]
  it.effect.each(locations)("%s is %s", ([location, field]) =>
    Effect.gen(function* () {
      const message = "Input should be less than or equal to 3600"
      const error = { error_type: "less_than_equal", location, message }
      const reason = yield* refusal(400, "invalid_request", { validation_errors: [error] })
      assert.instanceOf(reason, InvalidRequestError)
      assert.deepStrictEqual(reason.issues, [{ field, message }])
      assert.include(reason.message, `${field}: ${message}`)
    })
  )

  it.effect("all fields are listed, in Soniox's order", () =>
    Effect.gen(function* () {
      const fault = { status: 400, body: yield* refusedBody({ usage_type: "x", expires_in_seconds: 0, single_use: 7 }) }
      const reason = yield* reasonOf(withOptions({}, { fault }).mint())
      assert.instanceOf(reason, InvalidRequestError)
      assert.deepStrictEqual(reason.issues, [
        { field: "purpose", message: "Input should be 'transcribe_websocket' or 'tts_rt'" },
        { field: "ttl", message: "Input should be greater than or equal to 1" },
        { field: "singleUse", message: "Input should be a valid boolean, unable to interpret input" }
      ])
    })
  )
})

describe("the advice of an error", () => {
  it.effect("a refused key: the variable to look at, and the region that the key must be of", () =>
    Effect.gen(function* () {
      const { mint, requests } = withOptions({ region: "eu", apiKey: key("jp") }, { policy: { attempts: 3 } })
      const reason = yield* reasonOf(mint())
      assert.strictEqual(reason._tag, "AuthenticationError")
      assert.deepInclude({ ...reason }, { status: 401, code: "unauthenticated" })
      assert.match(reason.detail ?? "", /^Incorrect API key provided\..* — check SONIOX_API_KEY.* region eu$/)
      assert.strictEqual(requests.length, 1)
    })
  )

  it.effect("a key that may not mint: where to give it the permission", () =>
    Effect.gen(function* () {
      const { mint } = withOptions({}, { emulator: { permissions: { [keys.us]: ["stt"] }, region: "us" } })
      const reason = yield* reasonOf(mint())
      assert.strictEqual(reason._tag, "PermissionError")
      assert.match(reason.detail ?? "", /does not have permission.* — .*Soniox console/)
    })
  )

  it.effect("too many mints: how long to wait, where Soniox says so", () =>
    Effect.gen(function* () {
      for (const [headers, retryAfter] of [
        [undefined, undefined],
        [{ "retry-after": "7" }, Duration.seconds(7)]
      ] as const) {
        const fault = Emulator.mintFault("limit_exceeded", headers)
        const reason = yield* reasonOf(withOptions({}, { fault }).mint())
        assert.strictEqual(reason._tag, "RateLimitError")
        assert.deepStrictEqual(reason.retryAfter, retryAfter)
      }
    })
  )
})

/** The response of Soniox to a body that the adapter never sends. */
const refusedBody = (body: object) =>
  Effect.promise(async (): Promise<unknown> => {
    const emulator = Emulator.make()
    const headers = { authorization: `Bearer ${emulator.apiKey}` }
    const url = "https://api.soniox.com/v1/auth/temporary-api-key"
    const reply = await emulator.handle(new Request(url, { method: "POST", headers, body: JSON.stringify(body) }))
    return reply.json()
  })
