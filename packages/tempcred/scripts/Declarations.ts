/** Copies the declarations that the entries reach, so that the package needs no other one. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"

/** The packages whose declarations are copied; their folders have the same names. */
const siblings = new Set(["client", "emulator", "testing"])

/** Packages of the app that declarations may name. */
const known = new Set(["react", "msw"])

/** Names of modules in code. Lines of doc comments begin with an asterisk. */
const specifier = /^(?! *\*)(.*?(?:from |import\(|import ))"([^"]+)"/gm

/** Examples of the copied packages, which name these packages. */
const foreignExample = /^ \* ```tsx?\n(?: \*.*\n)*? \*.*"@tempcred\/(?: \*.*\n|.*\n)*? \* ```\n/gm

/** Returns the file of a declaration that a module names, or `undefined` for a package of the app. */
const resolve = (from: string, name: string, emitted: string): string | undefined => {
  if (name.startsWith(".")) return join(dirname(from), name.replace(/\.(ts|js)$/, ".d.ts"))
  const [scope, folder = "", ...rest] = name.split("/")
  if (scope === "@tempcred" && siblings.has(folder)) {
    const { exports: entries } = JSON.parse(readFileSync(`../${folder}/package.json`, "utf8"))
    const source: string = entries[["."].concat(rest).join("/")]
    return join(emitted, folder, source.replace(/\.ts$/, ".d.ts"))
  }
  if (known.has(name)) return undefined
  throw new Error(`the declarations of ${relative(emitted, from)} need ${name}`)
}

/** Writes the declarations of the entries to `dist`, once for ES modules and once for CommonJS. Throws when one needs another package, or names Effect. */
export const write = (entries: ReadonlyArray<string>, dist: string): void => {
  const emitted = join(dist, ".declarations")
  const own = join(emitted, "tempcred/src")
  const place = (file: string) =>
    join(dist, file.startsWith(own) ? relative(own, file) : join("types", relative(emitted, file).replace("/src", "")))
  const seen = new Set<string>()
  const copy = (file: string) => {
    if (seen.has(file)) return
    seen.add(file)
    const text = readFileSync(file, "utf8").replaceAll(foreignExample, "")
    const rewritten = text.replaceAll(specifier, (_, keyword: string, name: string) => {
      const found = resolve(file, name, emitted)
      if (found === undefined) return `${keyword}"${name}"`
      copy(found)
      const path = relative(dirname(place(file)), place(found)).replace(/\.d\.ts$/, ".js")
      return `${keyword}"${path.startsWith(".") ? path : `./${path}`}"`
    })
    // TypeScript before 5.7 knows no parameter of this type; and `AsyncDisposable` is in no `lib` of ES2022.
    const portable = rewritten.replaceAll(/\bUint8Array<ArrayBuffer(Like)?>/g, "Uint8Array")
    const complete = portable.includes("AsyncDisposable")
      ? `/// <reference lib="esnext.disposable" />\n${portable}`
      : portable
    const word = /.*\beffect\b.*/i.exec(complete)
    if (word !== null) throw new Error(`the declarations of ${relative(emitted, file)} name Effect: ${word[0]}`)
    mkdirSync(dirname(place(file)), { recursive: true })
    writeFileSync(place(file), complete)
    writeFileSync(
      place(file).replace(/\.d\.ts$/, ".d.cts"),
      complete.replaceAll(/(?<=(?:from |import\(|import )"\.[^"]*)\.js"/g, '.cjs"')
    )
  }
  for (const entry of entries) copy(join(own, `${entry}.d.ts`))
  rmSync(emitted, { recursive: true })
}
