import { assert, it } from "vitest"
import manifest from "../package.json" with { type: "json" }

it("TypeScript's node10 resolution, which ignores exports, finds the types of every entry", () => {
  const { exports, main, types, typesVersions } = manifest.publishConfig
  const declarations = Object.entries(exports).flatMap(([entry, path]) =>
    path.endsWith(".js") ? [{ entry: entry.slice(2), files: [path.replace(/\.js$/, ".d.ts")] }] : []
  )
  assert.strictEqual(main, exports["."])
  assert.deepStrictEqual(Object.fromEntries(declarations.map(({ entry, files }) => [entry, files])), {
    "": [types],
    ...typesVersions["*"]
  })
})
