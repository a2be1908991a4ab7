import { ConfigurationError } from "@tempcred/core/ConfigurationError"
import { InvalidRequestError, type TempCredentialError } from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { ManagementApi } from "@tempcred/speechmatics/ManagementApi"
import * as Speechmatics from "@tempcred/speechmatics/Speechmatics"
import { arrived, reasonOf } from "@tempcred/testing/Harness"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Formatter from "effect/Formatter"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { origin, workspace } from "./management.ts"

describe("what is sent", () => {
  const created = { name: "backend", projectId: 1, clientRef: "u1" }
  const hour = Duration.hours(1)
  const temporary = { type: "batch", ttl: hour, projectId: 1, clientRef: "u1" } as const
  const calls: ReadonlyArray<
    readonly [
      name: string,
      program: Effect.Effect<unknown, TempCredentialError, ManagementApi>,
      call: string,
      body?: object
    ]
  > = [
    ["listProjects", ManagementApi.use((api) => api.listProjects), "GET /v1/projects"],
    ["listKeys", ManagementApi.use((api) => api.listKeys()), "GET /v1/api-keys"],
    ["listKeys of a project", ManagementApi.use((api) => api.listKeys(1)), "GET /v1/api-keys?project_id=1"],
    [
      "createPermanentKey",
      ManagementApi.use((api) => api.createPermanentKey(created)),
      "POST /v1/api-keys",
      { name: "backend", project_id: 1, client_ref: "u1" }
    ],
    [
      "createPermanentKey with a name only",
      ManagementApi.use((api) => api.createPermanentKey({ name: "backend" })),
      "POST /v1/api-keys",
      { name: "backend" }
    ],
    [
      "createTemporaryKey",
      ManagementApi.use((api) => api.createTemporaryKey(temporary)),
      "POST /v1/api-keys?type=batch",
      { ttl: 3600, project_id: 1, client_ref: "u1" }
    ],
    [
      "createTemporaryKey with a type and a ttl only",
      ManagementApi.use((api) => api.createTemporaryKey({ type: "rt", ttl: "1 hour" })),
      "POST /v1/api-keys?type=rt",
      { ttl: 3600 }
    ]
  ]
  it.live.each(calls)("%s", ([, program, call, body]) =>
    Effect.gen(function* () {
      const { emulator, run } = workspace()
      yield* run(program)
      assert.deepStrictEqual(arrived(emulator.log), [
        { call: call.replace(" ", ` ${origin}`), key: `Bearer ${emulator.managementToken}`, body }
      ])
    })
  )

  it.live("revokeKey encodes the id, so that it stays one segment of the path", () =>
    Effect.gen(function* () {
      const { emulator, run } = workspace()
      for (const id of ["../x", "a/b?c#d", "%2e%2e", "a b"]) {
        assert.instanceOf(yield* reasonOf(run(ManagementApi.use((api) => api.revokeKey(id)))), InvalidRequestError)
      }
      assert.deepStrictEqual(
        arrived(emulator.log).map(({ call }) => call.slice(`DELETE ${origin}/v1/api-keys/`.length)),
        ["..%2Fx", "a%2Fb%3Fc%23d", "%252e%252e", "a%20b"]
      )
    })
  )
})

describe("what is refused before any call", () => {
  const refused = Effect.fnUntraced(function* (program: Effect.Effect<unknown, unknown, ManagementApi>, field: string) {
    const { emulator, run } = workspace()
    const reason = yield* reasonOf(run(program))
    assert.instanceOf(reason, InvalidRequestError)
    assert.deepStrictEqual(
      reason.issues.map((issue) => issue.field),
      [field]
    )
    assert.strictEqual(emulator.log.length, 0)
  })

  // A key without a ttl would be permanent: a caller in JavaScript may pass anything.
  const lengths = [undefined, null, Number.NaN, 60, 90_000, "60", "", {}, [], "for ever", 2n]
  it.live.each(lengths)("a temporary key with a ttl of %o", (ttl) =>
    refused(
      ManagementApi.use((api) =>
        api.createTemporaryKey({
          type: "rt",
          // @ts-expect-error: no length
          ttl
        })
      ),
      "ttl"
    )
  )

  it.live.each([
    Duration.zero,
    Duration.seconds(59),
    Duration.millis(60_500),
    Duration.seconds(86_401),
    Duration.infinity,
    "59 seconds",
    "60.5 seconds"
  ] as const)("a temporary key that lives %s", (ttl) =>
    refused(
      ManagementApi.use((api) => api.createTemporaryKey({ type: "rt", ttl })),
      "ttl"
    )
  )

  it.live.each(["", "x".repeat(121)])("a permanent key with the name %j", (name) =>
    refused(
      ManagementApi.use((api) => api.createPermanentKey({ name })),
      "name"
    )
  )

  it.live.each(["", ".", ".."])("revoking %j, which is no id but another path", (id) =>
    refused(
      ManagementApi.use((api) => api.revokeKey(id)),
      "id"
    )
  )
})

