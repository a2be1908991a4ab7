/** The checkout for the house rules: its files, its packages, and the imports of its sources. */
import { readdirSync, readFileSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"

export const root = resolve(import.meta.dirname, "../../..")

export const read = (path: string): string => readFileSync(join(root, path), "utf8")

const ignored = new Set([".git", ...read(".gitignore").split("\n")])

const walk = (folder: string): ReadonlyArray<string> =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (ignored.has(entry.name) || entry.name.endsWith(".tsbuildinfo")) return []
    return entry.isDirectory() ? walk(path) : entry.isFile() ? [path] : []
  })

/** Every file that git would track, by its path from the root, found without git. */
export const files = walk("")

/** The sources of the published packages. */
export const sources = files.filter((path) => /^packages\/[^/]+\/src\/.*\.ts$/.test(path))

/** The entries of a package: its exports, and its own imports by condition. */
export interface Entries {
  readonly exports: Readonly<Record<string, string>>
  readonly imports?: Readonly<Record<string, Readonly<Record<string, string>>>>
}

interface Manifest extends Entries {
  readonly name: string
  readonly publishConfig: Entries & { readonly access: string }
}

export interface Package extends Manifest {
  /** The folder, such as `packages/core`. */
  readonly folder: string
  /** The existing exported sources without the index, by their path from the root. */
  readonly modules: ReadonlyArray<string>
}

const manifest = (path: string): Manifest => JSON.parse(read(path))

export const packages: ReadonlyArray<Package> = files
  .filter((path) => /^packages\/[^/]+\/package\.json$/.test(path))
  .map((path) => {
    const folder = path.replace(/\/package\.json$/, "")
    const found = manifest(path)
    const targets = Object.values(found.exports).filter((target) => /\/(?!index\.)\w+\.ts$/.test(target))
    const modules = targets.map((target) => join(folder, target)).filter((target) => files.includes(target))
    return { ...found, folder, modules }
  })

const workspace: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(read("package.json"))

/** The names of the root scripts. */
export const scripts = Object.keys(workspace.scripts)

/** Returns a source without its comments. */
export const code = (path: string): string =>
  read(path)
    .replaceAll(/^\s*\/\*[\s\S]*?\*\//gm, "")
    .replaceAll(/^\s*\/\/.*$/gm, "")

/** Returns the imports and re-exports of a source, including types; it relies on the formatter's layout. */
export const imports = (path: string): ReadonlyArray<string> =>
  Array.from(
    code(path).matchAll(/^(?:import|export|\}) (?:.* )?from "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)/gm),
    ([, named, bare, dynamic]) => named ?? bare ?? dynamic ?? ""
  )

/** The vendors' modules that export an `adapter`, with the common name of their modules and folders. */
export const adapters = packages.flatMap(({ folder, modules }) =>
  modules
    // The client's token endpoint, which is deeper, is not a vendor.
    .filter((path) => dirname(path) === `${folder}/src` && /^export const adapter\b/m.test(code(path)))
    .map((path) => ({ folder, path, name: basename(path, ".ts") }))
)
