import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { defineConfig } from "tsup"

/** The folders of the packages of others that are in the bundle. */
const packagesOf = (paths: ReadonlyArray<string>): ReadonlyArray<string> => {
  const folders = paths.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? [])
  return [...new Set(folders)].toSorted()
}

/** A bundle holds copies of others' programs, and so their licences. */
const licenseOf = (folder: string): string => {
  const { license, name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  const text = file === undefined ? "" : `\n${readFileSync(join(folder, file), "utf8").trim()}\n`
  return `${name} ${version} (${license})\n${text}`
}

/**
 * One program of few ES modules, with all that it needs in it: what a command does is loaded when it runs, so that help comes at once.
 */
export default defineConfig({
  entry: ["src/main.ts"],
  format: "esm",
  platform: "node",
  target: "node22",
  splitting: true,
  minify: true,
  clean: true,
  dts: false,
  // What is CommonJS within asks for Node's own modules by `require`.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);'
  },
  esbuildPlugins: [
    {
      name: "licenses",
      setup(build) {
        build.onEnd(({ metafile }) => {
          const folder = build.initialOptions.outdir ?? "dist"
          if (metafile === undefined || !existsSync(folder)) return
          writeFileSync(
            join(folder, "third-party-licenses.txt"),
            packagesOf(Object.keys(metafile.inputs))
              .map(licenseOf)
              .join(`\n${"-".repeat(80)}\n\n`)
          )
        })
      }
    }
  ]
})
