/** The clauses on environment variables. */
import { assert } from "@effect/vitest"
import { ConfigurationError } from "@tempcred/core/ConfigurationError"
import * as Effect from "effect/Effect"
import * as Formatter from "effect/Formatter"
import type { Clause, Trial } from "./Trial.ts"
import { failure, variables } from "./Checks.ts"

const misconfigured = Effect.fnUntraced(function* ({ mint, requests }: Trial, name: string, value = "") {
  const error = yield* failure(mint())
  assert.instanceOf(error, ConfigurationError)
  assert.include(error.message, name)
  if (value !== "") assert.notInclude(`${error.message}${Formatter.formatJson(error)}`, value)
  assert.strictEqual(requests.length, 0)
})

/** The clauses on configuration. */
export const clauses: ReadonlyArray<Clause> = [
  {
    name: "a missing or malformed key fails with its variable's name, before any call",
    check: Effect.fnUntraced(function* (examined, trial) {
      const names = variables(examined, "key")
      assert.isAbove(names.length, 0)
      for (const name of names) {
        yield* misconfigured(trial({ env: { [name]: undefined } }), name)
        yield* misconfigured(trial({ env: { [name]: "first\nsecret" } }), name, "secret")
      }
    })
  },
  {
    name: "a URL without encryption fails with its variable's name, before any call",
    check: Effect.fnUntraced(function* (examined, trial) {
      for (const name of variables(examined, "url")) {
        for (const scheme of ["http", "ws"]) {
          yield* misconfigured(trial({ env: { [name]: `${scheme}://vendor.example/` } }), name, "vendor.example")
        }
      }
    })
  },
  {
    name: "only the configured address is called",
    of: "calls",
    check: Effect.fnUntraced(function* (_, trial) {
      const { mint, origin, requests } = trial()
      yield* mint()
      assert.deepStrictEqual([...new Set(requests.map(({ url }) => new URL(url).origin))], [origin])
    })
  }
]
