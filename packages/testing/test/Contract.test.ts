/** Every clause can fail, and a good adapter passes them all. */
import { assert, describe, it } from "@effect/vitest"
import { TempCredentialError } from "@tempcred/core/TempCredentialError"
import { contract, trial } from "@tempcred/testing/Contract"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { chai } from "vitest"
import { clauses } from "../src/Clauses.ts"
import * as Acme from "./acme.ts"
import { broken } from "./broken.ts"

contract("a tiny vendor", Acme.subject)

describe("an adapter that breaks one clause", () => {
  it("is kept for every clause", () => {
    assert.deepStrictEqual(
      Object.keys(broken),
      clauses.map(({ name }) => name)
    )
  })

  it.live.each(clauses)("is found out: $name", ({ check, name }) =>
    Effect.gen(function* () {
      const subject = { ...Acme.subject, adapter: broken[name] ?? assert.fail("no adapter is kept for this clause") }
      const exit = yield* Effect.exit(check(subject, (changes) => trial(subject, changes)))
      if (Exit.isSuccess(exit)) return assert.fail("the clause holds of an adapter that breaks it")
      // An assertion of the clause, or a mint that it wants to succeed; anything else would be an accident.
      const found = Cause.squash(exit.cause)
      assert.isTrue(
        found instanceof chai.AssertionError || found instanceof TempCredentialError,
        Cause.pretty(exit.cause)
      )
    })
  )
})
