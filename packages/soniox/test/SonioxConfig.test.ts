import * as KeySource from "@tempcred/core/KeySource"
import { answering, arrived, misconfigured } from "@tempcred/testing/Harness"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Redacted from "effect/Redacted"
import { key, keys, withEnv, withOptions } from "./soniox.ts"

describe("an unusable variable is named in the error, without its value", () => {
  const variables: ReadonlyArray<readonly [name: string, value: string | undefined, message: RegExp]> = [
    ["SONIOX_API_KEY", undefined, /is not set/],
    ["SONIOX_API_KEY", "", /is not set/],
    ["SONIOX_API_KEY", "two words", /a space, a line end/],
    ["SONIOX_API_KEY", "in two\r\nlines", /a space, a line end/],
    ["SONIOX_API_KEY", '"quoted"', /a quotation mark/],
    ["SONIOX_API_KEY", "bell\u0007", /another character/],
    ["SONIOX_API_KEY", "schlüssel", /another character/],
    ["SONIOX_REGION", "evil.com/", /a region name/],
    ["SONIOX_REGION", "eu.evil", /a region name/],
    ["SONIOX_REGION", "eu@evil", /a region name/],
    ["SONIOX_REGION", "EU", /in lowercase letters/],
    ["SONIOX_REGION", "e\nu", /a line end/],
    ["SONIOX_REGION", "'eu'", /a quotation mark/],
    ["SONIOX_API_BASE_URL", "http://api.evil.com", /must begin with https/],
    ["SONIOX_API_BASE_URL", "http://127.0.0.1.evil.com", /must begin with https/],
    ["SONIOX_API_BASE_URL", "ftp://127.0.0.1", /must begin with https/],
    ["SONIOX_API_BASE_URL", "api.evil.com", /is not a URL/],
    ["SONIOX_API_BASE_URL", "https://me:evil@api.soniox.com", /not contain a user name or password/],
    ["SONIOX_API_BASE_URL", "https://api.soniox.com/?evil=1", /not contain a query/],
    ["SONIOX_WS_URL", "ws://stt-rt.evil.com/transcribe-websocket", /must begin with wss/],
    ["SONIOX_WS_URL", "https://stt-rt.evil.com/transcribe-websocket", /must begin with wss/],
    ["SONIOX_TTS_WS_URL", "ws://tts-rt.evil.com/tts-websocket", /must begin with wss/],
    ["SONIOX_TTS_WS_URL", "wss://tts-rt.soniox.com/tts-websocket#evil", /or a fragment/]
  ]
  it.effect.each(variables)("%s=%j", ([name, value, message]) =>
    Effect.gen(function* () {
      const error = yield* misconfigured(withEnv({ [name]: value }))
      assert.deepStrictEqual(
        error.issues.map((issue) => issue.name.split(" ")[0]),
        [name]
      )
      assert.match(error.message, message)
      assert.notMatch(error.message, /evil|two words|lines|quoted|bell|schl/)
    })
  )

  it.effect("all problems are reported at once", () =>
    Effect.gen(function* () {
      const error = yield* misconfigured(withEnv({ SONIOX_API_KEY: "a b", SONIOX_REGION: "EU", SONIOX_WS_URL: "x" }))
      assert.deepStrictEqual(
        error.issues.map((issue) => issue.name),
        ["SONIOX_API_KEY (apiKey)", "SONIOX_REGION (region)", "SONIOX_WS_URL (websocketUrl)"]
      )
    })
  )

  it.effect("keys given as options are checked too", () =>
    Effect.gen(function* () {
      const regionKeys = { "evil.com/": key("eu"), eu: Redacted.make("two words") }
      const error = yield* misconfigured(withOptions({ apiKey: Redacted.make(""), regionKeys }))
      assert.deepStrictEqual(
        error.issues.map((issue) => issue.name),
        ["SONIOX_API_KEY (apiKey)", "regionKeys.eu", "regionKeys"]
      )
      assert.match(error.message, /SONIOX_API_KEY \(apiKey\) is empty/)
      assert.notInclude(error.message, "two words")
    })
  )
})

