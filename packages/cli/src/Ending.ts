/** How a run ended: what is told of it, and the exit code. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Runtime from "effect/Runtime"
import { debuglog } from "node:util"
import { exitCodes } from "./ExitCode.ts"
import { Failure } from "./Failure.ts"
import * as Printing from "./Printing.ts"

const debug = debuglog("tempcred")

/** Tells what went wrong in two lines; the details of a defect may hold anything, and are shown to who asks for them. */
export const report = Effect.fnUntraced(function* (cause: Cause.Cause<unknown>): Effect.fn.Return<void> {
  const error = Cause.squash(cause)
  if (Cause.hasInterruptsOnly(cause) || Runtime.getErrorExitCode(error) === exitCodes.done) return
  const paint = yield* Printing.paintNote
  const tell = (summary: string, advice: string) => Printing.note(`${paint("red", "tempcred:")} ${summary}\n${advice}`)
  if (error instanceof Failure) return yield* tell(error.summary, error.advice)
  if (!Cause.hasDies(cause)) return
  debug("%s", Cause.pretty(cause))
  const name = error instanceof Error ? error.name : "unknown"
  return yield* tell(`a defect of this program (${name})`, "NODE_DEBUG=tempcred shows its details.")
})

/** Gives the exit code of a run. */
export const codeOf = <E, A>(exit: Exit.Exit<A, E>): number => {
  if (Exit.isSuccess(exit)) return exitCodes.done
  if (Cause.hasInterruptsOnly(exit.cause)) return exitCodes.interrupted
  const error = Cause.squash(exit.cause)
  if (error instanceof Failure) return Runtime.getErrorExitCode(error)
  return Cause.hasDies(exit.cause) ? exitCodes.defect : exitCodes.usage
}
