/** All clauses of the contract, in the order of a mint. */
import * as Answer from "./Answer.ts"
import * as Configuration from "./Configuration.ts"
import * as Failure from "./Failure.ts"
import * as Request from "./Request.ts"
import * as Signature from "./Signature.ts"
import type { Clause } from "./Trial.ts"

/** The clauses on configuration, requests, responses, failures and signatures. */
export const clauses: ReadonlyArray<Clause> = [
  ...Configuration.clauses,
  ...Request.clauses,
  ...Answer.clauses,
  ...Failure.clauses,
  ...Signature.clauses
]
