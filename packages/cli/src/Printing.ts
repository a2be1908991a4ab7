/** What goes where: results to stdout, everything else to stderr; colour where the stream is a terminal that wants it. */
import * as Effect from "effect/Effect"
import { styleText } from "node:util"
import { type Output, ProcessIO } from "./ProcessIO.ts"

/** Waits until it is written, as the process may exit right after. */
const write = (stream: Output, text: string): Effect.Effect<void> =>
  Effect.callback((resume) => {
    stream.write(text, () => resume(Effect.void))
  })

/** Prints a result. */
export const result = (text: string): Effect.Effect<void> => ProcessIO.use(({ stdout }) => write(stdout, `${text}\n`))

/** Prints a result for machines, as one line of JSON. */
export const json = (value: unknown): Effect.Effect<void> => result(JSON.stringify(value))

/** Tells the person something that is no result. */
export const note = (text: string): Effect.Effect<void> => ProcessIO.use(({ stderr }) => write(stderr, `${text}\n`))

/** Colours a text, or leaves it as it is. */
export type Paint = (format: Parameters<typeof styleText>[0], text: string) => string

/** Tells whether a stream is coloured: a terminal that can, and `NO_COLOR` is not set. */
export const isColoured = (stream: Output): boolean => stream.isTTY === true && stream.hasColors?.() === true

const paintOn = (stream: Output): Paint =>
  isColoured(stream) ? (format, text) => styleText(format, text, { validateStream: false }) : (_, text) => text

/** Gives what colours parts of a result. */
export const paint: Effect.Effect<Paint> = ProcessIO.useSync(({ stdout }) => paintOn(stdout))

/** Gives what colours parts of a note. */
export const paintNote: Effect.Effect<Paint> = ProcessIO.useSync(({ stderr }) => paintOn(stderr))

/** Gives how many characters of a result fit beside each other; without end where it is no terminal's, or one that does not say. */
export const width: Effect.Effect<number> = ProcessIO.useSync(({ stdout }) =>
  stdout.isTTY === true ? stdout.columns || Infinity : Infinity
)

/** Tells whether a person can be asked: reads at a terminal, and is not cut off from it. */
export const canAsk: Effect.Effect<boolean> = ProcessIO.useSync(
  ({ stderr, stdin }) => stdin.isTTY === true && stderr.isTTY === true
)

/** A text of somebody else's, without what could move a terminal's cursor or forge a line. */
export const plain = (text: string): string => text.replaceAll(/\p{C}/gu, " ")
