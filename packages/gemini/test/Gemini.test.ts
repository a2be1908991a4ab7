import type { MintRequest } from "@tempcred/core/MintRequest"
import { InvalidRequestError } from "@tempcred/core/TempCredentialError"
import { answering, arrived, lacks, misconfigured, noon, reasonOf } from "@tempcred/testing/Harness"
import { assert, describe, it } from "@effect/vitest"
import * as Emulator from "@tempcred/emulator/Gemini"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { key, withEnv, withOptions } from "./gemini.ts"

describe("a mint is one call, with both expiries as moments", () => {
  const config = {
    model: "models/gemini-live-2.5-flash-preview",
    generationConfig: { temperature: 0, responseModalities: ["AUDIO"] },
    tools: [{ googleSearch: {} }],
    inputAudioTranscription: {},
    systemInstruction: { parts: [{ text: "Be brief." }] }
  }
  const mask =
    "model,generationConfig.temperature,generationConfig.responseModalities,tools,inputAudioTranscription,systemInstruction.parts"
  const usual = { uses: 0, newSessionExpireTime: "2026-11-21T12:01:00.000Z", expireTime: "2026-11-21T12:30:00.000Z" }
  const setup = { ...usual, bidiGenerateContentSetup: config }
  const requests: ReadonlyArray<readonly [name: string, request: Partial<MintRequest>, body: object]> = [
    ["any number of sessions", {}, usual],
    ["one session", { singleUse: true }, { ...usual, uses: 1 }],
    ["one session, as it can be had", { singleUse: "preferred" }, { ...usual, uses: 1 }],
    ["a longer time to open", { ttl: "10 minutes" }, { ...usual, newSessionExpireTime: "2026-11-21T12:10:00.000Z" }],
    [
      "a time to open that is longer than the usual end",
      { ttl: "40 minutes" },
      { ...usual, newSessionExpireTime: "2026-11-21T12:40:00.000Z", expireTime: "2026-11-21T12:40:00.000Z" }
    ],
    ["another end", { usableFor: "19 hours" }, { ...usual, expireTime: "2026-11-22T07:00:00.000Z" }],
    ["what is given locked", { session: { config, lock: "given" } }, { ...setup, fieldMask: mask }],
    ["as little locked as can be", { session: { config } }, { ...setup, fieldMask: mask }],
    ["all locked", { session: { config, lock: "all" } }, setup],
    [
      "all locked, and nothing given",
      { session: { config: {}, lock: "all" } },
      { ...usual, bidiGenerateContentSetup: {} }
    ],
    ["nothing given, and so nothing locked", { session: { config: {}, lock: "given" } }, usual]
  ]
  it.effect.each(requests)("%s", ([, request, body]) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon)
      const { emulator, mint } = withOptions()
      yield* mint(request)
      const call = "POST https://generativelanguage.googleapis.com/v1alpha/auth_tokens"
      assert.deepStrictEqual(arrived(emulator.log, "x-goog-api-key"), [{ call, key, body }])
    })
  )
})

describe("the version is an option, and changes path, body and WebSocket", () => {
  const config = {
    model: "models/gemini-live",
    generationConfig: { responseModalities: ["AUDIO"], temperature: 1 },
    systemInstruction: { parts: [{ text: "Be brief." }] }
  }
  const constraints = {
    model: "models/gemini-live",
    config: { responseModalities: ["AUDIO"], temperature: 1, systemInstruction: { parts: [{ text: "Be brief." }] } }
  }
  const given = ["systemInstruction.parts", "generationConfig.responseModalities", "generationConfig.temperature"]
  it.effect.each([
    ["v1alpha", "given", { bidiGenerateContentSetup: config }],
    ["v1alpha", "all", { bidiGenerateContentSetup: config }],
    ["v1beta", "given", { liveConnectConstraints: constraints }],
    ["v1beta", "all", { liveConnectConstraints: constraints }]
  ] as const)("%s with the lock %s", ([apiVersion, lock, body]) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon)
      const { emulator, mint } = withOptions({ apiVersion })
      const { connections, sessionLock } = yield* mint({ session: { config, lock } })
      const isPartial = apiVersion === "v1alpha" && lock === "given"
      assert.strictEqual(sessionLock, isPartial ? "given" : "all")
      const [arrival] = arrived(emulator.log, "x-goog-api-key")
      assert.match(arrival?.call ?? "", new RegExp(`/${apiVersion}/auth_tokens$`))
      const { bidiGenerateContentSetup, fieldMask, liveConnectConstraints } = Object(arrival?.body)
      const sent = apiVersion === "v1beta" ? { liveConnectConstraints } : { bidiGenerateContentSetup }
      assert.deepStrictEqual(sent, body)
      assert.sameMembers(fieldMask?.split(",") ?? [], isPartial ? ["model", ...given] : [])
      for (const { url } of connections) assert.include(url, `.${apiVersion}.GenerativeService.`)
      assert.strictEqual(emulator.log[0]?.status, 200)
    })
  )

  it.effect("it is read from the environment", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon)
      const { mint, requests } = withEnv({ GEMINI_API_VERSION: "v1beta" })
      yield* mint()
      assert.match(requests[0]?.url ?? "", /\/v1beta\/auth_tokens$/)
    })
  )
})

