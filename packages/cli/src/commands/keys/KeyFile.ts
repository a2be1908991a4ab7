/** A file for a key that is told only once. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import { type FileHandle, open as openFile, rm } from "node:fs/promises"
import { Failure, usage } from "../../Failure.ts"

/** An open file that holds nothing yet. */
export interface KeyFile {
  /** Writes the key, whose id is told where that fails. */
  readonly write: (key: string, id: string) => Effect.Effect<void, Failure>
}

const codeOf = (cause: unknown): string => (Predicate.hasProperty(cause, "code") ? String(cause.code) : "unknown")

/** Makes a new file that only its owner can read, before there is a key; it is removed again where no key came. */
export const open = (path: string): Effect.Effect<KeyFile, Failure, Scope.Scope> => {
  let written = false
  const write = (file: FileHandle) => (key: string, id: string) =>
    Effect.tryPromise({
      try: async () => {
        await file.writeFile(`${key}\n`)
        written = true
      },
      catch: (cause) =>
        new Failure({
          fault: "configuration",
          summary: `key ${id} was created, and ${path} cannot be written (${codeOf(cause)})`,
          advice: `Revoke it: tempcred keys revoke ${id}`
        })
    })
  const close = async (file: FileHandle) => {
    await file.close()
    if (!written) await rm(path, { force: true })
  }
  return Effect.acquireRelease(
    Effect.tryPromise({
      try: () => openFile(path, "wx", 0o600),
      catch: (cause) =>
        usage(
          codeOf(cause) === "EEXIST" ? `${path} is there already` : `${path} cannot be made (${codeOf(cause)})`,
          "Name a new file with --key-file; nothing was created."
        )
    }),
    (file) => Effect.promise(() => close(file))
  ).pipe(Effect.map((file) => ({ write: write(file) })))
}
