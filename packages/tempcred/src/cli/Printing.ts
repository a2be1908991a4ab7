/** Output: results to stdout, everything else to stderr. Colours and progress are for terminals only. */
import * as Effect from "effect/Effect"
import { createInterface } from "node:readline"
import { styleText } from "node:util"
import { type Output, ProcessIO } from "./ProcessIO.ts"

/** Waits for the write, because the process may exit right after it. */
const write = (stream: Output, text: string): Effect.Effect<void> =>
  Effect.callback((resume) => {
    stream.write(text, () => resume(Effect.void))
  })

/** Prints a result to stdout. */
export const result = (text: string): Effect.Effect<void> => ProcessIO.use(({ stdout }) => write(stdout, `${text}\n`))

/** Prints a result to stdout as one line of JSON. */
export const json = (value: unknown): Effect.Effect<void> => result(JSON.stringify(value))

/** Prints a message to stderr. */
export const note = (text: string): Effect.Effect<void> => ProcessIO.use(({ stderr }) => write(stderr, `${text}\n`))

/** A function that styles text, or returns it unchanged when the stream has no colours. */
export type Paint = (format: Parameters<typeof styleText>[0], text: string) => string

/** Tells whether a stream is a terminal with colours; `NO_COLOR` turns them off. */
export const hasColours = (stream: Output): boolean => stream.isTTY === true && stream.hasColors?.() === true

const paintOn = (stream: Output): Paint =>
  hasColours(stream) ? (format, text) => styleText(format, text, { validateStream: false }) : (_, text) => text

/** Styles parts of a result. */
export const paint: Effect.Effect<Paint> = ProcessIO.useSync(({ stdout }) => paintOn(stdout))

/** Styles parts of a message. */
export const paintNote: Effect.Effect<Paint> = ProcessIO.useSync(({ stderr }) => paintOn(stderr))

/** Tells the width of a terminal in columns; infinite for files, pipes and terminals of unknown width. */
export const widthOf = (stream: Output): number => (stream.isTTY === true ? stream.columns || Infinity : Infinity)

/** Tells the width of results in columns. */
export const width: Effect.Effect<number> = ProcessIO.useSync(({ stdout }) => widthOf(stdout))

/** Removes control characters from text of other origin, which could move the cursor or forge a line. */
export const plain = (text: string): string => text.replaceAll(/\p{C}/gu, " ")

/** Tells whether a person can answer a question at the terminal. */
export const canAsk: Effect.Effect<boolean> = ProcessIO.useSync(
  ({ stderr, stdin }) => stdin.isTTY === true && stderr.isTTY === true
)

/** Asks a question on stderr and reads the answer; empty at the end of input. */
export const ask = (question: string): Effect.Effect<string> =>
  Effect.acquireUseRelease(
    ProcessIO.useSync(({ stderr, stdin }) => createInterface({ input: stdin, output: stderr })),
    (lines) =>
      Effect.callback<string>((resume) => {
        lines.once("SIGINT", () => resume(Effect.interrupt))
        lines.once("close", () => resume(Effect.succeed("")))
        lines.question(question, (answer) => resume(Effect.succeed(answer)))
      }),
    (lines) => Effect.sync(() => lines.close())
  )

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]

const spinner = Effect.fnUntraced(function* (text: string) {
  const paintFrame = yield* paintNote
  const { stderr } = yield* ProcessIO
  const show = (line: string) => Effect.sync(() => stderr.write(`\r\u001B[K${line}`))
  let turn = 0
  const frame = Effect.suspend(() => show(`${paintFrame("cyan", frames[turn++ % frames.length] ?? "")} ${text} …`))
  const turning = Effect.forever(Effect.andThen(frame, Effect.sleep("100 millis")))
  return yield* Effect.delay(Effect.ensuring(turning, show("")), "500 millis")
})

/** Shows a spinner on stderr while an effect runs, after half a second and at a terminal only. */
export const during =
  (text: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    ProcessIO.use(({ env, stderr }) =>
      stderr.isTTY === true && env["TERM"] !== "dumb" ? Effect.raceFirst(effect, spinner(text)) : effect
    )
