/**
 * What goes where: results to stdout, everything else to stderr; colour where the stream is a terminal that wants it.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import process from "node:process"
import { styleText } from "node:util"

type Format = Parameters<typeof styleText>[0]

/** Waits until it is written, as the process may exit right after. */
const write = (stream: NodeJS.WriteStream, text: string): Effect.Effect<void> =>
  Effect.callback((resume) => {
    stream.write(text, () => resume(Effect.void))
  })

/**
 * Prints a result.
 *
 * @category printing
 * @since 0.1.0
 */
export const result = (text: string): Effect.Effect<void> => write(process.stdout, `${text}\n`)

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
export const note = (text: string): Effect.Effect<void> => write(process.stderr, `${text}\n`)

/**
 * Whether results are coloured: stdout is a terminal that can, and `NO_COLOR` is not set.
 *
 * @category printing
 * @since 0.1.0
 */
export const isColoured = (): boolean => hasColours(process.stdout)

/**
 * Whether notes are coloured, as for results, by stderr.
 *
 * @category printing
 * @since 0.1.0
 */
export const isNoteColoured = (): boolean => hasColours(process.stderr)

const hasColours = (stream: NodeJS.WriteStream): boolean => stream.isTTY && stream.hasColors()

/**
 * Colours a part of a result, where results are coloured.
 *
 * @category printing
 * @since 0.1.0
 */
export const painted = (format: Format, text: string): string => (isColoured() ? paint(format, text) : text)

/**
 * Colours a part of a note, where notes are coloured.
 *
 * @category printing
 * @since 0.1.0
 */
export const paintedNote = (format: Format, text: string): string => (isNoteColoured() ? paint(format, text) : text)

const paint = (format: Format, text: string): string => styleText(format, text, { validateStream: false })

/**
 * Whether a person can be asked: reads at a terminal, and is not cut off from it.
 *
 * @category printing
 * @since 0.1.0
 */
export const canAsk = (): boolean => process.stdin.isTTY && process.stderr.isTTY

/**
 * A text of somebody else's, without what could move a terminal's cursor or forge a line.
 *
 * @category printing
 * @since 0.1.0
 */
export const plain = (text: string): string => text.replaceAll(/\p{C}/gu, " ")