describe("what Gemini does not serve makes no call", () => {
  const lacking: ReadonlyArray<readonly [request: Partial<MintRequest>, feature: string, detail: RegExp]> = [
    [{ purpose: "agent" }, "purpose", /served are realtime$/],
    [{ ttl: "20 hours" }, "ttl", /1 to 68400 seconds/],
    [{ usableFor: "20 hours" }, "usableFor", /1 to 68400 seconds/],
    [{ maxSession: "1 minute" }, "maxSession", /cannot cut/],
    [{ region: "eu" }, "region", /no regions/]
  ]
  it.effect.each(lacking)("%j", ([request, feature, detail]) => lacks(withOptions(), request, feature, detail))
})

it.effect("both expiries are the sent moments, also after retries", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(noon)
    const policy = { attempts: 2, base: Duration.seconds(5) }
    // The emulator's clock stands still, and is not to be believed.
    const reply = async ({ body, status }: Response) => new Response(body, { status })
    const { emulator, mint } = withOptions({}, { policy, reply })
    emulator.faults.add(Emulator.mintRoute, { status: 503 })
    const minting = yield* Effect.forkChild(mint({ ttl: "1 minute", usableFor: "2 minutes" }))
    yield* TestClock.adjust("10 seconds")
    const { expiresAt, usableUntil } = yield* Fiber.join(minting)
    assert.strictEqual(emulator.log.length, 2)
    const told = {
      newSessionExpireTime: DateTime.formatIso(expiresAt),
      expireTime: usableUntil && DateTime.formatIso(usableUntil)
    }
    for (const { body } of arrived(emulator.log)) assert.deepInclude(body, told)
  })
)

it.effect("a credential states the requested terms, as the response states none", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(noon)
    const reply = answering({ name: "auth_tokens/a1", expireTime: "2030-01-01T00:00:00Z" })
    const { mint } = withOptions({}, reply)
    const session = { config: { model: "models/m" }, lock: "all" } as const
    const credential = yield* mint({ ttl: "90 seconds", usableFor: "1 hour", singleUse: true, session, subject: "u1" })
    assert.strictEqual(Redacted.value(credential.token), "auth_tokens/a1")
    assert.strictEqual(DateTime.toEpochMillis(credential.expiresAt), noon + 90_000)
    assert.strictEqual(credential.usableUntil && DateTime.toEpochMillis(credential.usableUntil), noon + 3_600_000)
    assert.deepInclude(
      { ...credential },
      { expirySource: "request", uses: "once", sessionLock: "all", relaxed: ["subject"] }
    )
  })
)

