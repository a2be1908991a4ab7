/** The entries of the package, and the fields of package.json that follow from them. */
import { readdirSync } from "node:fs"

/** The modules that apps import: the files directly in `src`. Scripts run in the folder of the package. */
export const entries: ReadonlyArray<string> = readdirSync("src")
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.replace(/\.ts$/, ""))
  .toSorted((a, b) => Number(b === "index") - Number(a === "index") || a.localeCompare(b))

const subpath = (entry: string) => (entry === "index" ? "." : `./${entry}`)

/**
 * The conditions of an entry. `module-sync` gives Node one copy for `import` and `require`, and `bun` does so for Bun, which does not know it. `require` serves
 * Jest and TypeScript's `node16`.
 */
const published = (entry: string) => {
  const esm = { types: `./dist/${entry}.d.ts`, default: `./dist/${entry}.js` }
  const commonjs = { types: `./dist/${entry}.d.cts`, default: `./dist/${entry}.cjs` }
  return { "module-sync": esm, bun: esm, import: esm, require: commonjs }
}

/** The exports of package.json in the workspace. */
export const sources: Readonly<Record<string, string>> = {
  ...Object.fromEntries(entries.map((entry) => [subpath(entry), `./src/${entry}.ts`])),
  "./package.json": "./package.json"
}

const withoutSockets = ["workerd", "edge-light", "browser", "react-native"]

/** Runtimes without the connection pool of Node, before `node`, which some of them set too. */
const withoutPool = [...withoutSockets, "deno", "bun"]

const transport = (name: string) => ({
  import: `./dist/transport/${name}.js`,
  require: `./dist/transport/${name}.cjs`,
  default: `./dist/transport/${name}.js`
})

/** The fields of `publishConfig` that replace those of package.json. */
export const publishConfig = {
  bin: { tempcred: "./dist/cli.js" },
  main: "./dist/index.cjs",
  types: "./dist/index.d.ts",
  // All that `moduleResolution: node10` reads.
  typesVersions: {
    "*": Object.fromEntries(
      entries.filter((entry) => entry !== "index").map((entry) => [entry, [`./dist/${entry}.d.ts`]])
    )
  },
  imports: {
    "#default-transport": {
      ...Object.fromEntries(withoutPool.map((condition) => [condition, transport("fetch")])),
      node: transport("node"),
      default: transport("fetch")
    },
    "#vendor/redis": {
      ...Object.fromEntries(withoutSockets.map((condition) => [condition, "./dist/vendor/without-sockets.cjs"])),
      default: "./dist/vendor/redis.cjs"
    },
    "#vendor/*": "./dist/vendor/*.cjs"
  },
  exports: {
    ...Object.fromEntries(entries.map((entry) => [subpath(entry), published(entry)])),
    "./package.json": "./package.json"
  }
}
