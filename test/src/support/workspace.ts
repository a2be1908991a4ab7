/** The checkout as the house rules see it: its files, its packages, and what a source file imports. */
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

/** Every file that git would track, by its path from the root. Git itself is not asked, as a bare machine may lack it. */
export const files = walk("")

/** The sources of the packages that are published. */
export const sources = files.filter((path) => /^packages\/[^/]+\/src\/.*\.ts$/.test(path))

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string>>
  readonly publishConfig: { readonly exports: Readonly<Record<string, string>> }
}

export interface Package extends Manifest {
  /** Such as `packages/core`. */
  readonly folder: string
  /** The sources that the package exports and that exist, without its index, by their path from the root. */
  readonly modules: ReadonlyArray<string>
}

const manifest = (path: string): Manifest => JSON.parse(read(path))

export const packages: ReadonlyArray<Package> = files
  .filter((path) => /^packages\/[^/]+\/package\.json$/.test(path))
  .map((path) => {
    const folder = path.replace(/\/package\.json$/, "")
    const found = manifest(path)
    const targets = Object.values(found.exports).filter((target) => /\/[A-Z]\w*\.ts$/.test(target))
    const modules = targets.map((target) => join(folder, target)).filter((target) => files.includes(target))
    return { ...found, folder, modules }
  })

const workspace: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(read("package.json"))

/** What `pnpm` runs at the root. */
export const scripts = Object.keys(workspace.scripts)

/** A source without its comments, so that examples and sentences break no rule. */
export const code = (path: string): string =>
  read(path)
    .replaceAll(/^\s*\/\*[\s\S]*?\*\//gm, "")
    .replaceAll(/^\s*\/\/.*$/gm, "")

/** What a source imports or re-exports, types included; it relies on the layout that the formatter gives. */
export const imports = (path: string): ReadonlyArray<string> =>
  Array.from(
    code(path).matchAll(/^(?:import|export|\}) (?:.* )?from "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)/gm),
    ([, named, bare, dynamic]) => named ?? bare ?? dynamic ?? ""
  )

/** The vendors' modules that export an `adapter`, with the name that modules and folders of a vendor have in common. */
export const adapters = packages.flatMap(({ folder, modules }) =>
  modules
    // The client's token endpoint is no vendor, and lies deeper.
    .filter((path) => dirname(path) === `${folder}/src` && /^export const adapter\b/m.test(code(path)))
    .map((path) => ({ folder, path, name: basename(path, ".ts") }))
)
