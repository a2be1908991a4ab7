import { assert, describe, it } from "vitest"
import * as ElevenLabs from "../src/ElevenLabs.ts"
import { askToken, askUrl, keyed, mint, setUp, sign } from "./eleven-labs.ts"
import { ask } from "./vendors.ts"

const quarter = 15 * 60_000

describe("minting a single-use token", () => {
  it.each(["realtime_scribe", "batch_scribe", "tts_websocket"] as const)(
    "answers 200 with one for %s",
    async (type) => {
      const { clock, emulator } = setUp()
      const { body, status } = await askToken(emulator, type)
      assert.strictEqual(status, 200)
      assert.hasAllKeys(body, ["token"])
      assert.match(body.token, /^sutkn_[0-9a-f]{32}$/)
      assert.deepInclude(emulator.issued[0], {
        secret: body.token,
        purpose: type,
        region: "global",
        expiresAt: clock.now() + quarter,
        limit: 1,
        uses: 0
      })
    }
  )

  it("lists the token types for an unknown type in the path, before it checks the key", async () => {
    const { emulator } = setUp()
    for (const headers of [{}, keyed(emulator.apiKey)]) {
      const { body, status } = await askToken(emulator, "agent", headers)
      assert.strictEqual(status, 422)
      assert.deepStrictEqual(body.detail, [
        {
          type: "enum",
          loc: ["path", "token_type"],
          msg: "Input should be 'realtime_scribe', 'batch_scribe' or 'tts_websocket'",
          input: "agent"
        }
      ])
    }
    assert.isEmpty(emulator.issued)
  })

  it("answers 401 to a key that is missing, wrong, or of another region", async () => {
    const { emulator } = setUp({ apiKeys: { eu: "european" } })
    const missing = await askToken(emulator, "batch_scribe", {})
    assert.strictEqual(missing.status, 401)
    const message = "Neither authorization header nor xi-api-key received, please provide one."
    assert.deepInclude(missing.body.detail, { type: "authentication_error", code: "missing_api_key", message })
    for (const key of ["wrong", "european", await mint(emulator, "tts_websocket")]) {
      const { body, status } = await askToken(emulator, "batch_scribe", keyed(key))
      assert.strictEqual(status, 401)
      const { request_id, ...detail } = body.detail
      assert.deepStrictEqual(detail, {
        type: "authentication_error",
        code: "invalid_api_key",
        message: "Invalid API key",
        status: "invalid_api_key"
      })
      assert.match(request_id, /^[0-9a-f]{32}$/)
    }
    const european = await askToken(emulator, "batch_scribe", keyed("european"), "api.eu.residency.elevenlabs.io")
    assert.strictEqual(european.status, 200)
  })

  it("accepts the global key in the region us, which is a route to the same account", async () => {
    const { emulator } = setUp()
    const { status } = await askToken(emulator, "batch_scribe", undefined, "api.us.elevenlabs.io")
    assert.strictEqual(status, 200)
    assert.strictEqual(emulator.issued[0]?.region, "us")
  })

  it("has the observed and the legacy form of errors as options", async () => {
    const observed = setUp({ errorForm: "observed" }).emulator
    const { body, status } = await askToken(observed, "batch_scribe", {})
    assert.strictEqual(status, 401)
    assert.deepInclude(body.detail, {
      type: "authentication_error",
      code: "unauthorized",
      status: "needs_authorization"
    })
    const legacy = setUp({ errorForm: "legacy" }).emulator
    assert.deepStrictEqual((await askToken(legacy, "batch_scribe", keyed("wrong"))).body, {
      detail: { status: "invalid_api_key", message: "Invalid API key" }
    })
  })

  it("answers 429 beyond the limit of a minute, signed URLs included", async () => {
    const { clock, emulator } = setUp({ mintsPerMinute: 2, retryAfter: "seconds" })
    await mint(emulator, "batch_scribe")
    await sign(emulator)
    const { body, headers, status } = await askToken(emulator, "batch_scribe")
    assert.deepStrictEqual([status, headers.get("retry-after")], [429, "60"])
    assert.deepInclude(body.detail, { type: "rate_limit_error", code: "rate_limit_exceeded" })
    clock.advance(60_000)
    assert.strictEqual((await askToken(emulator, "batch_scribe")).status, 200)
  })

  it.each([
    ["insufficient_credits", 402, "quota_exceeded", 401],
    ["insufficient_permissions", 403, "missing_permissions", 401],
    ["concurrent_limit_exceeded", 429, "too_many_concurrent_requests", 429],
    ["system_busy", 429, "system_busy", 429],
    ["service_unavailable", 503, "service_unavailable", 503]
  ] as const)("answers with the vendor's own %s where a test asks for it", async (failure, now, name, before) => {
    const { emulator } = setUp()
    emulator.faults.add(ElevenLabs.mintRoute, ElevenLabs.mintFault(failure, { "retry-after": "3" }))
    emulator.faults.add(ElevenLabs.mintRoute, ElevenLabs.mintFault(failure, {}, "legacy"))
    const current = await askToken(emulator, "batch_scribe")
    assert.deepStrictEqual([current.status, current.body.detail.code], [now, failure])
    assert.strictEqual(current.headers.get("retry-after"), "3")
    const legacy = await askToken(emulator, "batch_scribe")
    assert.deepStrictEqual([legacy.status, legacy.body.detail.status], [before, name])
    assert.strictEqual((await askToken(emulator, "batch_scribe")).status, 200)
  })
})

