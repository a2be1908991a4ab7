/**
 * What goes where: results to stdout, everything else to stderr; colour where the stream is a terminal that wants it.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { styleText } from "node:util"
import { type Output, Surroundings } from "./Surroundings.ts"

/** Waits until it is written, as the process may exit right after. */
const write = (stream: Output, text: string): Effect.Effect<void> =>
  Effect.callback((resume) => {
    stream.write(text, () => resume(Effect.void))
  })

/**
 * Prints a result.
 *
 * @category printing
 * @since 0.1.0
 */
export const result = (text: string): Effect.Effect<void> =>
  Surroundings.use(({ stdout }) => write(stdout, `${text}\n`))

/**
 * Prints a result for machines, as one line of JSON.
 *
 * @category printing
 * @since 0.1.0
 */
export const json = (value: unknown): Effect.Effect<void> => result(JSON.stringify(value))

/**
 * Tells the person something that is no result.
 *
 * @category printing
 * @since 0.1.0
 */
export const note = (text: string): Effect.Effect<void> => Surroundings.use(({ stderr }) => write(stderr, `${text}\n`))

/**
 * Colours a text, or leaves it as it is.
 *
 * @category models
 * @since 0.1.0
 */
export type Paint = (format: Parameters<typeof styleText>[0], text: string) => string

/**
 * Tells whether a stream is coloured: a terminal that can, and `NO_COLOR` is not set.
 *
 * @category printing
 * @since 0.1.0
 */
export const isColoured = (stream: Output): boolean => stream.isTTY === true && stream.hasColors?.() === true

const paintOn = (stream: Output): Paint =>
  isColoured(stream) ? (format, text) => styleText(format, text, { validateStream: false }) : (_, text) => text

/**
 * Gives what colours parts of a result.
 *
 * @category printing
 * @since 0.1.0
 */
export const paint: Effect.Effect<Paint> = Surroundings.useSync(({ stdout }) => paintOn(stdout))

/**
 * Gives what colours parts of a note.
 *
 * @category printing
 * @since 0.1.0
 */
export const paintNote: Effect.Effect<Paint> = Surroundings.useSync(({ stderr }) => paintOn(stderr))

/**
 * Gives how many characters of a result fit beside each other; without end where it is no terminal's, or one that does not say.
 *
 * @category printing
 * @since 0.1.0
 */
export const width: Effect.Effect<number> = Surroundings.useSync(({ stdout }) =>
  stdout.isTTY === true ? stdout.columns || Infinity : Infinity
)

/**
 * Tells whether a person can be asked: reads at a terminal, and is not cut off from it.
 *
 * @category printing
 * @since 0.1.0
 */
export const canAsk: Effect.Effect<boolean> = Surroundings.useSync(
  ({ stderr, stdin }) => stdin.isTTY === true && stderr.isTTY === true
)

/**
 * A text of somebody else's, without what could move a terminal's cursor or forge a line.
 *
 * @category printing
 * @since 0.1.0
 */
export const plain = (text: string): string => text.replaceAll(/\p{C}/gu, " ")
