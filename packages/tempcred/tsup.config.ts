import { defineConfig } from "tsup"
import { licenses } from "../../tsup.config.ts"

/**
 * One program of few ES modules, with all that it needs in it: what a command does is loaded when it runs, so that help comes at once.
 */
export default defineConfig({
  entry: ["src/cli/main.ts"],
  format: "esm",
  platform: "node",
  target: "node22",
  splitting: true,
  minify: true,
  clean: true,
  dts: false,
  // CommonJS dependencies load Node's modules by `require`.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);'
  },
  esbuildPlugins: [licenses]
})
