import { arrived, misconfigured } from "@tempcred/testing/Harness"
import { assert, describe, it } from "@effect/vitest"
import type { Length } from "@tempcred/core/MintRequest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { key, withEnv, withOptions } from "./speechmatics.ts"

describe("an unusable variable is named in the error, without its value", () => {
  const variables: ReadonlyArray<readonly [name: string, value: string | undefined, message: RegExp]> = [
    ["SPEECHMATICS_API_KEY", undefined, /is not set/],
    ["SPEECHMATICS_API_KEY", "", /is not set/],
    ["SPEECHMATICS_API_KEY", "two words", /a space, a line end/],
    ["SPEECHMATICS_API_KEY", "in two\nlines", /a space, a line end/],
    ["SPEECHMATICS_REGION", "mars", /must be one of global, eu, us/],
    ["SPEECHMATICS_REGION", "usa", /must be one of global, eu, us/],
    ["SPEECHMATICS_REGION", "evil.com/", /must be one of global, eu, us/],
    ["SPEECHMATICS_REGION", "constructor", /must be one of global, eu, us/],
    ["SM_MANAGEMENT_PLATFORM_URL", "http://mp.evil.com", /must begin with https/],
    ["SPEECHMATICS_RT_URL", "ws://rt.evil.com/v2", /must begin with wss/],
    ["SPEECHMATICS_RT_URL", "https://rt.evil.com/v2", /must begin with wss/],
    ["SPEECHMATICS_BATCH_URL", "http://asr.evil.com/v2", /must begin with https/],
    ["SPEECHMATICS_BATCH_URL", "wss://asr.evil.com/v2", /must begin with https/],
    ["SPEECHMATICS_TTS_URL", "tts.evil.com", /is not a URL/]
  ]
  it.effect.each(variables)("%s=%j", ([name, value, message]) =>
    Effect.gen(function* () {
      const error = yield* misconfigured(withEnv({ [name]: value }))
      assert.deepStrictEqual(
        error.issues.map((issue) => issue.name.split(" ")[0]),
        [name]
      )
      assert.match(error.message, message)
      assert.notMatch(error.message, /evil|two words|lines|mars|constructor/)
    })
  )

  const lengths: ReadonlyArray<Length> = [
    "59 seconds",
    "90.5 seconds",
    Duration.zero,
    Duration.seconds(59),
    Duration.millis(90_500),
    Duration.seconds(86_401),
    Duration.infinity
  ]
  it.effect.each(lengths)("maxTtl of %s", (maxTtl) =>
    Effect.gen(function* () {
      const error = yield* misconfigured(withOptions({ maxTtl }))
      assert.deepStrictEqual(error.issues, [
        { name: "maxTtl", message: "must be whole seconds with their unit, 60 to 86400" }
      ])
    })
  )
})

it.effect("keys are read from SPEECHMATICS_API_KEY_FILE, the next where the first is refused", () =>
  Effect.gen(function* () {
    const { emulator, mint } = withEnv({ SPEECHMATICS_API_KEY: undefined, SPEECHMATICS_API_KEY_FILE: "keys" })
    const files = FileSystem.makeNoop({ readFileString: () => Effect.succeed(`not-yet-known\n${key}\n`) })
    yield* mint().pipe(Effect.provideService(FileSystem.FileSystem, files))
    assert.deepStrictEqual(
      arrived(emulator.log).map((one) => one.key),
      ["Bearer not-yet-known", `Bearer ${key}`]
    )
  })
)

describe("environment variables are enough configuration", () => {
  it.effect("a key alone", () =>
    Effect.gen(function* () {
      const names = [
        "SM_MANAGEMENT_PLATFORM_URL",
        "SPEECHMATICS_RT_URL",
        "SPEECHMATICS_BATCH_URL",
        "SPEECHMATICS_TTS_URL"
      ]
      const { emulator, mint } = withEnv(Object.fromEntries(names.map((name) => [name, undefined])))
      const { connections, region } = yield* mint()
      assert.isUndefined(region)
      assert.strictEqual(connections[0].url, "wss://global.rt.speechmatics.com/v2")
      assert.deepStrictEqual(arrived(emulator.log), [
        { call: "POST https://mp.speechmatics.com/v1/api_keys?type=rt", key: `Bearer ${key}`, body: { ttl: 60 } }
      ])
    })
  )

  it.effect("a region and every host", () =>
    Effect.gen(function* () {
      const { emulator, mint, origin } = withEnv({ SPEECHMATICS_REGION: "us" })
      const urls: Array<string> = []
      for (const purpose of ["stt.realtime", "stt.batch", "tts.batch"] as const) {
        urls.push((yield* mint({ purpose, subject: "u1" })).connections[0].url)
      }
      assert.deepStrictEqual(urls, ["ws://127.0.0.1:9/v2", `${origin}/v2/jobs`, `${origin}/generate`])
      assert.deepStrictEqual(
        arrived(emulator.log).map(({ body }) => body),
        [{ ttl: 60, region: "usa" }, { ttl: 60, region: "usa", client_ref: "u1" }, { ttl: 60 }]
      )
    })
  )
})
