/** Packages and programs as they are published, built into a folder outside of the workspace. */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../", import.meta.url))

/** Runs Node to its end, and returns its output. */
export const node = (args: ReadonlyArray<string>, cwd: string): string => {
  const { status, stderr, stdout } = spawnSync(process.execPath, args, { cwd, encoding: "utf8", timeout: 120_000 })
  if (status !== 0) throw new Error(`node ${args.join(" ")}\n${stdout}${stderr}`)
  return stdout
}

const tsup = (name: string, folder: string, options: ReadonlyArray<string>): void => {
  const source = join(root, "packages", name)
  const program = dirname(createRequire(join(source, "package.json")).resolve("tsup/package.json"))
  node([join(program, "dist/cli-default.js"), ...options, "--out-dir", join(folder, "dist"), "--silent"], source)
}

const writeManifest = (name: string, target: string): void => {
  const { publishConfig, ...manifest } = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"))
  writeFileSync(join(target, "package.json"), JSON.stringify({ ...manifest, ...publishConfig }))
}

/** Builds the package that apps install where a program in the folder finds it, and returns the path of its command line. */
export const installFront = (folder: string): string => {
  const target = join(folder, "node_modules/tempcred")
  const dist = join(target, "dist")
  tsup("tempcred", target, [])
  node([join(root, "packages/tempcred/scripts/finish.ts"), dist], join(root, "packages/tempcred"))
  writeManifest("tempcred", target)
  return join(dist, "cli.js")
}

/** Builds other packages of ours there. */
export const install = (folder: string, names: ReadonlyArray<string>): void => {
  for (const name of names) {
    const target = join(folder, "node_modules/@tempcred", name)
    const own = existsSync(join(root, "packages", name, "tsup.config.ts"))
    tsup(name, target, own ? [] : ["--config", join(root, "tsup.config.ts")])
    writeManifest(name, target)
  }
}

/** Links other packages there. */
export const link = (folder: string, names: ReadonlyArray<string>): void => {
  for (const name of names) {
    const target = join(folder, "node_modules", name)
    mkdirSync(dirname(target), { recursive: true })
    symlinkSync(realpathSync(join(root, "test/node_modules", name)), target, "junction")
  }
}
