/** All clauses of the contract, in the order of a mint's life. */
import * as Answer from "./clauses/Answer.ts"
import * as Configuration from "./clauses/Configuration.ts"
import * as Failure from "./clauses/Failure.ts"
import * as Request from "./clauses/Request.ts"
import type { Clause } from "./Contract.ts"

/** Every clause: configuration, request, answer, failure. */
export const clauses: ReadonlyArray<Clause> = [
  ...Configuration.clauses,
  ...Request.clauses,
  ...Answer.clauses,
  ...Failure.clauses
]
