/** The scaffold of a new vendor: a package, an emulator, their tests, and blanks with instructions. */
import { spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

/** A place to fill in, with its instruction. */
interface Blank {
  readonly place: string
  readonly what: string
}

export interface Scaffolded {
  readonly added: ReadonlyArray<string>
  readonly changed: ReadonlyArray<string>
  readonly blanks: ReadonlyArray<Blank>
}

/** Returns the spellings of a vendor's name, such as `eleven-labs`. */
export const spell = (name: string) => {
  const words = name.split("-")
  const module = words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("")
  return { id: words.join(""), module, camel: module.slice(0, 1).toLowerCase() + module.slice(1) }
}

/** Returns the reason that a name is refused, if it is. */
export const refusalOf = (root: string, name: string): string | undefined => {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    return `"${name}" is no name: write it in small letters and digits, its words apart by hyphens, such as eleven-labs`
  }
  const { id, module } = spell(name)
  const taken = [`packages/${id}`, `packages/emulator/src/${module}.ts`].find((path) => existsSync(join(root, path)))
  return taken === undefined ? undefined : `${taken} exists already: choose another name, or change what is there`
}

type Texts = ReadonlyArray<readonly [path: string, text: string]>

type Read = (path: string) => string

/** Writes the files of a vendor into a workspace; after an error, nothing is written. */
export const scaffold = (root: string, name: string, today: Date = new Date()): Scaffolded => {
  const read: Read = (path) => readFileSync(join(root, path), "utf8")
  const additions = additionsOf(read, name, today)
  const changes = changesOf(read, name)
  const texts = formatted(root, [...additions, ...changes])
  write(root, texts)
  const added = additions.map(([path]) => path)
  const blanks = texts.flatMap(([path, text]) => (added.includes(path) ? blanksOf(path, text) : []))
  return { added, changed: changes.map(([path]) => path), blanks }
}

const write = (root: string, texts: Texts): void => {
  for (const [path, text] of texts) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

/** Formats the texts, as line breaks depend on the length of names. */
const formatted = (root: string, texts: Texts): Texts => {
  const folder = mkdtempSync(join(tmpdir(), "new-adapter-"))
  try {
    write(folder, texts)
    cpSync(join(root, ".oxfmtrc.json"), join(folder, ".oxfmtrc.json"))
    const paths = texts.map(([path]) => path)
    const program = join(root, "node_modules/.bin/oxfmt")
    const { error, status, stderr } = spawnSync(program, paths, { cwd: folder, encoding: "utf8" })
    if (status !== 0) throw new Error(`nothing is written, as it cannot be formatted:\n${error?.message ?? stderr}`)
    return paths.map((path) => [path, readFileSync(join(folder, path), "utf8")] as const)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const additionsOf = (read: Read, name: string, today: Date): Texts => {
  const { camel, id, module } = spell(name)
  const filled = (template: string) =>
    readFileSync(join(import.meta.dirname, `${template}.txt`), "utf8")
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
  return [
    ...["package.json", "tsconfig.json", "tsconfig.build.json"].map(
      (path) => [`packages/${id}/${path}`, likeSoniox(path)] as const
    ),
    [`packages/${id}/README.md`, filled("readme")],
    [`docs/vendors/${id}.md`, filled("page")],
    [`packages/${id}/src/index.ts`, filled("index")],
    [`packages/${id}/src/${module}.ts`, filled("adapter")],
    [`packages/${id}/test/contract.test.ts`, filled("contract-test")],
    [`packages/${id}/test/${id}.ts`, filled("trials")],
    [`packages/${id}/test/${module}.test.ts`, filled("adapter-test")],
    [`packages/emulator/src/${module}.ts`, filled("emulator")],
    [`packages/emulator/test/${module}.test.ts`, filled("emulator-test")],
    [`packages/testing/fixtures/${id}/mint.200.json`, filled("fixture")],
    [`test/src/fixtures/${id}.ts`, filled("fixture-rows")],
    [`test/src/vendors/${id}.ts`, filled("vendor")]
  ]
}

/** Registers the vendor: adds lines beside similar ones. */
const changesOf = (read: Read, name: string): Texts => {
  const { id, module } = spell(name)
  const changed = (path: string, ...lines: ReadonlyArray<readonly [among: RegExp, added: string]>) =>
    [path, lines.reduce((text, [among, added]) => inserted(text, among, added), read(path))] as const
  const dependency = [/^ {4}"@tempcred\//, `    "@tempcred/${id}": "workspace:^",`] as const
  const [main, emulators] = changed("packages/emulator/src/main.ts", [
    /^import (\* as|type) .* from "\.\//,
    `import * as ${module} from "./${module}.ts"`
  ])
  return [
    changed(
      "packages/emulator/package.json",
      [/^ {4}"\.\/[A-Z]/, `    "./${module}": "./src/${module}.ts",`],
      [/^ {6}"\.\/[A-Z]/, `      "./${module}": "./dist/${module}.js",`]
    ),
    changed("packages/emulator/src/index.ts", [/^export \* as /, `export * as ${module} from "./${module}.ts"`]),
    // Adds the vendor at the end, so that the others keep their ports.
    [main, emulators.replace(/,?\s*\n\]\n/, `,\n  ${module}.make()\n]\n`)],
    changed("test/package.json", dependency),
    changed("packages/tempcred/package.json", dependency),
    changed(
      "packages/tempcred/src/cli/Vendors.ts",
      [/^import \* as (?!Emulated)/, `import * as ${module} from "@tempcred/${id}/${module}"`],
      [/^import \* as Emulated/, `import * as Emulated${module} from "@tempcred/emulator/${module}"`],
      [/^ {2}\{ adapter: /, `  { adapter: ${module}.adapter, emulator: Emulated${module}.make },`]
    )
  ]
}

/** Returns the blanks of a text, with their lines. */
const blanksOf = (path: string, text: string): ReadonlyArray<Blank> =>
  Array.from(text.matchAll(/(?:\bblank\(\s*["`]|"fill in [^:]+: )([^"`]+)/g), ({ 1: what = "", index }) => ({
    place: `${path}:${text.slice(0, index).split("\n").length}`,
    what
  }))

/** Inserts a line among matching ones, in alphabetical order of their names. */
const inserted = (text: string, among: RegExp, added: string): string => {
  const lines = text.split("\n")
  const fitting = [...lines.keys()].filter((index) => among.test(lines[index] ?? ""))
  const later = fitting.find((index) => nameOf(lines[index] ?? "") > nameOf(added))
  if (later !== undefined) return lines.toSpliced(later, 0, added).join("\n")
  const index = fitting.at(-1)
  const last = lines[index ?? -1]
  if (index === undefined || last === undefined)
    throw new Error(`nothing is written, as no line is like this: ${added}`)
  // The last line of a list has no comma; the formatter removes a superfluous one.
  const before = added.endsWith(",") && !last.endsWith(",") ? `${last},` : last
  return lines.toSpliced(index, 1, before, added).join("\n")
}

/** Returns the name in a line: the module, else the package, else the file. */
const nameOf = (line: string): string =>
  /^import \* as (\w+)|adapter: (\w+)|"(?:@tempcred)?[./]*(\w+)|from "\.\/(\w+)/.exec(line)?.slice(1).join("") ?? ""
