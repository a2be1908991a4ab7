/**
 * Completes `dist` after the bundler: CommonJS packages, a CommonJS copy of each module, the declarations, and the licences of what is in the bundle. With the
 * path of another folder, it completes the modules in that one, without declarations.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { type Metafile, transformSync } from "esbuild"
import { writeLicenses } from "../../../tsup.config.ts"
import * as Declarations from "./Declarations.ts"
import { entries } from "./Entries.ts"
import * as Vendored from "./Vendored.ts"

const [, , folder] = process.argv
const dist = relative("", folder ?? "dist")
const record = join(dist, "metafile-esm.json")
const { inputs, outputs }: Metafile = JSON.parse(readFileSync(record, "utf8"))

/** The modules that entries load, without those of the command line alone. */
const reached = new Set<string>()
const reach = (file: string): void => {
  if (reached.has(file) || outputs[file] === undefined) return
  reached.add(file)
  for (const { path } of outputs[file].imports) reach(path)
}
for (const entry of [...entries, "transport/fetch", "transport/node"]) reach(join(dist, `${entry}.js`))

/** The modules whose classes have names that users see. */
const isNamed = (file: string) =>
  Object.keys(outputs[file]?.inputs ?? {}).some((input) => input.startsWith("src/plain/"))

/** Bundlers cannot split CommonJS, so each module is transformed. `import()` becomes `require`, as it would load the other copy. */
for (const file of reached) {
  const { code } = transformSync(readFileSync(file, "utf8"), {
    format: "cjs",
    platform: "node",
    target: "es2022",
    minifyWhitespace: true,
    minifySyntax: true,
    minifyIdentifiers: !isNamed(file),
    supported: { "dynamic-import": false }
  })
  writeFileSync(file.replace(/\.js$/, ".cjs"), code.replaceAll(/require\("(\.[^"]+)\.js"\)/g, 'require("$1.cjs")'))
}

// No bundler takes these modules, so they need no annotations.
for (const file of Object.keys(outputs).filter((output) => output.endsWith(".js") && !reached.has(output))) {
  writeFileSync(file, transformSync(readFileSync(file, "utf8"), { format: "esm", target: "es2022", minify: true }).code)
}

if (folder === undefined) Declarations.write(entries, dist)
writeLicenses(dist, [...Object.keys(inputs), ...Vendored.write(dist)])
rmSync(record)
