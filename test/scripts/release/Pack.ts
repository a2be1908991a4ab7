/** Packs every public package as it would be published. */
import { spawnSync } from "node:child_process"
import { root } from "../../src/support/workspace.ts"

/** A packed package. */
export interface Packed {
  readonly name: string
  readonly version: string
  /** The path of its tarball. */
  readonly filename: string
  /** The size of its tarball in bytes. */
  readonly size: number
  readonly files: ReadonlyArray<{ readonly path: string }>
}

/** Runs a program of the workspace and returns its output; a failure shows `advice` and the output. */
export const run = (advice: string, command: string, ...args: ReadonlyArray<string>): string => {
  const { error, status, stderr, stdout } = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1e8
  })
  if (status === 0) return stdout
  throw new Error(`${advice}\n\n$ ${command} ${args.join(" ")}\n${error?.message ?? stdout + stderr}`)
}

/** Packs into a folder; the packages are in the order of their dependencies, and must be built. */
export const pack = (folder: string): ReadonlyArray<Packed> =>
  JSON.parse(
    run(
      "Start this by pnpm: it packs.",
      "pnpm",
      "-r",
      "--filter",
      "./packages/*",
      "pack",
      "--pack-destination",
      folder,
      "--json"
    )
  )
