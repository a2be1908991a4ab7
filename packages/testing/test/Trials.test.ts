/** What the vendors' own tests stand on fails where it has to. */
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

/** Whether a check fails by an assertion, and not by accident. */
const failsToHold = (checking: Effect.Effect<unknown, unknown>) =>
  Effect.map(Effect.exit(checking), (exit) => {
    if (Exit.isSuccess(exit)) return assert.fail("it holds")
    assert.instanceOf(Cause.squash(exit.cause), chai.AssertionError, Cause.pretty(exit.cause))
  })

const call = "POST https://api.acme.example/tokens"

describe("an adapter on trial", () => {
  it.effect("has the vendor's options where a trial changes none, and stands at noon", () =>
    Effect.gen(function* () {
      const { emulator, mint } = withOptions()
      yield* mint({ ttl: "2 minutes" })
      const body = { purpose: "stt.realtime", ttl: 120, once: false, end: 3600 }
      assert.deepStrictEqual(Harness.arrived(emulator.log), [{ call, key: `Bearer ${key}`, body }])
      assert.strictEqual(emulator.log[0]?.at, Harness.noon)
    })
  )

  it.effect("has the options of its trial, and the emulator has its own", () =>
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

  it.effect("gets the answers of its trial, whichever host it asks", () =>
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

it("a request without a body, and with a key of another header, arrived as such", () => {
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
    ["where a mint that must fail mints", Harness.reasonOf(withOptions().mint())],
    ["where it fails for no reason of a vendor's", Harness.reasonOf(withOptions({ baseUrl: "x" }).mint())],
    ["where a vendor serves what it should lack", Harness.lacks(withOptions(), {}, "purpose", /./)],
    ["where it lacks something else", Harness.lacks(withOptions(), { purpose: "agent" }, "region", /./)],
    ["where it says so in other words", Harness.lacks(withOptions(), { purpose: "agent" }, "purpose", /^served/)],
    ["where a request is refused for something else", Harness.lacks(withOptions(), { subject: "" }, "subject", /./)],
    ["where a configuration can be used", Harness.misconfigured(withOptions())],
    ["where the vendor hears of what it lacks", Harness.lacks(heard(usual), { purpose: "agent" }, "purpose", /./)],
    ["where the vendor hears of a configuration", Harness.misconfigured(heard(withOptions({ baseUrl: "x" })))],
    ["where the key is only wrong", Harness.misconfigured(withOptions({ apiKey: Redacted.make("another") }))],
    ["where the request is at fault", Harness.misconfigured({ ...usual, mint: () => usual.mint({ subject: "" }) })]
  ]
  it.effect.each(checks)("%s", ([, checking]) => failsToHold(checking))
})
