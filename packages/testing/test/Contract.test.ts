/** Every clause can fail, and a good adapter passes them all. */
import { assert, describe, it } from "@effect/vitest"
import { TempCredentialError } from "@tempcred/core/TempCredentialError"
import { type Clause, contract, type Subject, trial } from "@tempcred/testing/Contract"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { chai } from "vitest"
import { clauses } from "../src/contract/Clauses.ts"
import { concerns } from "../src/contract/Trial.ts"
import * as Acme from "./acme.ts"
import { broken } from "./broken.ts"
import * as Signer from "./signer.ts"

contract("a tiny vendor", Acme.subject)

contract("a tiny vendor whose credentials are signed", Signer.subject)

const kinds: ReadonlyArray<
  readonly [kind: string, subject: Subject, broken: Readonly<Record<string, Subject["adapter"]>>]
> = [
  ["calls its vendor", Acme.subject, broken],
  ["signs", Signer.subject, Signer.broken]
]

describe.each(kinds)("an adapter that %s, and breaks one clause", (kind, subject, adapters) => {
  const concerning = clauses.filter((clause) => concerns(clause, subject))

  it("is kept for every clause", () => {
    const expected = kind === "signs" ? concerning.filter(({ of }) => of === "signatures") : concerning
    assert.deepStrictEqual(
      Object.keys(adapters),
      expected.map(({ name }) => name)
    )
  })

  const rows = concerning.flatMap((clause): ReadonlyArray<readonly [string, Clause, Subject["adapter"]]> => {
    const adapter = adapters[clause.name]
    return adapter === undefined ? [] : [[clause.name, clause, adapter]]
  })

  it.live.each(rows)("is found out: %s", ([, { check }, adapter]) =>
    Effect.gen(function* () {
      const changed = { ...subject, adapter }
      const exit = yield* Effect.exit(check(changed, (changes) => trial(changed, changes)))
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
