/**
 * All clauses of the contract, in the order of a mint's life.
 *
 * @since 0.1.0
 */
import * as Answer from "./clauses/Answer.ts"
import * as Configuration from "./clauses/Configuration.ts"
import * as Failure from "./clauses/Failure.ts"
import * as Request from "./clauses/Request.ts"
import type { Clause } from "./Contract.ts"

/**
 * Every clause: configuration, request, answer, failure.
 *
 * @category constants
 * @since 0.1.0
 */
export const clauses: ReadonlyArray<Clause> = [
  ...Configuration.clauses,
  ...Request.clauses,
  ...Answer.clauses,
  ...Failure.clauses
]
