/** Fixtures from the vendors' pages, and the row of each. */
import * as Schema from "effect/Schema"
import { readdirSync } from "node:fs"
import { basename, join } from "node:path"
import type { Rows } from "./fixture-rows.ts"
import { files, read } from "./workspace.ts"

const Fixture = Schema.Struct({
  source: Schema.String.check(Schema.isPattern(/^https:\/\/\S+$/)),
  read: Schema.String.check(Schema.isPattern(/^\d{4}-\d\d-\d\d$/)),
  basis: Schema.Literals(["documented", "inferred"]),
  /** The part that no source states. */
  inferred: Schema.optionalKey(Schema.NonEmptyString),
  status: Schema.Int,
  headers: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  body: Schema.Json
})

const published = "packages/testing/fixtures/"

/** The names of all fixtures, such as `soniox/mint.201`. */
export const names = files
  .filter((path) => path.startsWith(published))
  .map((path) => path.slice(published.length, -".json".length))

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Fixture), { onExcessProperty: "error" })

export const fixture = (name: string): typeof Fixture.Type => decode(read(`${published}${name}.json`))

const folder = join(import.meta.dirname, "../fixtures")

/** The rows of all files in `fixtures`. */
export const rows: Rows = Object.fromEntries(
  (
    await Promise.all(
      readdirSync(folder).map(async (file) => {
        const { rows }: { readonly rows: Rows } = await import(join(folder, file))
        return Object.entries(rows).map(([name, row]) => [`${basename(file, ".ts")}/${name}`, row] as const)
      })
    )
  ).flat()
)
