/** A line on stderr that says what is being waited for: only at a terminal, and only once it takes longer than half a second. */
import * as Effect from "effect/Effect"
import { paintNote } from "./Printing.ts"
import { ProcessIO } from "./ProcessIO.ts"

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]

const line = (text: string): Effect.Effect<void> =>
  ProcessIO.useSync(({ stderr }) => {
    stderr.write(`\r\u001B[K${text}`)
  })

const turn = Effect.fnUntraced(function* (text: string) {
  const paint = yield* paintNote
  for (let frame = 0; ; frame = (frame + 1) % frames.length) {
    yield* line(`${paint("cyan", frames[frame] ?? "")} ${text} …`)
    yield* Effect.sleep("100 millis")
  }
})

/** Ends only by being interrupted. */
const spin = Effect.fnUntraced(function* (text: string) {
  yield* Effect.sleep("500 millis")
  return yield* Effect.ensuring(turn(text), line(""))
})

/** Shows that something is under way while it is. */
export const during =
  (text: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    ProcessIO.use(({ env, stderr }) =>
      stderr.isTTY === true && env["TERM"] !== "dumb" ? Effect.raceFirst(effect, spin(text)) : effect
    )