describe("how a client connects", () => {
  const path = "/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateContentConstrained"
  const settings = [
    [{}, "generativelanguage.googleapis.com"],
    [{ baseUrl: "HTTPS://gemini.example" }, "gemini.example"],
    [{ baseUrl: "https://gemini.example/proxy/" }, "gemini.example/proxy"]
  ] as const
  it.effect.each(settings)("%j", ([options, place]) =>
    Effect.gen(function* () {
      const reply = answering({ name: "auth_tokens/a1" })
      const { connections } = yield* withOptions(options, reply).mint()
      const websocket = { kind: "websocket", url: `wss://${place}${path}` } as const
      assert.deepStrictEqual(
        [...connections],
        [
          { ...websocket, where: "server", placement: { in: "header", name: "Authorization", value: "Token {token}" } },
          { ...websocket, where: "anywhere", placement: { in: "query", name: "access_token", value: "{token}" } }
        ]
      )
    })
  )
})

describe("why a mint was refused", () => {
  const told = (status: string, ...details: ReadonlyArray<object>) => ({
    error: { code: 400, message: "Said.", status, details }
  })
  const info = (reason: string) => ({ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason })
  const localized = { "@type": "type.googleapis.com/google.rpc.LocalizedMessage", message: "x" }
  const refusals: ReadonlyArray<
    readonly [status: number, body: object, tag: string, code: string | undefined, detail: RegExp]
  > = [
    [
      400,
      told("INVALID_ARGUMENT", localized, info("API_KEY_INVALID")),
      "AuthenticationError",
      "API_KEY_INVALID",
      /^Said\..*GEMINI_API_KEY/
    ],
    [401, told("UNAUTHENTICATED"), "AuthenticationError", "UNAUTHENTICATED", /^Said\./],
    [400, told("FAILED_PRECONDITION"), "PermissionError", "FAILED_PRECONDITION", /^Said\./],
    [
      403,
      told("PERMISSION_DENIED", info("API_KEY_SERVICE_BLOCKED")),
      "PermissionError",
      "API_KEY_SERVICE_BLOCKED",
      /^Sa/
    ],
    [400, told("INVALID_ARGUMENT"), "InvalidRequestError", "INVALID_ARGUMENT", /^Said\.$/],
    [429, told("RESOURCE_EXHAUSTED"), "RateLimitError", "RESOURCE_EXHAUSTED", /^Said\.$/],
    [503, told("UNAVAILABLE"), "UnavailableError", "UNAVAILABLE", /^Said\.$/],
    [500, { error: { message: null, status: 7, details: "none" } }, "UnavailableError", undefined, /^$/]
  ]
  it.effect.each(refusals)("%i %j is a %s", ([status, body, tag, code, detail]) =>
    Effect.gen(function* () {
      const { mint, requests } = withOptions({}, { fault: { status, body: { ...body } } })
      const reason = yield* reasonOf(mint())
      assert.deepStrictEqual([reason._tag, reason.status, reason.code], [tag, status, code])
      assert.match(reason.detail ?? "", detail)
      assert.strictEqual(requests.length, 1)
    })
  )

  it.effect("refused fields have their portable names", () =>
    Effect.gen(function* () {
      const fieldViolations = [
        { field: "auth_token.expire_time", description: "must be sooner" },
        { field: "newSessionExpireTime", description: "must be sooner" },
        { field: "auth_token.bidi_generate_content_setup", description: "is wrong" },
        { field: "else", description: "is wrong" }
      ]
      const fault = { status: 400, body: told("INVALID_ARGUMENT", { fieldViolations }) }
      const reason = yield* reasonOf(withOptions({}, { fault }).mint())
      assert.instanceOf(reason, InvalidRequestError)
      assert.deepStrictEqual(
        reason.issues.map(({ field }) => field),
        ["usableFor", "ttl", "session", "else"]
      )
    })
  )
})

describe("an unusable variable is named in the error", () => {
  const variables = [
    ["GEMINI_API_KEY", "two words", /a space/],
    ["GEMINI_API_VERSION", "v1", /must be one of v1alpha, v1beta/],
    ["GOOGLE_GEMINI_BASE_URL", "no url", /must not contain white space/],
    ["GOOGLE_GEMINI_BASE_URL", "wss://api.evil.com", /must begin with https/]
  ] as const
  it.effect.each(variables)("%s=%s", ([name, value, message]) =>
    Effect.gen(function* () {
      const error = yield* misconfigured(withEnv({ [name]: value }))
      assert.match(error.message, new RegExp(`^${name} .*${message.source}`))
    })
  )
})
