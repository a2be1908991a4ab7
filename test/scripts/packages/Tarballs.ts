/** What each tarball must have in it. */
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { files as ours, imports, packages, root, sources } from "../../src/support/workspace.ts"
import type { Packed } from "../release/Pack.ts"
import { forEach, run } from "./Run.ts"

/** Lints the tarballs with publint and attw. */
export const lint = (packed: ReadonlyArray<Packed>): Promise<void> =>
  forEach(packed, 2, async ({ filename, name }) => {
    const manner = { cwd: root }
    await run(`Mend the package.json of ${name} as publint says.`, "publint", ["run", filename, "--strict"], manner)
    await run(
      `Mend the exports of ${name}: a type or a module cannot be resolved from outside.`,
      "attw",
      // The front door also serves CommonJS.
      [filename, ...(name === "tempcred" ? [] : ["--profile", "esm-only"]), "--format", "table-flipped"],
      manner
    )
  })

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const packageOf = (specifier: string): string => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/")

const folderOf = (name: string): string => packages.find((one) => one.name === name)?.folder ?? name

/** Returns the files of the workspace that a specifier of a file means; the condition of an import is not known. */
const filesOf = (file: string, specifier: string): ReadonlyArray<string> => {
  if (specifier.startsWith(".")) return [join(dirname(file), specifier)]
  const owner = packages.find(({ folder, name }) =>
    specifier.startsWith("#") ? file.startsWith(`${folder}/`) : name === packageOf(specifier)
  )
  if (owner === undefined) return []
  const targets = specifier.startsWith("#")
    ? Object.values(owner.imports?.[specifier] ?? {})
    : [owner.exports[`.${specifier.slice(owner.name.length)}`] ?? ""]
  return targets.map((target) => join(owner.folder, target))
}

/** The packages of others whose code is in a package: what its sources reach, without what is installed beside it. */
const bundled = (name: string): ReadonlyArray<string> => {
  const folder = folderOf(name)
  const { dependencies, peerDependencies }: Manifest = JSON.parse(
    readFileSync(join(root, folder, "package.json"), "utf8")
  )
  const installed = Object.keys({ ...dependencies, ...peerDependencies })
  const reached = new Set(sources.filter((path) => path.startsWith(`${folder}/`)))
  const others = new Set<string>()
  // A set also visits what is added on the way.
  for (const file of reached) {
    if (!ours.includes(file)) continue
    for (const specifier of imports(file).filter((one) => /^(?!node:)[.#@a-z]/.test(one))) {
      if (installed.includes(packageOf(specifier))) continue
      const found = filesOf(file, specifier)
      for (const path of found) reached.add(path)
      if (found.length === 0) others.add(packageOf(specifier))
    }
  }
  return [...others]
}

/** Checks the documents and licences of tarballs that are installed in a folder. */
export const checkContent = (packed: ReadonlyArray<Packed>, folder: string): void => {
  for (const { files, name } of packed) {
    const paths = files.map(({ path }) => path)
    const missing = ["LICENSE", "CHANGELOG.md", "README.md"].filter((path) => !paths.includes(path))
    if (missing.length > 0) throw new Error(`The tarball of ${name} lacks ${missing.join(", ")}: see its \`files\`.`)
    const others = bundled(name)
    if (others.length === 0) continue
    const licenses = "dist/third-party-licenses.txt"
    const text = paths.includes(licenses) ? readFileSync(join(folder, "node_modules", name, licenses), "utf8") : ""
    const unnamed = others.filter((other) => !text.split("\n").some((line) => line.startsWith(`${other} `)))
    if (unnamed.length > 0) {
      throw new Error(`${licenses} of ${name} lacks ${unnamed.join(", ")}: use \`licenses\` of tsup.config.ts.`)
    }
  }
}
