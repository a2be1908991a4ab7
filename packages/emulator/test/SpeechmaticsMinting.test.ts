import { assert, describe, it } from "vitest"
import { field, startOfTime, subject } from "./speechmatics.ts"

const claimsOf = (token: string): unknown =>
  JSON.parse(atob(token.split(".")[1]?.replaceAll("-", "+").replaceAll("_", "/") ?? ""))

describe("a temporary key", () => {
  it("is a signed token that lives exactly its ttl", async () => {
    const { emulator, request } = subject()
    const answer = await request("POST /v1/api_keys?type=batch", {
      key: emulator.apiKey,
      json: { ttl: 90, client_ref: "USER123", region: "usa" }
    })
    assert.strictEqual(answer.status, 201)
    const token = field(answer, "key_value")
    assert.deepStrictEqual(answer.json, { apikey_id: null, key_value: token })
    assert.deepStrictEqual(JSON.parse(atob(token.split(".")[0] ?? "")), { alg: "RS256", typ: "JWT" })
    const iat = startOfTime / 1000
    assert.deepInclude(claimsOf(token), { iat, exp: iat + 90, type: "batch", client_ref: "USER123", region: "usa" })
  })

  it("is a batch key unless a type is named", async () => {
    const { emulator, request } = subject()
    const answer = await request("POST /v1/api_keys", { key: emulator.apiKey, json: { ttl: 60 } })
    assert.deepInclude(claimsOf(field(answer, "key_value")), { type: "batch" })
  })

  it("forgets the client reference of a realtime key", async () => {
    const { mint } = subject()
    assert.notProperty(claimsOf(await mint("rt", { ttl: 60, client_ref: "USER123" })), "client_ref")
  })

  it("is stamped by the clock that the Date header shows", async () => {
    const { mint } = subject({ dateOffset: 5000 })
    assert.deepInclude(claimsOf(await mint("rt")), { iat: startOfTime / 1000 + 5 })
  })

  it("is listed for tests, and expires at their word", async () => {
    const { emulator, mint, open } = subject()
    const key = await mint("rt")
    assert.deepStrictEqual(emulator.issued, [
      {
        key,
        expiresAt: startOfTime + 60_000,
        product: "rt",
        projectId: 1,
        clientRef: undefined,
        region: undefined
      }
    ])
    emulator.expireAll()
    assert.strictEqual((await open(`/v2?jwt=${key}`)).frames[0]?.["type"], "not_authorised")
  })

  it("ignores query and header items that it does not know", async () => {
    const { emulator, request } = subject()
    const answer = await request("POST /v1/api_keys?type=rt&sm-sdk=python-1", {
      key: emulator.apiKey,
      json: { ttl: 60 },
      headers: { "x-request-id": "1" }
    })
    assert.strictEqual(answer.status, 201)
  })
})

describe("validation", () => {
  it("accepts every region for every type, as the field has no effect", async () => {
    const { emulator, request } = subject()
    for (const type of ["batch", "rt", "tts"]) {
      for (const region of ["eu", "usa", "au"]) {
        const json = { ttl: 60, region }
        assert.strictEqual(
          (await request(`POST /v1/api_keys?type=${type}`, { key: emulator.apiKey, json })).status,
          201
        )
      }
    }
  })

  const refusals: ReadonlyArray<readonly [string, unknown, number, string]> = [
    ["rt", { ttl: 59 }, 609, "ttl in body should be greater than or equal to 60"],
    ["rt", { ttl: 86_401 }, 608, "ttl in body should be less than or equal to 86400"],
    ["rt", {}, 602, "ttl in body is required"],
    ["rt", { ttl: null }, 602, "ttl in body is required"],
    ["rt", { ttl: "60" }, 601, 'ttl in body must be of type integer: "string"'],
    ["rt", { ttl: 60.5 }, 601, 'ttl in body must be of type integer: "number"'],
    ["rt", { ttl: 60, client_ref: ["a"] }, 601, 'client_ref in body must be of type string: "array"'],
    ["mp3", { ttl: 60 }, 606, "type in query should be one of [batch rt tts]"],
    ["flow", { ttl: 60 }, 606, "type in query should be one of [batch rt tts]"],
    ["batch", { ttl: 60, region: "jp" }, 606, "region in body should be one of [eu usa au]"],
    ["rt", { ttl: 60, region: "jp" }, 606, "region in body should be one of [eu usa au]"],
    ["rt", { ttl: 1, name: "n".repeat(121) }, 603, "name in body should be at most 120 chars long"]
  ]
  it.each(refusals)("%s %j is refused with %i", async (type, json, code, message) => {
    const { emulator, request } = subject()
    const answer = await request(`POST /v1/api_keys?type=${type}`, { key: emulator.apiKey, json })
    assert.strictEqual(answer.status, 422)
    assert.deepStrictEqual(answer.json, { code, message })
  })

  it("refuses other content types and bodies that are not JSON", async () => {
    const { emulator, request } = subject()
    const send = (type: string) =>
      request("POST /v1/api_keys", { key: emulator.apiKey, body: "{", headers: { "content-type": type } })
    assert.deepStrictEqual((await send("text/plain")).json, {
      code: 415,
      message: 'unsupported media type "text/plain", only [application/json] are allowed'
    })
    assert.strictEqual((await send("application/json; charset=utf-8")).status, 400)
  })
})

