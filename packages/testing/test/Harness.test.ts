/** The harness of the vendors' own tests fails when it must. */
import { assert, describe, it } from "@effect/vitest"
import type { Options } from "@tempcred/emulator/Emulator"
import type { Trial } from "@tempcred/testing/Contract"
import * as Harness from "@tempcred/testing/Harness"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import { chai } from "vitest"
import * as Acme from "./acme.ts"

const key = "key-of-acme"

const { withEnv, withOptions } = Harness.make({
  ...Acme.subject,
  layer: Acme.adapter().layer,
  options: { apiKey: Redacted.make(key), baseUrl: "https://api.acme.example" },
  emulator: (clock, options?: Options) => Acme.subject.emulator({ apiKey: key, clock, ...options })
})

/** Checks that a check fails by an assertion. */
const failsToHold = (checking: Effect.Effect<unknown, unknown>) =>
  Effect.map(Effect.exit(checking), (exit) => {
    if (Exit.isSuccess(exit)) return assert.fail("it holds")
    assert.instanceOf(Cause.squash(exit.cause), chai.AssertionError, Cause.pretty(exit.cause))
  })

const call = "POST https://api.acme.example/tokens"

describe("an adapter on trial", () => {
  it.effect("has the vendor's options by default, and a clock fixed at noon", () =>
    Effect.gen(function* () {
      const { emulator, mint } = withOptions()
      yield* mint({ ttl: "2 minutes" })
      const body = { purpose: "stt.realtime", ttl: 120, once: false, end: 3600 }
      assert.deepStrictEqual(Harness.arrived(emulator.log), [{ call, key: `Bearer ${key}`, body }])
      assert.strictEqual(emulator.log[0]?.at, Harness.noon)
    })
  )

  it.effect("has the options of its trial, and so has the emulator", () =>
    Effect.gen(function* () {
      const apiKey = Redacted.make("another")
      assert.strictEqual((yield* Harness.reasonOf(withOptions({ apiKey }).mint()))._tag, "AuthenticationError")
      yield* withOptions({ apiKey }, { emulator: { apiKey: "another" } }).mint()
      const { message } = yield* Harness.misconfigured(withOptions({ baseUrl: "http://api.acme.example" }))
      assert.match(message, /^ACME_BASE_URL \(baseUrl\) must begin with https/)
    })
  )

  it.effect("has the variables that point at the emulator, changed and unset", () =>
    Effect.gen(function* () {
      const { emulator, mint, origin } = withEnv({})
      yield* mint()
      assert.strictEqual(Harness.arrived(emulator.log)[0]?.call, `POST ${origin}/tokens`)
      const unset = withEnv({ ACME_BASE_URL: undefined })
      yield* unset.mint()
      assert.strictEqual(Harness.arrived(unset.emulator.log)[0]?.call, call)
      assert.match((yield* Harness.misconfigured(withEnv({ ACME_API_KEY: "two words" }))).message, /^ACME_API_KEY /)
    })
  )

  it.effect("gets the responses of its trial, on any host", () =>
    Effect.gen(function* () {
      const body = { token: "t", expires_at: "2999-01-01T00:00:00Z" }
      const baseUrl = "https://elsewhere.example"
      const { token } = yield* withOptions({ baseUrl }, Harness.answering(body)).mint()
      assert.strictEqual(Redacted.value(token), "t")
      const refused = withOptions({ baseUrl }, Harness.answering({ code: "c", message: "m" }, 403))
      assert.deepInclude(yield* Harness.reasonOf(refused.mint()), { _tag: "PermissionError", status: 403, detail: "m" })
    })
  )
})

it("a request without a body, and with another key header, is listed as such", () => {
  const entry = {
    at: 0,
    route: "",
    method: "GET",
    url: "https://a/",
    headers: { "x-key": "k" },
    region: "",
    status: 200
  }
  assert.deepStrictEqual(Harness.arrived([{ ...entry, body: "" }], "x-key"), [
    { call: "GET https://a/", key: "k", body: undefined }
  ])
  assert.isUndefined(Harness.arrived([{ ...entry, body: "" }])[0]?.key)
})

describe("a check fails", () => {
  const usual = withOptions()
  const heard = (trial: Trial): Trial => ({ ...trial, requests: [new Request("https://api.acme.example/tokens")] })
  const checks: ReadonlyArray<readonly [name: string, checking: Effect.Effect<unknown>]> = [
    ["if a mint that must fail succeeds", Harness.reasonOf(withOptions().mint())],
    ["if it fails without a vendor's reason", Harness.reasonOf(withOptions({ baseUrl: "x" }).mint())],
    ["if a vendor serves an unsupported feature", Harness.lacks(withOptions(), {}, "purpose", /./)],
    ["if another feature is unsupported", Harness.lacks(withOptions(), { purpose: "agent" }, "region", /./)],
    ["if the detail differs", Harness.lacks(withOptions(), { purpose: "agent" }, "purpose", /^served/)],
    ["if a request fails for another reason", Harness.lacks(withOptions(), { subject: "" }, "subject", /./)],
    ["if a configuration is usable", Harness.misconfigured(withOptions())],
    ["if the unsupported request is sent", Harness.lacks(heard(usual), { purpose: "agent" }, "purpose", /./)],
    ["if a request is sent with the configuration", Harness.misconfigured(heard(withOptions({ baseUrl: "x" })))],
    ["if the key is only wrong", Harness.misconfigured(withOptions({ apiKey: Redacted.make("another") }))],
    ["if the request is invalid", Harness.misconfigured({ ...usual, mint: () => usual.mint({ subject: "" }) })]
  ]
  it.effect.each(checks)("%s", ([, checking]) => failsToHold(checking))
})
