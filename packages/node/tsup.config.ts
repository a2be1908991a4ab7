import { readFile } from "node:fs/promises"
import { defineConfig } from "tsup"
import { library, licenses } from "../../tsup.config.ts"

/**
 * The package with the part of undici that it uses in it. undici is CommonJS, whose `require` bundlers cannot put into an ES module; what it requires of
 * Node is asked for otherwise here.
 */
export default defineConfig({
  ...library,
  noExternal: [/^undici\/lib\//],
  esbuildPlugins: [
    ...(library.esbuildPlugins ?? []),
    licenses,
    {
      name: "builtins",
      setup(build) {
        build.onLoad({ filter: /\/node_modules\/undici\/lib\/.*\.js$/ }, async ({ path }) => ({
          contents: (await readFile(path, "utf8")).replaceAll(/\brequire\((?=['"]node:)/g, "process.getBuiltinModule(")
        }))
      }
    }
  ]
})
