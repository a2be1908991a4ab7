/** A question before what cannot be undone. */
import * as Effect from "effect/Effect"
import { createInterface } from "node:readline"
import { type Failure, usage } from "../../Failure.ts"
import * as Printing from "../../Printing.ts"
import { ProcessIO } from "../../ProcessIO.ts"

const ask = (question: string): Effect.Effect<string> =>
  Effect.acquireUseRelease(
    ProcessIO.useSync(({ stderr, stdin }) => createInterface({ input: stdin, output: stderr })),
    (lines) =>
      Effect.callback<string>((resume) => {
        lines.once("SIGINT", () => resume(Effect.interrupt))
        lines.once("close", () => resume(Effect.succeed("")))
        lines.question(`${question} [y/N] `, (answer) => resume(Effect.succeed(answer)))
      }),
    (lines) => Effect.sync(() => lines.close())
  )

/** Goes on where a person at a terminal says yes; where nobody can be asked, `--yes` is wanted. */
export const confirm = Effect.fnUntraced(function* (question: string): Effect.fn.Return<void, Failure> {
  if (!(yield* Printing.canAsk)) {
    return yield* usage("this cannot be undone, and there is no terminal to ask at: nothing was done", "Say --yes.")
  }
  const answer = yield* ask(question)
  if (!/^y(es)?$/i.test(answer.trim()))
    return yield* usage("not confirmed: nothing was done", "Answer y, or say --yes.")
})
