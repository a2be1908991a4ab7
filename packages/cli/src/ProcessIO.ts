/** What the program has of the process that it runs in: its variables and its streams. Whoever runs a command elsewhere gives others. */
import * as Context from "effect/Context"
import process from "node:process"

/** A stream that is written to; a terminal says so, whether it shows colours, and how wide it is. */
export type Output = NodeJS.WritableStream & {
  readonly isTTY?: boolean | undefined
  readonly hasColors?: (() => boolean) | undefined
  readonly columns?: number | undefined
}

/** Variables and streams. */
export interface ProcessIO {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined }
  readonly stdout: Output
  readonly stderr: Output
}

/** The processIO at hand, which are the process's own unless others are given. */
export const ProcessIO: Context.Reference<ProcessIO> = Context.Reference<ProcessIO>("tempcred/ProcessIO", {
  defaultValue: () => process
})