describe("keys in a file", () => {
  const files = FileSystem.makeNoop({
    readFileString: (path) => Effect.succeed(path === "/run/secrets/soniox" ? `not-yet-known\n${keys.au1}\n` : "")
  })
  const withFile = (path: string) => withEnv({ SONIOX_API_KEY: undefined, SONIOX_API_KEY_FILE: path })

  it.effect("are used from SONIOX_API_KEY_FILE, the next where the first is refused", () =>
    Effect.gen(function* () {
      const { emulator, mint } = withFile("/run/secrets/soniox")
      yield* mint().pipe(Effect.provideService(FileSystem.FileSystem, files))
      assert.deepStrictEqual(
        arrived(emulator.log).map((one) => one.key),
        ["Bearer not-yet-known", `Bearer ${keys.au1}`]
      )
    })
  )
  it.effect("that hold none fail by the variable's name", () =>
    Effect.gen(function* () {
      const { mint } = withFile("/run/secrets/empty")
      const error = yield* Effect.flip(mint().pipe(Effect.provideService(FileSystem.FileSystem, files)))
      assert.strictEqual(error.message, "SONIOX_API_KEY_FILE names a file that holds no key")
    })
  )
  it.effect("that is missing fail by the variable's name", () =>
    Effect.gen(function* () {
      const error = yield* misconfigured(withFile("/run/secrets/soniox"))
      assert.strictEqual(error.message, "SONIOX_API_KEY_FILE names a file that cannot be read (ENOENT)")
    })
  )
})

it.effect("keys of further regions rotate too, and no region receives another one's key", () =>
  Effect.gen(function* () {
    const eu = KeySource.fixed([Redacted.make("not-yet-known"), key("eu")])
    const { emulator, mint } = withOptions({ regionKeys: { eu } }, { emulator: { region: "eu" } })
    yield* mint({ region: "eu" })
    assert.deepStrictEqual(
      arrived(emulator.log).map((one) => one.key),
      ["Bearer not-yet-known", `Bearer ${keys.eu}`]
    )
  })
)

it.effect("a response that contains another region's key is refused, and the key is not shown", () =>
  Effect.gen(function* () {
    const regionKeys = { eu: key("eu") }
    for (const [region, other] of [
      ["us", keys.eu],
      ["eu", keys.us]
    ] as const) {
      const answer = { api_key: other, expires_at: "2030-01-01T00:00:00Z" }
      const handed = yield* Effect.flip(withOptions({ regionKeys }, answering(answer)).mint({ region }))
      assert.include(handed.message, "the credential contains the long-lived key")
      const words = { error_type: "unauthenticated", message: `you sent ${other}` }
      const refused = yield* Effect.flip(withOptions({ regionKeys }, answering(words, 401)).mint({ region }))
      assert.include(refused.message, "you sent <redacted>")
      assert.notInclude(JSON.stringify(refused), other)
    }
  })
)

describe("environment variables are enough configuration", () => {
  it.effect("a key alone is for the US", () =>
    Effect.gen(function* () {
      const unset = { SONIOX_REGION: "", SONIOX_API_BASE_URL: "", SONIOX_WS_URL: "", SONIOX_TTS_WS_URL: undefined }
      const { emulator, mint } = withEnv({ ...unset, SONIOX_API_KEY: keys.us })
      const { connections, region } = yield* mint()
      assert.strictEqual(region, "us")
      assert.strictEqual(connections[0].url, "wss://stt-rt.soniox.com/transcribe-websocket")
      assert.strictEqual(arrived(emulator.log)[0]?.call, "POST https://api.soniox.com/v1/auth/temporary-api-key")
    })
  )

  it.effect("a region and its hosts", () =>
    Effect.gen(function* () {
      const { emulator, mint, origin } = withEnv({ SONIOX_REGION: "au1" })
      const urls: Array<string> = []
      for (const purpose of ["stt.realtime", "tts.realtime", "tts.batch"] as const) {
        const { connections, region } = yield* mint({ purpose })
        assert.strictEqual(region, "au1")
        urls.push(connections[0].url)
      }
      assert.deepStrictEqual(urls, [
        "ws://127.0.0.1:9/transcribe-websocket",
        "ws://127.0.0.1:9/tts-websocket",
        "http://127.0.0.1:9/tts"
      ])
      for (const { call, key: sent } of arrived(emulator.log)) {
        assert.strictEqual(call, `POST ${origin}/v1/auth/temporary-api-key`)
        assert.strictEqual(sent, `Bearer ${keys.au1}`)
      }
    })
  )
})
