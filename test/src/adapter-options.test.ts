/** Each option of an adapter has its sentence in the table, and its row on the vendor's page. */
import type { Table } from "@tempcred/core/Adapter"
import { assert, describe, it } from "@effect/vitest"
import { join } from "node:path"
import { adapters, read, root } from "./support/workspace.ts"

describe.each(adapters)("$name", ({ path }) => {
  it("documents each option in its table and on the page of the vendor", async () => {
    const { adapter }: { readonly adapter: { readonly id: string; readonly options: Table } } = await import(
      join(root, path)
    )
    const page = `docs/vendors/${adapter.id}.md`
    const [source, told] = [read(path), read(page)]
    for (const [name, { optionalVariables = [], variables }] of Object.entries(adapter.options)) {
      assert.match(source, new RegExp(`\\*/\\n {2}${name}: Adapter\\.`), `${path}: ${name} has no doc comment`)
      for (const word of [name, ...variables, ...optionalVariables]) {
        assert.include(told, `\`${word}\``, `${page}: ${word} has no row`)
      }
    }
  })
})
