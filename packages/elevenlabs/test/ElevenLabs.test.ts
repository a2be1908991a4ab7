import { fill } from "@tempcred/core/Connection"
import { CredentialCache } from "@tempcred/core/CredentialCache"
import type { MintRequest } from "@tempcred/core/MintRequest"
import { InvalidRequestError } from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { layer as layerTransport } from "@tempcred/core/HttpClientTransport"
import * as ElevenLabs from "@tempcred/elevenlabs/ElevenLabs"
import * as Emulator from "@tempcred/emulator/ElevenLabs"
import * as EmulatorHttpClient from "@tempcred/testing/EmulatorHttpClient"
import { answering, arrived, lacks, misconfigured, noon, reasonOf } from "@tempcred/testing/Harness"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { inspect } from "node:util"
import { key, withEnv, withOptions } from "./elevenlabs.ts"

const api = "https://api.elevenlabs.io"

describe("a mint is one call, with the purpose in its path or query", () => {
  const signed = `GET ${api}/v1/convai/conversation/get-signed-url?agent_id=agent_emulated`
  const requests: ReadonlyArray<readonly [request: Partial<MintRequest>, call: string, uses: "once" | "many"]> = [
    [{ purpose: "stt.realtime" }, `POST ${api}/v1/single-use-token/realtime_scribe`, "once"],
    [{ purpose: "stt.batch" }, `POST ${api}/v1/single-use-token/batch_scribe`, "once"],
    [{ purpose: "tts.realtime", singleUse: false }, `POST ${api}/v1/single-use-token/tts_websocket`, "once"],
    [{ purpose: "agent" }, signed, "many"],
    [{ purpose: "agent", singleUse: true }, `${signed}&include_conversation_id=true`, "once"],
    [{ purpose: "agent", singleUse: "preferred" }, `${signed}&include_conversation_id=true`, "once"]
  ]
  it.effect.each(requests)("%j", ([request, call, uses]) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon)
      const { emulator, mint } = withOptions()
      const credential = yield* mint({ ...request, ttl: "15 minutes", subject: "user-42" })
      assert.deepStrictEqual(arrived(emulator.log, "xi-api-key"), [{ call, key, body: undefined }])
      assert.deepInclude({ ...credential }, { uses, expirySource: "documented", relaxed: ["subject"] })
      assert.strictEqual(DateTime.toEpochMillis(credential.expiresAt), noon + 900_000)
    })
  )
})

describe("what ElevenLabs does not serve makes no call", () => {
  const lacking: ReadonlyArray<readonly [request: Partial<MintRequest>, feature: string, detail: RegExp]> = [
    [{ purpose: "realtime" }, "purpose", /served are stt\.realtime, stt\.batch, tts\.realtime, agent$/],
    [{ ttl: "1 minute" }, "ttl", /60 seconds; allowed: 900 to 900 seconds/],
    [{ maxSession: "1 minute" }, "maxSession", /cannot cut/],
    [{ usableFor: "1 hour" }, "usableFor", /no such end/],
    [{ region: "eu" }, "region", /no long-lived key is configured for region "eu"; there are keys for global, us$/]
  ]
  it.effect.each(lacking)("%j", ([request, feature, detail]) => lacks(withOptions(), request, feature, detail))

  const unset = [
    ["agent", withOptions({ agentId: undefined }), "tts.realtime"],
    ["agent", withEnv({ ELEVENLABS_AGENT_ID: "" }), "tts.realtime"],
    ["tts.realtime", withOptions({ voiceId: undefined }), "agent"],
    ["tts.realtime", withEnv({ ELEVENLABS_VOICE_ID: "" }), "agent"]
  ] as const
  it.effect.each(unset)("%s, where none is configured", ([purpose, trial, other]) =>
    Effect.gen(function* () {
      const detail = new RegExp(`^${purpose} is not served; served are stt.realtime, stt.batch, ${other}$`)
      yield* lacks(trial, { purpose }, "purpose", detail)
      yield* trial.mint({ purpose: other })
    })
  )
})

