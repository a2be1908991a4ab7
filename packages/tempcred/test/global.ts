/** The program as it is published, built once for all test files: in a folder that has nothing else, so that it must bring along what it needs. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import type { TestProject } from "vitest/node"
import manifest from "../package.json" with { type: "json" }
import * as Vendored from "../scripts/Vendored.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** The bundle's entry. */
    readonly bundle: string
  }
}

export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "tempcred-cli-"))
  const tsup = createRequire(import.meta.url).resolve("tsup/package.json")
  const args = [join(dirname(tsup), "dist/cli-default.js"), "--out-dir", join(folder, "dist"), "--silent"]
  const { status, stderr, stdout } = spawnSync(process.execPath, args, {
    cwd: join(import.meta.dirname, ".."),
    encoding: "utf8"
  })
  if (status !== 0) throw new Error(`the bundle cannot be built\n${stdout}${stderr}`)
  Vendored.write(join(folder, "dist"))
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ type: "module", imports: manifest.publishConfig.imports })
  )
  project.provide("bundle", join(folder, "dist/cli.js"))
  return () => rmSync(folder, { recursive: true })
}