describe("credentials", () => {
  const json = { ttl: 60 }

  it("are refused with 401 when missing and 403 when wrong", async () => {
    const { request } = subject()
    const missing = await request("POST /v1/api_keys", { json })
    assert.strictEqual(missing.status, 401)
    assert.deepStrictEqual(missing.json, { code: 401, message: "unauthenticated for invalid credentials" })
    const wrong = await request("POST /v1/api_keys", { key: "wrong", json })
    assert.strictEqual(wrong.status, 403)
    assert.deepStrictEqual(wrong.json, { code: 403, error: "Forbidden" })
  })

  it("are refused with 401 when wrong, where that is asked for", async () => {
    const { request } = subject({ wrongKeyStatus: 401 })
    const wrong = await request("POST /v1/api_keys", { key: "wrong", json })
    assert.strictEqual(wrong.status, 401)
    assert.deepStrictEqual(wrong.json, { code: 401, error: "Permission Denied" })
  })

  it("never include a temporary key", async () => {
    const { mint, request } = subject()
    assert.strictEqual((await request("POST /v1/api_keys", { key: await mint("batch"), json })).status, 403)
  })

  it("may be of either kind unless they are strict", async () => {
    const { emulator, request } = subject()
    const managementToken = "emulated-speechmatics-management-token"
    assert.strictEqual((await request("POST /v1/api_keys", { key: managementToken, json })).status, 201)
    assert.strictEqual((await request("POST /v1/api-keys", { key: emulator.apiKey, json })).status, 201)
    const strict = subject({ strictCredentials: true, managementToken: "manager" })
    assert.strictEqual((await strict.request("POST /v1/api_keys", { key: "manager", json })).status, 403)
    assert.strictEqual((await strict.request("POST /v1/api-keys", { key: emulator.apiKey, json })).status, 403)
    assert.strictEqual((await strict.request("POST /v1/api-keys", { key: "manager", json })).status, 201)
  })
})

describe("the contract", () => {
  it("may cap the ttl at an hour", async () => {
    const { emulator, request } = subject({ maxTtl: 3600 })
    const answer = await request("POST /v1/api_keys", { key: emulator.apiKey, json: { ttl: 3601 } })
    assert.deepStrictEqual(answer.json, { code: 608, message: "ttl in body should be less than or equal to 3600" })
  })

  it("may lack temporary keys", async () => {
    const { emulator, request } = subject({ temporaryKeys: false })
    assert.strictEqual((await request("POST /v1/api_keys", { key: emulator.apiKey, json: { ttl: 60 } })).status, 403)
  })

  it("may still have flow", async () => {
    const { mint } = subject({ flow: true })
    assert.deepInclude(claimsOf(await mint("flow")), { type: "flow" })
  })

  it("may limit minting, on both surfaces together", async () => {
    const { advance, emulator, mint, request } = subject({ mintsPerMinute: 2, retryAfter: "seconds" })
    await mint("rt")
    advance(10_000)
    await request("POST /v1/api-keys?type=rt", { key: emulator.apiKey, json: { ttl: 60 } })
    const answer = await request("POST /v1/api_keys?type=rt", { key: emulator.apiKey, json: { ttl: 60 } })
    assert.strictEqual(answer.status, 429)
    assert.deepStrictEqual(answer.json, { code: 429, error: "Too Many Requests" })
    assert.strictEqual(answer.headers.get("retry-after"), "50")
  })
})
