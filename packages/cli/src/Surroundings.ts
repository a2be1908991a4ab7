/**
 * What the program has of the process that it runs in: its variables and its streams. Whoever runs a command elsewhere gives others.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import process from "node:process"

/**
 * A stream that is written to; a terminal says so, whether it shows colours, and how wide it is.
 *
 * @category models
 * @since 0.1.0
 */
export type Output = NodeJS.WritableStream & {
  readonly isTTY?: boolean | undefined
  readonly hasColors?: (() => boolean) | undefined
  readonly columns?: number | undefined
}

/**
 * Variables and streams.
 *
 * @category models
 * @since 0.1.0
 */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined }
  readonly stdout: Output
  readonly stderr: Output
}

/**
 * The surroundings at hand, which are the process's own unless others are given.
 *
 * @category references
 * @since 0.1.0
 */
export const Surroundings: Context.Reference<Surroundings> = Context.Reference<Surroundings>("tempcred/Surroundings", {
  defaultValue: () => process
})
