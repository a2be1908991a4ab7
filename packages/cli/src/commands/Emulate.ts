/** `tempcred emulate`: emulated vendors on ports, until it is stopped. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Emulators from "../Emulators.ts"
import type { Failure } from "../Failure.ts"
import * as Printing from "../Printing.ts"
import { orderly } from "../Termination.ts"
import { names } from "../Vendors.ts"

/** What is asked on the command line. */
export interface Options {
  /** None for all. */
  readonly vendors: ReadonlyArray<string>
  /** Of the first; the others have those after it. */
  readonly port: number
  readonly json: boolean
}

const exports = ({ env, origin, vendor }: Emulators.Served): string =>
  [`# ${vendor} at ${origin}`, ...Object.entries(env).map(([name, value]) => `export ${name}='${value}'`)].join("\n")

/** Serves the emulators, prints the variables that point the library at them, and stays. */
export const run = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<void, Failure, Scope.Scope> {
  const terminated = yield* orderly
  const served = yield* Emulators.serve(options.vendors.length === 0 ? names : options.vendors, options.port)
  for (const one of served) yield* options.json ? Printing.json(one) : Printing.result(exports(one))
  yield* Printing.note("Ready. Stop with Ctrl-C.")
  yield* terminated
})
