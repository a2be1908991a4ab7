/** Finds the browser for the tests once, if the machine has one. */
import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  interface ProvidedContext {
    /** The path of the browser. */
    readonly chromium: string | undefined
  }
}

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const find = (name: string): string | undefined =>
  (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isProgram)

export default function setup(project: TestProject): void {
  const program = process.env["CHROMIUM_PATH"] ?? find("chromium")
  project.provide("chromium", program)
  if (program !== undefined) return
  const message =
    "Chromium is not on this machine, so tests that need it are skipped: apt-get install chromium, or set CHROMIUM_PATH"
  if (process.env["REQUIRE_SERVICES"] === "1") throw new Error(message)
  process.stderr.write(`${message}\n`)
}
