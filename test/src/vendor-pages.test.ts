/** The vendors' pages have the tables of their adapters. */
import { assert, describe, it } from "vitest"
import { pageOf, vendors } from "../scripts/VendorPages.ts"
import { read } from "./support/workspace.ts"

describe.each(vendors)("$page", (vendor) => {
  it("has the current tables of capabilities, options, connections and proofs", async () => {
    const page = read(vendor.page)
    for (const name of ["capabilities", "options", "connections", "proofs"]) {
      assert.include(page, `<!-- table: ${name} -->`)
    }
    assert.strictEqual(page, await pageOf(vendor), "Run `pnpm verify --pages`.")
  })
})
