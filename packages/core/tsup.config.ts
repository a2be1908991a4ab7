import { readFile } from "node:fs/promises"
import { defineConfig } from "tsup"
import { library, licenses } from "../../tsup.config.ts"

/**
 * The package with the part of undici that it uses. undici is CommonJS, and bundlers cannot put its `require` into an ES module;
 * Node's own modules are loaded in another way here.
 */
export default defineConfig({
  ...library,
  // Only one module has helpers.
  splitting: false,
  external: [...(library.external ?? []), "#default-transport"],
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