describe("how a client connects", () => {
  const hosts = [
    ["global", "api.elevenlabs.io"],
    ["us", "api.us.elevenlabs.io"],
    ["eu", "api.eu.residency.elevenlabs.io"],
    ["in", "api.in.residency.elevenlabs.io"],
    ["sg", "api.sg.residency.elevenlabs.io"]
  ] as const
  it.effect.each(hosts)("in %s, where the credential is minted, with the key of the place", ([region, host]) =>
    Effect.gen(function* () {
      const elsewhere = region === "in" ? "sg" : "in"
      const regionKeys = { [region]: Redacted.make("key-of-region") }
      for (const [options, sent] of [
        [{ region }, key],
        [{ region: elsewhere, regionKeys }, "key-of-region"]
      ] as const) {
        const { mint, requests } = withOptions(options, answering({ token: "sutkn_1" }))
        const of = (purpose: MintRequest["purpose"]) => Effect.map(mint({ purpose, region }), (one) => one.connections)
        const where = "anywhere"
        const query = (name: string) => ({ in: "query", name, value: "{token}" }) as const
        const socket = { kind: "websocket", where } as const
        assert.deepStrictEqual(
          [...(yield* of("stt.realtime")), ...(yield* of("stt.batch")), ...(yield* of("tts.realtime"))],
          [
            { ...socket, url: `wss://${host}/v1/speech-to-text/realtime`, placement: query("token") },
            {
              kind: "http",
              where,
              url: `https://${host}/v1/speech-to-text`,
              placement: query("token")
            },
            ...[
              "text-to-speech/voice_emulated/stream-input",
              "text-to-speech/voice_emulated/multi-stream-input",
              "text-to-dialogue/stream-input"
            ].map((path) => ({ ...socket, url: `wss://${host}/v1/${path}`, placement: query("single_use_token") }))
          ]
        )
        for (const request of requests) {
          assert.strictEqual(new URL(request.url).host, host)
          assert.strictEqual(request.headers.get("xi-api-key"), sent)
        }
      }
    })
  )

  it.effect("to an agent by a URL that is the whole credential, unchanged", () =>
    Effect.gen(function* () {
      const signed_url = "wss://api.elevenlabs.io/v1/convai/conversation?agent_id=a%20b&conversation_signature=cvtkn_1"
      const { mint } = withOptions({}, answering({ signed_url }))
      const { connections, token } = yield* mint({ purpose: "agent" })
      const [connection] = connections
      assert.deepStrictEqual(
        [...connections],
        [
          {
            kind: "websocket",
            url: "{token}",
            where: "anywhere",
            placement: { in: "url", protocols: ["convai"] }
          }
        ]
      )
      const { protocols, url } = fill(connection, token)
      assert.deepStrictEqual({ protocols, url }, { protocols: ["convai"], url: signed_url })
    })
  )

  it.effect("with the configured voice or URL", () =>
    Effect.gen(function* () {
      const settings = [
        [{ voiceId: "a/b" }, "wss://api.elevenlabs.io/v1/text-to-speech/a%2Fb/stream-input"],
        [{ baseUrl: "https://el.example/v1/" }, "wss://el.example/v1/text-to-speech/voice_emulated/stream-input"],
        [{ voiceId: "$&{token}" }, "wss://api.elevenlabs.io/v1/text-to-speech/%24%26%7Btoken%7D/stream-input"],
        [{ baseUrl: "HTTPS://el.example", voiceId: "v" }, "wss://el.example/v1/text-to-speech/v/stream-input"]
      ] as const
      for (const [options, url] of settings) {
        const regionKeys = { eu: Redacted.make("key-of-region") }
        const { mint } = withOptions({ ...options, regionKeys }, answering({ token: "sutkn_1" }))
        assert.strictEqual((yield* mint({ purpose: "tts.realtime" })).connections[0].url, url)
        const elsewhere = yield* mint({ purpose: "stt.batch", region: "eu" })
        assert.strictEqual(elsewhere.connections[0].url, "https://api.eu.residency.elevenlabs.io/v1/speech-to-text")
      }
      const { mint, origin } = withEnv({ ELEVENLABS_VOICE_ID: "voice" })
      const { connections } = yield* mint({ purpose: "tts.realtime" })
      assert.strictEqual(connections[0].url, `${origin.replace("http", "ws")}/v1/text-to-speech/voice/stream-input`)
    })
  )
})

