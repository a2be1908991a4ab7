/** The package managers that users have, each in an empty folder. */
import { globSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { bun } from "../../src/support/runtimes.ts"
import { root } from "../../src/support/workspace.ts"
import { run } from "./Run.ts"

type Versions = Readonly<Record<string, string>>

/** What a project installs: the tarballs by package, and packages of others. */
interface Wanted {
  readonly tarballs: Versions
  readonly others: Versions
}

/** A package manager. */
export interface Installer {
  readonly name: string
  /** Tells whether this machine has it. */
  readonly isInstalled: boolean
  /** The runtime that its users have, if it is not Node. */
  readonly runtime?: string
  /** Installs into an empty folder. */
  readonly install: (folder: string, wanted: Wanted) => Promise<string>
}

const advice = "The packed packages cannot be installed together: see their dependencies."

const writeProject = (folder: string, { others, tarballs }: Wanted, fields: object): void => {
  mkdirSync(folder, { recursive: true })
  const manifest = { private: true, type: "module", dependencies: { ...others, ...tarballs }, ...fields }
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest))
}

/** Where the other package managers find packages: where npm does. */
const registry = async (cwd: string): Promise<string> =>
  (await run("npm has no registry.", "npm", ["config", "get", "registry"], { cwd })).trim()

const npm: Installer = {
  name: "npm",
  isInstalled: true,
  install: (folder, wanted) => {
    writeProject(folder, wanted, {})
    return run(advice, "npm", ["install", "--no-audit", "--no-fund", "--prefer-offline"], { cwd: folder })
  }
}

/** pnpm, which the tests of the packages need in any case. */
export const pnpm: Installer = {
  name: "pnpm",
  isInstalled: true,
  install: (folder, wanted) => {
    writeProject(folder, wanted, {})
    writeFileSync(join(folder, "pnpm-workspace.yaml"), JSON.stringify({ overrides: wanted.tarballs }))
    return run(advice, "pnpm", ["install", "--prefer-offline", "--silent"], { cwd: folder })
  }
}

const [yarnProgram] = globSync(join(root, "node_modules/.runtimes/node_modules/@yarnpkg/cli-dist/bin/yarn.js"))

const yarn: Installer = {
  name: "yarn",
  isInstalled: yarnProgram !== undefined,
  install: async (folder, wanted) => {
    writeProject(folder, wanted, { resolutions: wanted.tarballs })
    // A lockfile makes the folder a project of its own.
    writeFileSync(join(folder, "yarn.lock"), "")
    const settings = {
      nodeLinker: "node-modules",
      enableTelemetry: false,
      enableImmutableInstalls: false,
      npmRegistryServer: await registry(folder)
    }
    writeFileSync(join(folder, ".yarnrc.yml"), JSON.stringify(settings))
    return run(advice, process.execPath, [yarnProgram ?? "", "install"], { cwd: folder })
  }
}

const withBun: Installer = {
  name: "bun",
  isInstalled: bun !== undefined,
  ...(bun === undefined ? {} : { runtime: bun }),
  install: async (folder, wanted) => {
    writeProject(folder, wanted, { overrides: wanted.tarballs })
    const env = { ...process.env, npm_config_registry: await registry(folder) }
    return run(advice, bun ?? "bun", ["install"], { cwd: folder, env })
  }
}

/** All but pnpm. */
export const installers: ReadonlyArray<Installer> = [npm, yarn, withBun]
