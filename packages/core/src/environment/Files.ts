/**
 * Reads local files with Effect's `FileSystem` if the app provides one. Otherwise it uses `node:fs`,
 * which Node, Bun and Deno provide without an import, so that bundles for the edge contain no file
 * system.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"

/** The time limit of reading a file, because a network drive or a pipe must not block the start. */
const limit = "3 seconds"

/** A function that reads a whole file. It fails with a reason that is safe to show, such as `ENOENT`. */
export type ReadFile = (path: string) => Effect.Effect<string, string>

/** Returns `node:fs`, which browsers and most edge runtimes do not have. */
const builtin = (): unknown => {
  const host: unknown = Reflect.get(globalThis, "process")
  if (!Predicate.hasProperty(host, "getBuiltinModule") || !Predicate.isFunction(host.getBuiltinModule)) return undefined
  const module: unknown = Reflect.apply(host.getBuiltinModule, host, ["node:fs"])
  return Predicate.hasProperty(module, "promises") ? module.promises : undefined
}

const readByRuntime = (): ReadFile | undefined => {
  const files = builtin()
  if (!Predicate.hasProperty(files, "readFile") || !Predicate.isFunction(files.readFile)) return undefined
  const { readFile } = files
  return (path) =>
    Effect.tryPromise({
      try: async (signal) => {
        const text: unknown = await Reflect.apply(readFile, files, [path, { encoding: "utf8", signal }])
        return String(text)
      },
      catch: reasonOf
    })
}

const reasonOf = (cause: unknown): string => {
  // Deno's error for a missing permission.
  if (Predicate.hasProperty(cause, "name") && cause.name === "NotCapable") return "on Deno, allow it with --allow-read"
  return Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code) ? cause.code : "unknown reason"
}

/** Returns the reader of files; `undefined` if neither the app nor the runtime provides one. */
export const reader: Effect.Effect<ReadFile | undefined> = Effect.map(
  Effect.serviceOption(FileSystem.FileSystem),
  (provided) => {
    const read = Option.match(provided, {
      onNone: readByRuntime,
      onSome:
        (files): ReadFile =>
        (path) =>
          Effect.mapError(files.readFileString(path), ({ reason }) => reason._tag)
    })
    return read === undefined
      ? undefined
      : (path: string) => Effect.timeoutOrElse(read(path), { duration: limit, orElse: () => Effect.fail("no answer") })
  }
)
