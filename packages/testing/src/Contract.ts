/**
 * The contract of all adapters: one call in a test file makes one test of each clause. The adapter's own environment
 * variables point it at an emulator, which has the faults that vendors have.
 *
 * ```ts
 * import * as Emulator from "@tempcred/emulator/Soniox"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 * import { contract } from "@tempcred/testing/Contract"
 *
 * contract("soniox", {
 *   adapter: Soniox.adapter,
 *   emulator: Emulator.make,
 *   mintRoute: Emulator.mintRoute,
 *   request: { purpose: "stt.realtime" }
 * })
 * ```
 *
 * @since 0.1.0
 */

import { describe, it } from "@effect/vitest"
import { clauses } from "./contract/Clauses.ts"
import { concerns, type Subject, trial } from "./contract/Trial.ts"

export { type Changes, type Clause, type Subject, type Trial, trial } from "./contract/Trial.ts"

/**
 * Registers one test for each clause that concerns the adapter.
 *
 * @category testing
 * @since 0.1.0
 */
export const contract = (name: string, subject: Subject): void => {
  describe(`contract: ${name}`, () => {
    for (const clause of clauses.filter((one) => concerns(one, subject))) {
      it.live(clause.name, () => clause.check(subject, (changes) => trial(subject, changes)))
    }
  })
}
