/** The checkout for the site: its packages, its documents, and the address of its repository. */
import { existsSync, globSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"

/** The root of the checkout. */
export const root: string = resolve(import.meta.dirname, "..")

/** The folder of the documents. */
export const documents: string = join(root, "docs")

interface Manifest {
  readonly name: string
  readonly exports?: Readonly<Record<string, unknown>>
  readonly repository?: { readonly url: string }
}

const manifest = (path: string): Manifest => JSON.parse(readFileSync(join(root, path), "utf8"))

/** The address of a file in the repository. The root `package.json` has the repository's address. */
export const addressOf = (path: string): string => {
  const url = manifest("package.json").repository?.url ?? "https://repository.invalid/tempcred"
  return `${url.replace(/^git\+/, "").replace(/\.git$/, "")}/blob/main/${path}`
}

/** A public module, by the name that apps import. */
export interface Module {
  readonly name: string
  /** Its source, from the root. */
  readonly path: string
}

/** Tells whether a module only re-exports others as namespaces, which have pages of their own. */
const isIndex = (path: string): boolean => /^export \* as /m.test(readFileSync(join(root, path), "utf8"))

/** The packages with their public modules. */
export const libraries: ReadonlyArray<{ readonly name: string; readonly modules: ReadonlyArray<Module> }> = globSync(
  "packages/*/package.json",
  { cwd: root }
)
  .toSorted()
  .map((path) => {
    const { exports = {}, name } = manifest(path)
    const modules = Object.entries(exports).flatMap(([door, target]) =>
      typeof target === "string" && target.endsWith(".ts")
        ? [{ name: join(name, door), path: join(dirname(path), target) }]
        : []
    )
    return { name, modules: modules.filter((module) => !isIndex(module.path)) }
  })
  .filter(({ modules }) => modules.length > 0)

/** Returns the title of a document, or `undefined` if it is not written yet. */
export const titleOf = (path: string): string | undefined => {
  const file = join(documents, path)
  return existsSync(file) ? /^# (.+)$/m.exec(readFileSync(file, "utf8"))?.[1] : undefined
}
