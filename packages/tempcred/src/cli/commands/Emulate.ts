/** `tempcred emulate`: runs emulated vendors on local ports. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Emulators from "../Emulators.ts"
import type { Failure } from "../Failure.ts"
import * as Printing from "../Printing.ts"
import { stopSignal } from "../ProcessIO.ts"
import { names } from "../Vendors.ts"

/** The arguments and flags of the command. */
export interface Options {
  /** The vendors; all if empty. */
  readonly vendors: ReadonlyArray<string>
  /** The port of the first vendor; the others use the following ports. */
  readonly port: number
  readonly json: boolean
}

const exports = ({ env, origin, vendor }: Emulators.Running): string =>
  [`# ${vendor} at ${origin}`, ...Object.entries(env).map(([name, value]) => `export ${name}='${value}'`)].join("\n")

/** Runs the emulators and prints the variables that configure the library to use them, until it is stopped. */
export const run = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<void, Failure, Scope.Scope> {
  const stopped = yield* stopSignal
  const running = yield* Emulators.serve(options.vendors.length === 0 ? names : options.vendors, options.port)
  for (const one of running) yield* options.json ? Printing.json(one) : Printing.result(exports(one))
  yield* Printing.note("Ready. Press Ctrl-C to stop.")
  yield* stopped
})
