/** Optional programs of the machine that tests start. */
import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Finds the first of these programs, on the PATH or in folders that come before it. */
export const find = (names: ReadonlyArray<string>, before: ReadonlyArray<string> = []): string | undefined =>
  [...before, ...(process.env["PATH"] ?? "").split(delimiter)]
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find(isProgram)
