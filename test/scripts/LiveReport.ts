/** The report of `pnpm verify --live`: what was minted and opened at each vendor, and when. */
import * as Schema from "effect/Schema"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "../src/support/workspace.ts"

const Day = Schema.String.check(Schema.isPattern(/^\d{4}-\d\d-\d\d$/))

/** The outcome of each purpose, such as "minted and opened", and the date of the run. */
const Run = Schema.Struct({ date: Day, purposes: Schema.Record(Schema.String, Schema.NonEmptyString) })

/** The last live run at a vendor. */
export type Run = typeof Run.Type

const Report = Schema.fromJsonString(Schema.Record(Schema.String, Run))

/** The report that the vendors' pages show. */
export const published: string = join(root, "docs/vendors/live.json")

const load = (path: string): Readonly<Record<string, Run>> =>
  existsSync(path) ? Schema.decodeUnknownSync(Report)(readFileSync(path, "utf8")) : {}

/** Returns the last live run at a vendor, or `undefined` if there was none. */
export const reportOf = (id: string): Run | undefined => load(published)[id]

/** Adds runs to a report; earlier runs at other vendors stay. */
export const addRuns = (path: string, runs: Readonly<Record<string, Run>>): void =>
  writeFileSync(path, `${JSON.stringify({ ...load(path), ...runs }, null, 2)}\n`)
