/** The CommonJS packages that are in the package as one file each. */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { buildSync } from "esbuild"

interface Vendored {
  /** The name in `#vendor/<name>`. */
  readonly name: string
  /** The imports that the file replaces. */
  readonly filter: RegExp
  /** The module that is bundled, and the folder in `packages` from which it imports. */
  readonly contents: string
  readonly resolveDir: string
}

/** All of them. */
export const vendored: ReadonlyArray<Vendored> = [
  {
    name: "redis",
    filter: /^@redis\/client$/,
    contents: 'export { createClient, defineScript } from "@redis/client"',
    resolveDir: "redis"
  },
  {
    name: "ws",
    filter: /^ws$/,
    contents: 'export * from "ws"; export { default } from "ws"',
    resolveDir: "emulator"
  },
  {
    name: "undici",
    filter: /\/Dispatchers\.ts$/,
    contents: 'export * from "./Dispatchers.ts"',
    resolveDir: "core/src/node-transport"
  }
]

/** The client of Redis for runtimes without sockets. */
const withoutSockets = `const refuse = () => {
  throw new Error("this runtime has no sockets for Redis: use the cache in memory")
}
exports.createClient = refuse
exports.defineScript = (script) => script
`

/** Writes the files to `dist`, and returns the modules that are in them. */
export const write = (dist: string): ReadonlyArray<string> => {
  mkdirSync(join(dist, "vendor"), { recursive: true })
  writeFileSync(join(dist, "vendor/without-sockets.cjs"), withoutSockets)
  return vendored.flatMap(({ contents, name, resolveDir }) => {
    const { metafile } = buildSync({
      stdin: { contents, resolveDir: join(import.meta.dirname, "../..", resolveDir) },
      outfile: join(dist, "vendor", `${name}.cjs`),
      bundle: true,
      format: "cjs",
      platform: "node",
      target: "es2022",
      minify: true,
      legalComments: "none",
      // What `ws` uses where an app has installed it.
      external: ["bufferutil", "utf-8-validate"],
      metafile: true
    })
    return Object.keys(metafile.inputs)
  })
}
