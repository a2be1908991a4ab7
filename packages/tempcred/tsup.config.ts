import { builtinModules } from "node:module"
import { defineConfig, type Options } from "tsup"
import { pure } from "../../tsup.config.ts"
import { entries } from "./scripts/Entries.ts"
import { vendored } from "./scripts/Vendored.ts"

const builtins = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]))

/** CommonJS dependencies load Node's modules by `require`, which ES modules do not have. A static import would break runtimes without these modules. */
const nodeBuiltins: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "node-builtins",
  setup(build) {
    build.onResolve({ filter: /.*/ }, ({ kind, path }) =>
      kind === "require-call" && builtins.has(path)
        ? { path: path.replace(/^(?!node:)/, "node:"), namespace: "node-builtin" }
        : undefined
    )
    build.onLoad({ filter: /.*/, namespace: "node-builtin" }, ({ path }) => ({
      loader: "js",
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`
    }))
  }
}

/** Packages that are CommonJS are in one file each, which both formats load; the transport depends on the runtime. */
const byImports: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "chosen-in-package-json",
  setup(build) {
    for (const { filter, name } of vendored) {
      build.onResolve({ filter }, () => ({ path: `#vendor/${name}`, external: true }))
    }
    // The app's runtime or bundler chooses by the conditions in package.json.
    build.onResolve({ filter: /^#default-transport$/ }, ({ path }) => ({ path, external: true }))
  }
}

/**
 * One set of ES modules that share chunks; `scripts/finish.ts` adds the rest. Names and annotations stay as they are: minified, `@__PURE__` is lost, so that
 * bundles of apps grow, and errors print with a shortened name.
 */
export default defineConfig({
  entry: {
    ...Object.fromEntries(entries.map((entry) => [entry, `src/${entry}.ts`])),
    cli: "src/cli/main.ts",
    "transport/fetch": "../core/src/transport/OverFetch.ts",
    "transport/node": "../core/src/NodeTransport.ts"
  },
  format: "esm",
  platform: "node",
  target: "es2022",
  splitting: true,
  clean: true,
  dts: false,
  metafile: true,
  // All but the app's own React and msw. tsup prefers this list to `external`.
  noExternal: [/^(?!(?:react|msw)(?:\/|$))/],
  removeNodeProtocol: false,
  esbuildOptions: (options) => {
    options.chunkNames = "chunks/[name]-[hash]"
  },
  esbuildPlugins: [pure, nodeBuiltins, byImports]
})
