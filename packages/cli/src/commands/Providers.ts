/** `tempcred providers`: what each vendor can do. */
import * as Effect from "effect/Effect"
import * as Printing from "../Printing.ts"
import * as Table from "../Table.ts"
import * as VendorTable from "../VendorTable.ts"
import { adapters } from "../Vendors.ts"

/** What is asked on the command line. */
export interface Options {
  readonly json: boolean
  readonly markdown: boolean
}

/** Prints the table: for people, for machines (the adapters' own capabilities), or for a page. */
export const run = Effect.fnUntraced(function* ({ json, markdown }: Options): Effect.fn.Return<void> {
  if (json) {
    return yield* Printing.json(
      adapters.flatMap(({ capabilities, id }) =>
        Object.entries(capabilities).map(([purpose, capability]) => ({ provider: id, purpose, ...capability }))
      )
    )
  }
  const rows = VendorTable.rows(adapters)
  if (!markdown) {
    const paint = yield* Printing.paint
    const [heads = [], ...wrapped] = Table.wrap([VendorTable.heads, ...rows], yield* Printing.width)
    const bold = heads.map((line) => line.map((head) => (head === "" ? head : paint("bold", head))))
    return yield* Printing.result(Table.render([...bold, ...wrapped.flat()]))
  }
  const marked = rows.map(([vendor = "", purpose = "", ...cells]) => [vendor, `\`${purpose}\``, ...cells])
  return yield* Printing.result(Table.renderMarkdown([VendorTable.heads, ...marked]))
})
