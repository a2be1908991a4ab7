/** Each option of an adapter has its sentence in the table, and its row in the README. */
import type { Table } from "@tempcred/core/Adapter"
import { assert, describe, it } from "@effect/vitest"
import { join } from "node:path"
import { adapters, read, root } from "./support/workspace.ts"

describe.each(adapters)("$name", ({ folder, path }) => {
  it("documents each option in its table and in the README", async () => {
    const { adapter }: { readonly adapter: { readonly options: Table } } = await import(join(root, path))
    const [source, readme] = [read(path), read(`${folder}/README.md`)]
    for (const [name, { optionalVariables = [], variables }] of Object.entries(adapter.options)) {
      assert.match(source, new RegExp(`\\*/\\n {2}${name}: Adapter\\.`), `${path}: ${name} has no doc comment`)
      for (const word of [name, ...variables, ...optionalVariables]) {
        assert.include(readme, `\`${word}\``, `${folder}/README.md: ${word} has no row`)
      }
    }
  })
})
