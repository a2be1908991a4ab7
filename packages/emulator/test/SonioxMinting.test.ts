import { assert, describe, it } from "vitest"
import * as Soniox from "../src/Soniox.ts"
import { setUp, post, bearer, terms, mint } from "./soniox.ts"

describe("minting", () => {
  it("answers 201 with a key and the time of its expiry, and nothing else", async () => {
    const { emulator } = setUp()
    const { status, body } = await post(emulator, "/v1/auth/temporary-api-key", terms)
    assert.strictEqual(status, 201)
    assert.hasAllKeys(body, ["api_key", "expires_at"])
    assert.match(body.api_key, /^snx_temp_[A-Z2-7]+$/)
    assert.strictEqual(body.expires_at, "2026-11-21T00:01:00.000Z")
  })

  it("mints keys of the older form", async () => {
    const { emulator } = setUp({ keyForm: "temp:" })
    assert.match(await mint(emulator), /^temp:[A-Z2-7]{26}$/)
  })

  it("records the terms of a key", async () => {
    const { emulator } = setUp()
    await mint(emulator, { single_use: true, max_session_duration_seconds: 9, client_reference_id: "user-1" })
    assert.include(emulator.issued[0], {
      usageType: "transcribe_websocket",
      region: "us",
      singleUse: true,
      maxSessionMilliseconds: 9000,
      clientReferenceId: "user-1",
      streams: 0
    })
  })

  it("accepts null for optional fields", async () => {
    const { emulator } = setUp()
    const none = { single_use: null, max_session_duration_seconds: null, client_reference_id: null }
    assert.isString(await mint(emulator, none))
  })

  it("answers 401 to a key that is missing, wrong, temporary, or of another region, before it reads the body", async () => {
    const { emulator } = setUp({ apiKeys: { eu: "european" } })
    const temporary = await mint(emulator)
    for (const headers of [{}, bearer("wrong"), bearer(temporary), bearer("european"), { authorization: "wrong" }]) {
      const { status, body } = await post(emulator, "/v1/auth/temporary-api-key", "{", headers)
      assert.strictEqual(status, 401)
      assert.hasAllKeys(body, ["status_code", "error_type", "message", "validation_errors", "request_id", "more_info"])
      assert.deepInclude(body, {
        status_code: 401,
        error_type: "unauthenticated",
        validation_errors: [],
        more_info: "https://soniox.com/docs/api-reference/errors#unauthenticated"
      })
      assert.match(body.request_id, /^[0-9a-f-]{36}$/)
    }
    const { body } = await post(emulator, "/v1/auth/temporary-api-key", terms, bearer("wrong"))
    assert.strictEqual(body.message, "Incorrect API key provided. You can get an API key at https://console.soniox.com")
    assert.strictEqual(
      (await post(emulator, "/v1/auth/temporary-api-key", terms, bearer("european"), "eu")).status,
      201
    )
  })

  it("answers 403 to a key without the permission", async () => {
    const { emulator } = setUp({ apiKey: "limited", permissions: { limited: ["stt", "tts"] } })
    const { status, body } = await post(emulator, "/v1/auth/temporary-api-key", terms)
    assert.deepStrictEqual([status, body.error_type], [403, "permission_denied"])
  })

  it("refuses texts that are not flags", async () => {
    const { emulator } = setUp()
    for (const single_use of ["constructor", "__proto__", "maybe", 2]) {
      const { status } = await post(emulator, "/v1/auth/temporary-api-key", { ...terms, single_use })
      assert.strictEqual(status, 400)
    }
  })

  it("reports every invalid field", async () => {
    const { emulator } = setUp()
    const { status, body } = await post(emulator, "/v1/auth/temporary-api-key", {
      usage_type: "agent",
      expires_in_seconds: 3601,
      client_reference_id: "x".repeat(257),
      single_use: "perhaps",
      max_session_duration_seconds: 0
    })
    assert.strictEqual(status, 400)
    assert.strictEqual(body.error_type, "invalid_request")
    assert.match(body.message, /^Your request did not pass validation\./)
    assert.deepStrictEqual(body.validation_errors, [
      {
        error_type: "enum",
        location: "body.payload.usage_type",
        message: "Input should be 'transcribe_websocket' or 'tts_rt'"
      },
      {
        error_type: "less_than_equal",
        location: "body.payload.expires_in_seconds",
        message: "Input should be less than or equal to 3600"
      },
      {
        error_type: "string_too_long",
        location: "body.payload.client_reference_id",
        message: "String should have at most 256 characters"
      },
      {
        error_type: "bool_parsing",
        location: "body.payload.single_use",
        message: "Input should be a valid boolean, unable to interpret input"
      },
      {
        error_type: "greater_than_equal",
        location: "body.payload.max_session_duration_seconds",
        message: "Input should be greater than or equal to 1"
      }
    ])
    assert.isEmpty(emulator.issued)
  })

  it.each([
    [{ expires_in_seconds: 60 }, "missing"],
    [{ usage_type: "tts_rt" }, "missing"],
    [{ ...terms, expires_in_seconds: null }, "int_type"],
    [{ ...terms, expires_in_seconds: 1.5 }, "int_from_float"],
    [{ ...terms, expires_in_seconds: "soon" }, "int_parsing"],
    [{ ...terms, expires_in_seconds: 0 }, "greater_than_equal"],
    [{ ...terms, client_reference_id: 1 }, "string_type"],
    [{ ...terms, single_use: [] }, "bool_type"],
    [{ ...terms, max_session_duration_seconds: 18_001 }, "less_than_equal"],
    [[], "model_attributes_type"],
    ["", "missing"],
    ["{", "json_invalid"]
  ])("names what is wrong with %j", async (payload, errorType) => {
    const { emulator } = setUp()
    const { status, body } = await post(emulator, "/v1/auth/temporary-api-key", payload)
    assert.strictEqual(status, 400)
    assert.deepStrictEqual(
      body.validation_errors.map((error: { error_type: string }) => error.error_type),
      [errorType]
    )
  })

  it("accepts numbers and flags in strings, as Pydantic does", async () => {
    const { emulator } = setUp()
    await mint(emulator, { expires_in_seconds: "30", single_use: "true" })
    assert.include(emulator.issued[0], { expiresAt: Date.UTC(2026, 10, 21) + 30_000, singleUse: true })
  })

  it("answers 429 beyond the limit of a minute", async () => {
    const { clock, emulator } = setUp({ mintsPerMinute: 1, retryAfter: "seconds" })
    await mint(emulator)
    const { status, body, headers } = await post(emulator, "/v1/auth/temporary-api-key", terms)
    assert.strictEqual(status, 429)
    assert.strictEqual(
      body.message,
      "Requests per minute limit for temporary API key creation has been exceeded for your organization."
    )
    assert.strictEqual(headers.get("retry-after"), "60")
    clock.advance(60_000)
    assert.strictEqual((await post(emulator, "/v1/auth/temporary-api-key", terms)).status, 201)
  })

  it("answers with the vendor's own error under a fault", async () => {
    const { emulator } = setUp()
    emulator.faults.add(Soniox.mintRoute, Soniox.mintFault("internal_error"))
    const { status, body } = await post(emulator, "/v1/auth/temporary-api-key", terms)
    assert.deepStrictEqual([status, body.error_type], [500, "internal_error"])
    assert.strictEqual(
      body.message,
      "The server encountered an error. Please try again. If the issue persists contact support@soniox.com."
    )
    assert.strictEqual((await post(emulator, "/v1/auth/temporary-api-key", terms)).status, 201)
  })
})