it.effect("a response that contains another region's key is refused, and the key is not shown", () =>
  Effect.gen(function* () {
    const regionKeys = { eu: Redacted.make("key-of-region") }
    for (const [region, other] of [
      ["global", "key-of-region"],
      ["eu", key]
    ] as const) {
      const answers = [
        ["stt.realtime", { token: other }],
        ["agent", { signed_url: `wss://el.example/convai?token=${other}` }]
      ] as const
      for (const [purpose, answer] of answers) {
        const handed = yield* Effect.flip(withOptions({ regionKeys }, answering(answer)).mint({ purpose, region }))
        assert.include(handed.message, "the credential contains the long-lived key")
      }
      const words = { detail: `you sent ${other}` }
      const refused = yield* Effect.flip(withOptions({ regionKeys }, answering(words, 401)).mint({ region }))
      assert.include(refused.message, "you sent <redacted>")
      assert.notInclude(JSON.stringify(refused), other)
    }
  })
)

describe("global and us are one account", () => {
  const own = Redacted.make("key-of-region")
  const accounts: ReadonlyArray<readonly [options: object, region: string, sent: string]> = [
    [{}, "us", key],
    [{ region: "us" }, "global", key],
    [{ region: "eu", regionKeys: { us: own } }, "global", "key-of-region"],
    [{ region: "eu", regionKeys: { global: own } }, "us", "key-of-region"],
    [{ regionKeys: { us: own } }, "us", "key-of-region"],
    [{ region: "us", regionKeys: { global: own } }, "global", "key-of-region"]
  ]
  it.effect.each(accounts)("%j and a request for %s", ([options, region, sent]) =>
    Effect.gen(function* () {
      const { mint, requests } = withOptions(options, answering({ token: "sutkn_1" }))
      assert.strictEqual((yield* mint({ region })).region, region)
      assert.strictEqual(new URL(requests[0]?.url ?? "").host.includes(".us."), region === "us")
      assert.strictEqual(requests[0]?.headers.get("xi-api-key"), sent)
    })
  )

  it.effect("and they do not use the keys of other regions", () =>
    lacks(withOptions({ region: "eu" }), { region: "us" }, "region", /there are keys for eu$/)
  )
})

describe("a response for another purpose is refused", () => {
  const answers: ReadonlyArray<readonly [purpose: MintRequest["purpose"], body: object, detail: RegExp]> = [
    ["agent", { token: "sutkn_secret" }, /^signed_url: is missing$/],
    ["agent", {}, /^signed_url: is missing$/],
    ["agent", { signed_url: "https://secret.example/?a=b" }, /^signed_url: must begin with wss/],
    ["agent", { signed_url: "ws://secret.example/?a=b" }, /^signed_url: must begin with wss/],
    ["agent", { signed_url: "wss://secret@host.example/" }, /^signed_url: must not contain a user name/],
    ["agent", { signed_url: "wss://host.example/?a=b#secret" }, /^signed_url: .*or a fragment/],
    ["agent", { signed_url: "conversation_signature=secret" }, /^signed_url: is not a URL/],
    ["agent", { signed_url: "" }, /^signed_url: is not a URL/],
    ["agent", { signed_url: 7 }, /^signed_url: /],
    ["stt.realtime", { signed_url: "wss://secret.example/?a=b" }, /^token: is missing$/],
    ["tts.realtime", { signed_url: "wss://secret.example/?a=b" }, /^token: is missing$/],
    ["stt.batch", {}, /^token: is missing$/],
    ["stt.batch", { token: "" }, /^token: /]
  ]
  it.effect.each(answers)("%s: %j", ([purpose, body, detail]) =>
    Effect.gen(function* () {
      const { mint, requests } = withOptions({}, answering(body))
      const reason = yield* reasonOf(mint({ purpose }))
      assert.strictEqual(reason._tag, "InvalidResponseError")
      assert.match(reason.detail ?? "", detail)
      assert.notInclude(inspect(reason, { depth: 9 }), "secret")
      assert.strictEqual(requests.length, 1)
    })
  )

  it.effect("and a URL without encryption is allowed on loopback only", () =>
    Effect.gen(function* () {
      const { connections, token } = yield* withOptions({}, answering({ signed_url: "ws://localhost:1/?a=b?c" })).mint({
        purpose: "agent"
      })
      assert.strictEqual(fill(connections[0], token).url, "ws://localhost:1/?a=b?c")
    })
  )
})

