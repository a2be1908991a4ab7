/** The clauses on adapters that sign credentials. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { unknownKey, variables } from "./Checks.ts"
import { printed, watch } from "./Failure.ts"
import type { Clause } from "./Trial.ts"

/** The clauses on signatures. */
export const clauses: ReadonlyArray<Clause> = [
  {
    name: "a mint makes no call",
    of: "signatures",
    check: Effect.fnUntraced(function* (_, trial) {
      const { mint, requests } = trial()
      yield* mint()
      assert.strictEqual(requests.length, 0)
    })
  },
  {
    name: "another key signs another credential at the same time",
    of: "signatures",
    check: Effect.fnUntraced(function* (examined, trial) {
      yield* TestClock.setTime(Date.now())
      const { token } = yield* trial().mint()
      for (const name of variables(examined, "key")) {
        const other = yield* trial({ env: { [name]: unknownKey } }).mint()
        assert.notStrictEqual(Redacted.value(other.token), Redacted.value(token), name)
      }
    }, Effect.provide(TestClock.layer()))
  },
  {
    name: "neither key nor token appears in a credential or a span, and the token does not contain the key",
    of: "signatures",
    check: Effect.fnUntraced(function* ({ adapter }, trial) {
      const { seen, watched } = watch()
      const { emulator, mint } = trial()
      const credential = yield* watched(mint())
      const text = [printed(credential), ...seen()].join("\n")
      assert.include(text, `${adapter.id}.mint`)
      const token = Redacted.value(credential.token)
      for (const secret of [emulator.apiKey, token]) assert.notInclude(text, secret)
      assert.notInclude(token, emulator.apiKey)
    })
  }
]
