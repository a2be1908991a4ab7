import { it } from "@effect/vitest"
import { trial } from "@tempcred/testing/Contract"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { clauses } from "../src/Clauses.ts"
import * as Acme from "./acme.ts"
import { broken } from "./broken.ts"
it.live(
  "m",
  () =>
    Effect.forEach(
      Object.entries(broken),
      ([name, adapter]) =>
        Effect.gen(function* () {
          const subject = { ...Acme.subject, adapter }
          const also: Array<string> = []
          for (const c of clauses) {
            const e = yield* Effect.exit(c.check(subject, (x) => trial(subject, x)))
            if (Exit.isFailure(e) && c.name !== name) also.push(c.name)
            if (Exit.isSuccess(e) && c.name === name) also.push("!!!! SELF PASSES")
          }
          if (also.length) console.log(name, "ALSO:", also)
        }),
      { concurrency: 8 }
    ),
  120000
)