it.effect("a URL for an agent is not shared, as its conversation may have begun", () =>
  Effect.gen(function* () {
    const provider = yield* TempCredentialProvider
    const request = { purpose: "agent", subject: "user-42" } as const
    const [one, other] = [yield* provider.mint(request), yield* provider.mint(request)]
    assert.strictEqual(one.uses, "many")
    assert.notStrictEqual(Redacted.value(one.token), Redacted.value(other.token))
  }).pipe(
    Effect.provide(
      CredentialCache.layer().pipe(
        Layer.provide(ElevenLabs.layer({ apiKey: Redacted.make(key), agentId: "agent_1" })),
        Layer.provide(layerTransport),
        Layer.provide(EmulatorHttpClient.layer(Emulator.make({ apiKey: key })))
      )
    )
  )
)

describe("every format of an error is read", () => {
  const told = (status: string, message: string) => ({ detail: { status, message } })
  const newer = (type: string, code: string, status?: string) => ({
    detail: { type, code, message: "Said.", request_id: "r-1", ...(status === undefined ? {} : { status }) }
  })
  const refusals: ReadonlyArray<
    readonly [status: number, body: object, tag: string, code: string | undefined, detail: RegExp]
  > = [
    [
      401,
      told("invalid_api_key", "Invalid API key"),
      "AuthenticationError",
      "invalid_api_key",
      /^Invalid.*ELEVENLABS_/
    ],
    [401, told("quota_exceeded", "No credits."), "QuotaError", "quota_exceeded", /^No credits\.$/],
    [401, told("missing_permissions", "x"), "PermissionError", "missing_permissions", /^x.*console$/],
    [
      401,
      newer("authentication_error", "unauthorized", "missing_permissions"),
      "PermissionError",
      "missing_permissions",
      /^Said\..*console$/
    ],
    [403, told("only_for_creator+", "x"), "PermissionError", "only_for_creator+", /^x/],
    [429, told("too_many_concurrent_requests", "x"), "QuotaError", "too_many_concurrent_requests", /^x$/],
    [
      429,
      newer("rate_limit_error", "concurrent_limit_exceeded"),
      "QuotaError",
      "concurrent_limit_exceeded",
      /^Said\.$/
    ],
    [429, told("system_busy", "x"), "UnavailableError", "system_busy", /^x$/],
    [429, newer("rate_limit_error", "rate_limit_exceeded"), "RateLimitError", "rate_limit_exceeded", /^Said\.$/],
    [404, { detail: "Not Found" }, "InvalidRequestError", undefined, /^Not Found$/],
    [500, { detail: { message: 7, status: null } }, "UnavailableError", undefined, /^$/],
    [503, { brand: "new" }, "UnavailableError", undefined, /^$/]
  ]
  it.effect.each(refusals)("%i %j is a %s", ([status, body, tag, code, detail]) =>
    Effect.gen(function* () {
      const { mint, requests } = withOptions({}, { fault: { status, body: { ...body } } })
      const reason = yield* reasonOf(mint())
      assert.deepStrictEqual([reason._tag, reason.status, reason.code], [tag, status, code])
      assert.match(reason.detail ?? "", detail)
      assert.strictEqual(reason.requestId, JSON.stringify(body).includes("r-1") ? "r-1" : undefined)
      assert.strictEqual(requests.length, 1)
    })
  )

  it.effect("refused fields have their portable names, if there are any", () =>
    Effect.gen(function* () {
      const of = (detail: unknown) => reasonOf(withOptions({}, { fault: { status: 422, body: { detail } } }).mint())
      const list = yield* of([
        { loc: ["path", "token_type"], msg: "Input should be 'tts_websocket'", type: "enum" },
        { loc: ["body", "list", 0], msg: "Field required", type: "missing" },
        { loc: ["body"], msg: "Input should be a valid dictionary", type: "dict_type" },
        { loc: [], msg: "Something is wrong" },
        { loc: ["query", "agent_id"] }
      ])
      const one = yield* of({ code: "invalid_parameters", message: "No such agent.", param: "agent_id" })
      assert.instanceOf(list, InvalidRequestError)
      assert.instanceOf(one, InvalidRequestError)
      assert.deepStrictEqual(list.issues, [
        { field: "purpose", message: "Input should be 'tts_websocket'" },
        { field: "list.0", message: "Field required" },
        { field: "body", message: "Input should be a valid dictionary" },
        { field: "agent_id", message: "was refused" }
      ])
      assert.strictEqual(
        list.detail,
        "token_type: Input should be 'tts_websocket'; list.0: Field required; body: Input should be a valid dictionary; Something is wrong; agent_id"
      )
      assert.deepStrictEqual(one.issues, [{ field: "agent_id", message: "No such agent." }])
    })
  )
})

