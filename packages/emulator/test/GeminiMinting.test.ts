import { assert, describe, it } from "vitest"
import * as Gemini from "../src/Gemini.ts"
import { askToken, at, keyed, mint, model, setUp } from "./gemini.ts"
import { ask } from "./vendors.ts"

const hour = 3_600_000

describe("minting a token", () => {
  it("answers 200 with its name, and nothing else", async () => {
    const { emulator } = setUp()
    const { body, status } = await askToken(emulator, { uses: 2, expireTime: at(hour) })
    assert.strictEqual(status, 200)
    assert.hasAllKeys(body, ["name"])
    assert.match(body.name, /^auth_tokens\/[0-9a-f]{64}$/)
  })

  it("repeats the fields of the option `echo`", async () => {
    const { emulator } = setUp({ echo: ["expireTime", "newSessionExpireTime", "uses"] })
    const { body } = await askToken(emulator)
    assert.deepInclude(body, { expireTime: at(30 * 60_000), newSessionExpireTime: at(60_000), uses: 1 })
  })

  it("has by default one use, a minute to start and half an hour to live", async () => {
    const { clock, emulator } = setUp()
    for (const body of [{}, "", { uses: null }]) await mint(emulator, body)
    for (const token of emulator.issued) {
      assert.deepInclude(token, {
        uses: 1,
        startsUntil: clock.now() + 60_000,
        expiresAt: clock.now() + 30 * 60_000,
        setup: undefined,
        fieldMask: [],
        sessions: 0
      })
    }
  })

  it("accepts requested terms, in either spelling and in any time zone", async () => {
    const { clock, emulator } = setUp()
    const setup = { model, systemInstruction: { parts: [{ text: "Be brief." }] } }
    const expected = { uses: 0, expiresAt: clock.now() + hour, startsUntil: clock.now() + hour / 2, setup }
    await mint(emulator, {
      uses: 0,
      expireTime: "2026-11-21T02:00:00+01:00",
      newSessionExpireTime: "2026-11-21T00:30:00.000000Z",
      bidiGenerateContentSetup: setup,
      fieldMask: "model,generationConfig.temperature"
    })
    await mint(emulator, {
      expire_time: at(hour),
      new_session_expire_time: at(hour / 2),
      uses: 0,
      bidi_generate_content_setup: setup,
      field_mask: "model,generationConfig.temperature"
    })
    for (const token of emulator.issued) {
      assert.deepInclude(token, { ...expected, fieldMask: ["model", "generationConfig.temperature"] })
    }
    assert.lengthOf(emulator.issued, 2)
  })

  it("accepts the key in a header or the query", async () => {
    const { emulator } = setUp()
    const { status } = await askToken(emulator, {}, {}, `/v1alpha/auth_tokens?key=${emulator.apiKey}`)
    assert.strictEqual(status, 200)
  })

  it("answers 403 without a key, and 400 to a wrong one", async () => {
    const { emulator } = setUp()
    const missing = await askToken(emulator, "{", {})
    assert.strictEqual(missing.status, 403)
    assert.deepStrictEqual(missing.body, {
      error: {
        code: 403,
        message:
          "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
        status: "PERMISSION_DENIED"
      }
    })
    for (const key of ["wrong", await mint(emulator)]) {
      const { body, status } = await askToken(emulator, "{", keyed(key))
      assert.deepStrictEqual([status, body.error.status], [400, "INVALID_ARGUMENT"])
      assert.strictEqual(body.error.message, "API key not valid. Please pass a valid API key.")
      assert.deepInclude(body.error.details[0], { reason: "API_KEY_INVALID" })
    }
  })

  it.each([
    [{ expireTime: at(20 * hour) }, "auth_token.expire_time must be less than 20 hours in the future."],
    [
      { newSessionExpireTime: at(20 * hour) },
      "auth_token.new_session_expire_time must be less than 20 hours in the future."
    ],
    [
      { expireTime: "soon" },
      "Invalid value at 'auth_token.expire_time' (type.googleapis.com/google.protobuf.Timestamp), \"soon\""
    ],
    [
      { expireTime: "2026-11-21 01:00" },
      "Invalid value at 'auth_token.expire_time' (type.googleapis.com/google.protobuf.Timestamp), \"2026-11-21 01:00\""
    ],
    [
      { expireTime: 60 },
      "Invalid value at 'auth_token.expire_time' (type.googleapis.com/google.protobuf.Timestamp), 60"
    ],
    [{ uses: 1.5 }, "Invalid value at 'auth_token.uses' (TYPE_INT32), 1.5"],
    [{ uses: "1" }, "Invalid value at 'auth_token.uses' (TYPE_INT32), \"1\""],
    [{ uses: -1 }, "auth_token.uses must not be negative."],
    [
      { fieldMask: ["model"] },
      "Invalid value at 'auth_token.field_mask' (type.googleapis.com/google.protobuf.FieldMask), [\"model\"]"
    ],
    [
      { bidiGenerateContentSetup: "model" },
      "Invalid value at 'auth_token.bidi_generate_content_setup' (type.googleapis.com/google.ai.generativelanguage.BidiGenerateContentSetup), \"model\""
    ],
    [
      { liveConnectConstraints: {} },
      "Invalid JSON payload received. Unknown name \"liveConnectConstraints\" at 'auth_token': Cannot find field."
    ],
    [[], "Invalid JSON payload received. Unexpected token."],
    ["{", "Invalid JSON payload received. Unexpected token."]
  ])("answers 400 to %j", async (asked, message) => {
    const { emulator } = setUp()
    const { body, status } = await askToken(emulator, asked)
    assert.deepStrictEqual([status, body.error.status, body.error.message], [400, "INVALID_ARGUMENT", message])
    assert.strictEqual(body.error.details[0].fieldViolations[0].description, message)
    assert.isEmpty(emulator.issued)
  })

  it("accepts deadlines up to the limit, and reports every invalid field", async () => {
    const { emulator } = setUp()
    await mint(emulator, { expireTime: at(20 * hour - 1), newSessionExpireTime: at(20 * hour - 1) })
    assert.lengthOf(emulator.issued, 1)
    const { body } = await askToken(emulator, { uses: -1, expireTime: "soon", ttl: 60 })
    assert.deepStrictEqual(
      body.error.details[0].fieldViolations.map(({ field }: { field: string }) => field),
      ["auth_token.expire_time", "auth_token.uses", "auth_token"]
    )
  })

  it("reads the constraints of v1beta, where generation fields are beside the others", async () => {
    const { emulator } = setUp()
    const config = { responseModalities: ["TEXT"], temperature: 1, sessionResumption: {} }
    await mint(emulator, { liveConnectConstraints: { model, config } }, "v1beta")
    await mint(emulator, { liveConnectConstraints: { model } }, "v1beta")
    assert.deepStrictEqual(
      emulator.issued.map(({ setup }) => setup),
      [{ model, generationConfig: { responseModalities: ["TEXT"], temperature: 1 }, sessionResumption: {} }, { model }]
    )
  })

  it.each([
    ["v1alpha", { liveConnectConstraints: { model } }, "liveConnectConstraints"],
    ["v1beta", { bidiGenerateContentSetup: { model } }, "bidiGenerateContentSetup"],
    ["v1beta", { fieldMask: "model" }, "fieldMask"],
    ["v1beta", { liveConnectConstraints: { model }, fieldMask: "model" }, "fieldMask"]
  ])("refuses in %s the other version's field of %j", async (version, asked, name) => {
    const { emulator } = setUp()
    const { body, status } = await askToken(emulator, asked, undefined, `/${version}/auth_tokens`)
    assert.strictEqual(status, 400)
    assert.include(body.error.message, `Unknown name "${name}"`)
    assert.isEmpty(emulator.issued)
  })

  it("is served in both versions, or in those of the option", async () => {
    const status = async (version: string, versions?: ReadonlyArray<Gemini.Version>) => {
      const { emulator } = setUp(versions === undefined ? {} : { versions })
      return (await askToken(emulator, {}, undefined, `/${version}/auth_tokens`)).status
    }
    assert.deepStrictEqual([await status("v1alpha"), await status("v1beta"), await status("v1")], [200, 200, 404])
    assert.deepStrictEqual([await status("v1alpha", ["v1alpha"]), await status("v1beta", ["v1alpha"])], [200, 404])
  })

  it("answers 429 beyond the limit of a minute", async () => {
    const { clock, emulator } = setUp({ mintsPerMinute: 1, retryAfter: "seconds" })
    await mint(emulator)
    const { body, headers, status } = await askToken(emulator)
    assert.deepStrictEqual([status, body.error.status, headers.get("retry-after")], [429, "RESOURCE_EXHAUSTED", "60"])
    clock.advance(60_000)
    assert.strictEqual((await askToken(emulator)).status, 200)
  })

  it("answers with the vendor's own error under a fault", async () => {
    const { emulator } = setUp()
    emulator.faults.add(Gemini.mintRoute, Gemini.mintFault("UNAVAILABLE", { "retry-after": "3" }))
    const { body, headers, status } = await askToken(emulator)
    assert.deepStrictEqual([status, body.error.code, headers.get("retry-after")], [503, 503, "3"])
    assert.strictEqual((await askToken(emulator)).status, 200)
  })
})

it("answers 404 in the shape of its errors, also to another method", async () => {
  const { emulator } = setUp()
  for (const route of ["GET /v1alpha/auth_tokens", "POST /v1alpha/nowhere"]) {
    const { body, status } = await ask(emulator, route)
    assert.deepStrictEqual([status, body.error.status], [404, "NOT_FOUND"])
  }
})
