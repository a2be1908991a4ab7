/** Environment variables, streams and the stop signal of the process. */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import process from "node:process"

/** An output stream, with the properties of a terminal if it is one. */
export type Output = NodeJS.WritableStream & {
  readonly isTTY?: boolean | undefined
  readonly hasColors?: (() => boolean) | undefined
  readonly columns?: number | undefined
}

/** Environment variables and streams. */
export interface ProcessIO {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined }
  readonly stdout: Output
  readonly stderr: Output
}

/** The environment variables and streams of a run. The default is this process; tests provide others. */
export const ProcessIO: Context.Reference<ProcessIO> = Context.Reference<ProcessIO>("tempcred/ProcessIO", {
  defaultValue: () => process
})

/** Handles SIGTERM as a graceful shutdown with exit code 0. Returns an effect that waits for it. */
export const stopSignal: Effect.Effect<Effect.Effect<void>, never, Scope.Scope> = Effect.suspend(() => {
  const stopped = Deferred.makeUnsafe<void>()
  const received = () => Deferred.doneUnsafe(stopped, Effect.void)
  return Effect.acquireRelease(
    Effect.sync(() => process.once("SIGTERM", received)),
    () => Effect.sync(() => process.off("SIGTERM", received))
  ).pipe(Effect.as(Deferred.await(stopped)))
})
