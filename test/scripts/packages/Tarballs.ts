/** What each tarball must have in it. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { imports, packages, root, sources } from "../../src/support/workspace.ts"
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

/** The packages of others whose code is in a package: its sources import them, and it does not depend on them. */
const bundled = (name: string): ReadonlyArray<string> => {
  const folder = packages.find((one) => one.name === name)?.folder ?? name
  const { dependencies, peerDependencies }: Manifest = JSON.parse(
    readFileSync(join(root, folder, "package.json"), "utf8")
  )
  const installed = Object.keys({ ...dependencies, ...peerDependencies })
  const included = needed(folder).filter((one) => !installed.includes(one))
  return [...new Set(included.flatMap((one) => (isOurs(one) ? everything(one) : [one])))]
}

const isOurs = (name: string): boolean => packages.some((one) => one.name === name)

/** The packages that the sources of a folder import. */
const needed = (folder: string): ReadonlyArray<string> => {
  const specifiers = sources.filter((path) => path.startsWith(`${folder}/`)).flatMap(imports)
  return [...new Set(specifiers.filter((one) => /^(?!node:)[@a-z]/.test(one)).map(packageOf))]
}

/** What a package of ours imports, and what those of ours that it imports do. */
const everything = (name: string): ReadonlyArray<string> => {
  const folder = packages.find((one) => one.name === name)?.folder ?? name
  return needed(folder).flatMap((one) => (isOurs(one) ? everything(one) : [one]))
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