describe("a key's life", () => {
  it.live("it is created, listed, mints until it is revoked, and is gone", () =>
    Effect.gen(function* () {
      const { below, emulator, run } = workspace()
      const { id, key } = yield* run(
        ManagementApi.use((api) => api.createPermanentKey({ name: "backend", clientRef: "u1" }))
      )
      assert.isTrue(Redacted.isRedacted(key))

      const listed = run(ManagementApi.use((api) => api.listKeys(1))).pipe(
        Effect.map((keys) => keys.find((one) => one.id === id))
      )
      assert.deepInclude({ ...(yield* listed) }, { id, name: "backend", clientRef: "u1" })

      const provider = Speechmatics.layer({ apiKey: key }).pipe(Layer.provide(below))
      const mint = TempCredentialProvider.use((provider) => provider.mint({ purpose: "stt.realtime" })).pipe(
        Effect.provide(provider)
      )
      assert.strictEqual((yield* mint).expirySource, "jwt")

      yield* run(ManagementApi.use((api) => api.revokeKey(id)))
      assert.strictEqual((yield* reasonOf(mint))._tag, "AuthenticationError")
      assert.isUndefined(yield* listed)
      assert.strictEqual((yield* reasonOf(run(ManagementApi.use((api) => api.revokeKey(id))))).status, 404)
      assert.strictEqual(emulator.issued.length, 1)
    })
  )

  it.live("a temporary one ends by itself, and is not listed", () =>
    Effect.gen(function* () {
      const { emulator, run } = workspace()
      const before = yield* run(ManagementApi.use((api) => api.listKeys()))
      const key = yield* run(
        ManagementApi.use((api) => api.createTemporaryKey({ type: "tts", ttl: Duration.minutes(1) }))
      )
      assert.strictEqual(emulator.issued[0]?.key, Redacted.value(key))
      assert.deepInclude(emulator.issued[0], { product: "tts", projectId: 1 })
      assert.deepStrictEqual(yield* run(ManagementApi.use((api) => api.listKeys())), before)
    })
  )

  it.live("all of a workspace's 1000 projects are listed at once", () =>
    Effect.gen(function* () {
      const { addProjects, run } = workspace()
      yield* addProjects(999)
      const projects = yield* run(ManagementApi.use((api) => api.listProjects))
      assert.strictEqual(projects.length, 1000)
      assert.isAbove(JSON.stringify(projects).length, 65_536)
      assert.deepInclude(projects[0], { id: 1, name: "Default", isDefault: true })
      assert.deepInclude(projects[999], { id: 1000, name: "Project 999", isDefault: false, isActive: true })
    })
  )
})

describe("configuration", () => {
  const configured = (env: Record<string, string>) => {
    const { below, emulator } = workspace()
    const config = ConfigProvider.layer(ConfigProvider.fromEnv({ env }))
    const program = ManagementApi.use((api) => api.listKeys()).pipe(
      Effect.provide(ManagementApi.layerConfig),
      Effect.provide([below, config])
    )
    return { emulator, program }
  }

  it.live("a token is enough, and the host can be another", () =>
    Effect.gen(function* () {
      const token = { SPEECHMATICS_MANAGEMENT_TOKEN: workspace().emulator.managementToken }
      for (const [env, url] of [
        [token, `${origin}/v1/api-keys`],
        [{ ...token, SPEECHMATICS_MANAGEMENT_URL: "https://mp.example/" }, "https://mp.example/v1/api-keys"]
      ] as const) {
        const { emulator, program } = configured(env)
        yield* program
        assert.strictEqual(emulator.log[0]?.url, url)
      }
    })
  )

  it.live.each([
    ["SPEECHMATICS_MANAGEMENT_TOKEN", ""],
    ["SPEECHMATICS_MANAGEMENT_TOKEN", "two words"],
    ["SPEECHMATICS_MANAGEMENT_URL", "http://mp.evil.com"]
  ] as const)("%s=%j is told by its name and never by its value", ([name, value]) =>
    Effect.gen(function* () {
      const { emulator, program } = configured({ SPEECHMATICS_MANAGEMENT_TOKEN: "token", [name]: value })
      const error = yield* Effect.flip(program)
      assert.instanceOf(error, ConfigurationError)
      assert.include(error.message, name)
      assert.notMatch(Formatter.format(error), /evil|two words/)
      assert.strictEqual(emulator.log.length, 0)
    })
  )
})