describe("signing a URL", () => {
  it("answers 200 with a URL on the host of the request, and nothing else", async () => {
    const { clock, emulator } = setUp()
    const { body, status } = await askUrl(emulator, "?agent_id=agent_1")
    assert.strictEqual(status, 200)
    assert.hasAllKeys(body, ["signed_url"])
    const url = new URL(body.signed_url)
    assert.strictEqual(url.href.split("?")[0], "ws://emulator.test/v1/convai/conversation")
    assert.sameMembers([...url.searchParams.keys()], ["agent_id", "conversation_signature"])
    assert.deepInclude(emulator.issued[0], { purpose: "agent", expiresAt: clock.now() + quarter, limit: Infinity })
    const secure = new Request("https://api.elevenlabs.io/v1/convai/conversation/get-signed-url?agent_id=a", {
      headers: keyed(emulator.apiKey)
    })
    assert.match(await (await emulator.handle(secure)).text(), /"wss:\/\/api\.elevenlabs\.io\/v1\/convai/)
  })

  it("binds the URL to the requested agent", async () => {
    const { emulator } = setUp()
    await sign(emulator, "?agent_id=agent_1&branch_id=b&version_id=v&environment=staging")
    assert.deepStrictEqual(emulator.issued[0]?.agent, {
      agentId: "agent_1",
      branchId: "b",
      versionId: "v",
      environment: "staging",
      conversationId: undefined
    })
  })

  it("adds the conversation's identifier on request, and then allows one use", async () => {
    const { emulator } = setUp()
    const url = new URL(await sign(emulator, "?agent_id=agent_1&include_conversation_id=true"))
    assert.match(url.searchParams.get("conversation_id") ?? "", /^conv_/)
    assert.deepInclude(emulator.issued[0], { limit: 1 })
    await sign(emulator, "?agent_id=agent_1&include_conversation_id=0")
    assert.deepInclude(emulator.issued[1], { limit: Infinity })
  })

  it("names the signature parameter `token` with the option", async () => {
    const { emulator } = setUp({ signatureParameter: "token" })
    assert.sameMembers([...new URL(await sign(emulator)).searchParams.keys()], ["agent_id", "token"])
  })

  it("reports invalid fields first, then the key, then an unknown agent", async () => {
    const { emulator } = setUp({ agents: ["agent_1"] })
    const unfit = await askUrl(emulator, "?include_conversation_id=maybe", {})
    assert.strictEqual(unfit.status, 422)
    assert.deepStrictEqual(
      unfit.body.detail.map((error: { type: string; loc: unknown }) => [error.type, error.loc]),
      [
        ["missing", ["query", "agent_id"]],
        ["bool_parsing", ["query", "include_conversation_id"]]
      ]
    )
    const unbelievable = await askUrl(emulator, "?agent_id=agent_1&include_conversation_id=maybe")
    assert.strictEqual(unbelievable.status, 422)
    assert.strictEqual((await askUrl(emulator, "?agent_id=agent_2", keyed("wrong"))).status, 401)
    const { body, status } = await askUrl(emulator, "?agent_id=agent_2")
    assert.deepStrictEqual([status, body.detail.type], [404, "not_found"])
    assert.strictEqual((await askUrl(emulator, "?agent_id=agent_1")).status, 200)
  })
})

it("answers 404 and 405 as its framework does", async () => {
  const { emulator } = setUp()
  const nowhere = await ask(emulator, "GET /v1/nowhere")
  assert.deepStrictEqual([nowhere.status, nowhere.body], [404, { detail: "Not Found" }])
  const wrong = await ask(emulator, "GET /v1/single-use-token/batch_scribe")
  assert.deepStrictEqual([wrong.status, wrong.headers.get("allow")], [405, "POST"])
  assert.deepStrictEqual(wrong.body, { detail: "Method Not Allowed" })
})
