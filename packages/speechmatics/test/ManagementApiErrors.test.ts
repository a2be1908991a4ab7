import { InvalidRequestError, type Reason } from "@tempcred/core/TempCredentialError"
import type { Fault } from "@tempcred/emulator/Faults"
import { createKeyRoute } from "@tempcred/emulator/Speechmatics"
import { ManagementApi } from "@tempcred/speechmatics/ManagementApi"
import { reasonOf, skippingWaits } from "@tempcred/testing/Harness"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Formatter from "effect/Formatter"
import * as Redacted from "effect/Redacted"
import { inspect } from "node:util"
import { workspace } from "./management.ts"

const calls = [
  { name: "listProjects", route: "GET /v1/projects", tries: 3, program: ManagementApi.use((api) => api.listProjects) },
  { name: "listKeys", route: "GET /v1/api-keys", tries: 3, program: ManagementApi.use((api) => api.listKeys()) },
  {
    name: "createPermanentKey",
    route: createKeyRoute,
    tries: 1,
    program: ManagementApi.use((api) => api.createPermanentKey({ name: "backend" }))
  },
  {
    name: "createTemporaryKey",
    route: createKeyRoute,
    tries: 1,
    program: ManagementApi.use((api) => api.createTemporaryKey({ type: "rt", ttl: Duration.minutes(1) }))
  },
  {
    name: "revokeKey",
    route: "DELETE /v1/api-keys/:apikey_id",
    tries: 1,
    program: ManagementApi.use((api) => api.revokeKey("abcdefghij"))
  }
] as const

type Call = (typeof calls)[number]

/** The call's reason where every try meets this fault. */
const failed = Effect.fnUntraced(function* ({ program, route }: Call, fault: Fault) {
  const { emulator, run } = workspace()
  emulator.faults.add(route, fault, Infinity)
  const reason = yield* skippingWaits(reasonOf(run(program)))
  return { reason, tries: emulator.log.length }
})

describe("reads are retried; calls that create or revoke are not", () => {
  for (const fault of [{ reset: true }, { status: 503 }, { status: 500 }, { cut: 3 }] as const) {
    it.live.each(calls)(`$name meets ${JSON.stringify(fault)}`, (call) =>
      Effect.gen(function* () {
        const { reason, tries } = yield* failed(call, fault)
        assert.isTrue(reason.isRetryable)
        assert.strictEqual(tries, call.tries)
      })
    )
  }
})

describe("a refusal has its reason", () => {
  const refusals: ReadonlyArray<readonly [status: number, tag: Reason["_tag"]]> = [
    [400, "InvalidRequestError"],
    [401, "AuthenticationError"],
    [403, "PermissionError"],
    [404, "InvalidRequestError"],
    [410, "InvalidRequestError"],
    [429, "RateLimitError"],
    [500, "UnavailableError"]
  ]
  for (const [status, tag] of refusals) {
    it.live.each(calls)(`$name answered with ${status} is a ${tag}`, (call) =>
      Effect.gen(function* () {
        const { reason } = yield* failed(call, { status, body: { code: status, error: "No", detail: "because" } })
        assert.strictEqual(reason._tag, tag)
        assert.deepInclude({ ...reason }, { status, code: String(status) })
        assert.match(reason.detail ?? "", /^No: because/)
      })
    )
  }

  it.live("an API key in place of the token is a PermissionError, as the vendor answers 403", () =>
    Effect.gen(function* () {
      const reason = yield* reasonOf(workspace({}, "an-api-key").run(ManagementApi.use((api) => api.listKeys())))
      assert.strictEqual(reason._tag, "PermissionError")
    })
  )

  it.live("a token that is refused with 401 has advice", () =>
    Effect.gen(function* () {
      const { run } = workspace({ wrongKeyStatus: 401 }, "an-api-key")
      const reason = yield* reasonOf(run(ManagementApi.use((api) => api.listKeys())))
      assert.strictEqual(reason._tag, "AuthenticationError")
      assert.match(reason.detail ?? "", /^Permission Denied — a management token is wanted here/)
    })
  )

  it.live("a full project is reported", () =>
    Effect.gen(function* () {
      const { run } = workspace({ maxKeys: 1 })
      const reason = yield* reasonOf(run(ManagementApi.use((api) => api.createPermanentKey({ name: "second" }))))
      assert.strictEqual(reason.status, 403)
      assert.match(reason.detail ?? "", /maximum number of api keys/)
    })
  )

  it.live("a field that the vendor refuses has the name that the caller gave it", () =>
    Effect.gen(function* () {
      for (const [message, field] of [
        ["client_ref in body is required", "clientRef"],
        ["project_id in body is required", "projectId"],
        ["project_id in query must be of type int64", "projectId"],
        ["type in query should be one of [batch rt tts]", "type"],
        ["ttl in body should be less than or equal to 3600", "ttl"]
      ] as const) {
        const { reason } = yield* failed(calls[3], { status: 422, body: { code: 606, message } })
        assert.instanceOf(reason, InvalidRequestError)
        assert.deepStrictEqual(
          reason.issues.map((issue) => issue.field),
          [field]
        )
      }
    })
  )
})

describe("an answer that cannot be read", () => {
  it.live.each([
    ["listProjects", 2_097_152, "array"],
    ["listProjects", 2_097_153, "over 2097152 bytes"],
    ["listKeys", 2_097_153, "over 2097152 bytes"],
    ["createPermanentKey", 65_537, "over 65536 bytes"],
    ["createTemporaryKey", 65_537, "over 65536 bytes"],
    ["revokeKey", 65_537, "over 65536 bytes"]
  ] as const)("%s of %i bytes", ([name, fill, detail]) =>
    Effect.gen(function* () {
      for (const call of calls.filter((one) => one.name === name)) {
        const { reason, tries } = yield* failed(call, { fill })
        assert.strictEqual(reason._tag, "InvalidResponseError")
        assert.include(reason.detail, detail)
        assert.strictEqual(tries, 1)
      }
    })
  )
})

describe("an error holds neither the token nor a key", () => {
  it.live.each(calls)("$name", ({ program, route }) =>
    Effect.gen(function* () {
      const { emulator, run } = workspace()
      const { apiKey, managementToken } = emulator
      for (const fault of [
        { status: 400, body: { code: 400, message: `no ${managementToken}`, error: managementToken } },
        { status: 422, body: { code: 601, message: `ttl in body must not be ${managementToken}` } },
        { status: 500, body: `no ${managementToken}`, headers: { "x-request-id": managementToken } },
        { status: 201, body: { apikey_id: 7, key_value: [apiKey], id: apiKey } },
        { reset: true }
      ] as const) {
        emulator.faults.clear()
        emulator.faults.add(route, fault, Infinity)
        const result = yield* Effect.result(run(program))
        const printed = [
          Formatter.format(result),
          Formatter.formatJson(result),
          inspect(result, { depth: Infinity, showHidden: true })
        ].join()
        assert.notInclude(printed, managementToken)
        assert.notInclude(printed, apiKey)
      }
    })
  )

  it.live("nor does what was created show its key", () =>
    Effect.gen(function* () {
      const { run } = workspace()
      const created = yield* run(ManagementApi.use((api) => api.createPermanentKey({ name: "backend" })))
      for (const printed of [
        Formatter.format(created),
        JSON.stringify(created),
        inspect(created, { showHidden: true })
      ]) {
        assert.include(printed, "<redacted>")
        assert.notInclude(printed, Redacted.value(created.key))
      }
    })
  )
})
