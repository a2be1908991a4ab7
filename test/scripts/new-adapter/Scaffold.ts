/** What a new vendor begins with: a package, an emulator, their tests, and blanks that each say what belongs there. */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

/** A place to fill in, and what belongs there. */
interface Blank {
  readonly place: string
  readonly what: string
}

export interface Scaffolded {
  readonly added: ReadonlyArray<string>
  readonly changed: ReadonlyArray<string>
  readonly blanks: ReadonlyArray<Blank>
}

/** The spellings of a vendor's name, such as `eleven-labs`. */
export const spell = (name: string) => {
  const words = name.split("-")
  const module = words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("")
  return { id: words.join(""), module, camel: module.slice(0, 1).toLowerCase() + module.slice(1) }
}

/** Why a name cannot be had, if it cannot. */
export const refusalOf = (root: string, name: string): string | undefined => {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    return `"${name}" is no name: write it in small letters and digits, its words apart by hyphens, such as eleven-labs`
  }
  const { id, module } = spell(name)
  const taken = [`packages/${id}`, `packages/emulator/src/${module}.ts`].find((path) => existsSync(join(root, path)))
  return taken === undefined ? undefined : `${taken} exists already: choose another name, or change what is there`
}

const template = (name: string): string => readFileSync(join(import.meta.dirname, `${name}.txt`), "utf8")

/** Writes everything that a vendor needs into a workspace. */
export const scaffold = (root: string, name: string, today: Date = new Date()): Scaffolded => {
  const { camel, id, module } = spell(name)
  const read = (path: string) => readFileSync(join(root, path), "utf8")
  const fill = (text: string) =>
    text
      .replaceAll("__VENDOR__", id.toUpperCase())
      .replaceAll("__Vendor__", module)
      .replaceAll("__vendor__", id)
      .replaceAll("__camel__", camel)
      .replaceAll("__today__", today.toISOString().slice(0, 10))
  const likeSoniox = (path: string) =>
    read(`packages/soniox/${path}`)
      .replaceAll("temporary API keys", "temporary tokens")
      .replaceAll("Soniox", module)
      .replaceAll("soniox", id)
  const additions: ReadonlyArray<readonly [path: string, text: string]> = [
    ...["package.json", "tsconfig.json", "tsconfig.build.json", "vitest.config.ts"].map(
      (path) => [`packages/${id}/${path}`, likeSoniox(path)] as const
    ),
    [`packages/${id}/README.md`, fill(template("readme"))],
    [`packages/${id}/src/index.ts`, fill(template("index"))],
    [`packages/${id}/src/${module}.ts`, fill(template("adapter"))],
    [`packages/${id}/test/contract.test.ts`, fill(template("contract-test"))],
    [`packages/${id}/test/${id}.ts`, fill(template("trials"))],
    [`packages/${id}/test/${module}.test.ts`, fill(template("adapter-test"))],
    [`packages/emulator/src/${module}.ts`, fill(template("emulator"))],
    [`packages/emulator/test/${module}.test.ts`, fill(template("emulator-test"))],
    [`test/src/vendors/${id}.ts`, fill(template("vendor"))]
  ]
  const line = (path: string, pattern: RegExp, added: string) => [path, inserted(read(path), pattern, added)] as const
  const changes = [
    [
      "packages/emulator/package.json",
      inserted(
        inserted(read("packages/emulator/package.json"), /^ {4}"\.\/[A-Z]/, `    "./${module}": "./src/${module}.ts",`),
        /^ {6}"\.\/[A-Z]/,
        `      "./${module}": "./dist/${module}.js",`
      )
    ] as const,
    line("packages/emulator/src/index.ts", /^export \* as /, `export * as ${module} from "./${module}.ts"`),
    [
      "packages/emulator/src/main.ts",
      inserted(
        read("packages/emulator/src/main.ts"),
        /^import (\* as|type) .* from "\.\//,
        `import * as ${module} from "./${module}.ts"`
      ).replace(/,?\s*\n\]\n/, `,\n  ${module}.make()\n]\n`)
    ] as const,
    line("test/package.json", /^ {4}"@tempcred\//, `    "@tempcred/${id}": "workspace:^",`),
    line("packages/cli/package.json", /^ {4}"@tempcred\//, `    "@tempcred/${id}": "workspace:^",`),
    [
      "packages/cli/src/Vendors.ts",
      [
        [/^import \* as (?!Emulated)/, `import * as ${module} from "@tempcred/${id}/${module}"`] as const,
        [/^import \* as Emulated/, `import * as Emulated${module} from "@tempcred/emulator/${module}"`] as const,
        [/^ {2}\{ adapter: /, `  { adapter: ${module}.adapter, emulator: Emulated${module}.make },`] as const
      ].reduce((text, [among, added]) => inserted(text, among, added), read("packages/cli/src/Vendors.ts"))
    ] as const
  ]
  for (const [path, text] of [...additions, ...changes]) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const added = additions.map(([path]) => path)
  const changed = changes.map(([path]) => path)
  // Names differ in length, and with them where lines are broken.
  execFileSync(join(root, "node_modules/.bin/oxfmt"), [...added, ...changed], { cwd: root, stdio: "pipe" })
  return { added, changed, blanks: added.flatMap((path) => blanksOf(path, read(path))) }
}

/** Every blank of a text, by its line. */
const blanksOf = (path: string, text: string): ReadonlyArray<Blank> =>
  Array.from(text.matchAll(/\bblank\(\s*["`]([^"`]+)/g), ({ 1: what = "", index }) => ({
    place: `${path}:${text.slice(0, index).split("\n").length}`,
    what
  }))

/** A text with one more line among those that fit, by its name: before the first that comes after it. */
const inserted = (text: string, among: RegExp, added: string): string => {
  const lines = text.split("\n")
  const fitting = [...lines.keys()].filter((index) => among.test(lines[index] ?? ""))
  const later = fitting.find((index) => nameOf(lines[index] ?? "") > nameOf(added))
  return lines.toSpliced(later ?? (fitting.at(-1) ?? -1) + 1, 0, added).join("\n")
}

/** What a line is about: the module that it names, else the package, else the file. */
const nameOf = (line: string): string =>
  /^import \* as (\w+)|adapter: (\w+)|"(?:@tempcred)?[./]*(\w+)|from "\.\/(\w+)/.exec(line)?.slice(1).join("") ?? ""