describe("an unusable variable is named in the error", () => {
  const variables = [
    ["ELEVENLABS_API_KEY", "two words", /a space/],
    ["ELEVENLABS_REGION", "au", /must be one of global, us, eu, in, sg/],
    ["ELEVENLABS_REGION", "toString", /must be one of/],
    ["ELEVENLABS_BASE_URL", "wss://api.evil.com", /must begin with https/],
    ["ELEVENLABS_VOICE_ID", ".", /must be the id of a voice/],
    ["ELEVENLABS_VOICE_ID", "..", /must be the id of a voice/]
  ] as const
  it.effect.each(variables)("%s=%s", ([name, value, message]) =>
    Effect.gen(function* () {
      const error = yield* misconfigured(withEnv({ [name]: value }))
      assert.match(error.message, new RegExp(`^${name} .*${message.source}`))
    })
  )

  it.effect("and so is a voice that is not text", () =>
    Effect.gen(function* () {
      const { message } = yield* misconfigured(withOptions({ voiceId: "" }))
      assert.match(message, /^ELEVENLABS_VOICE_ID \(voiceId\) must be the id of a voice/)
      yield* withOptions({ voiceId: "..." }).mint()
    })
  )

  it.effect("and so is a key of a further region", () =>
    Effect.gen(function* () {
      const keyOf = (region: string, value: string) =>
        Effect.flip(withOptions({ regionKeys: { [region]: Redacted.make(value) } }).mint())
      assert.match(String(yield* keyOf("au", "k")), /regionKeys must be one of global, us, eu, in, sg/)
      assert.match(String(yield* keyOf("eu", "")), /regionKeys\.eu is empty/)
    })
  )

  it.effect("environment variables are enough configuration", () =>
    Effect.gen(function* () {
      const { mint, requests } = withEnv({ ELEVENLABS_BASE_URL: "", ELEVENLABS_REGION: "in" })
      const error = yield* Effect.flip(mint())
      // No key of this account is good in India.
      assert.match(error.message, /elevenlabs: the vendor refused the long-lived key/)
      assert.strictEqual(requests[0]?.url, "https://api.in.residency.elevenlabs.io/v1/single-use-token/realtime_scribe")
    })
  )
})
