/** `tempcred providers`: lists the capabilities of each vendor. */
import type { Capability, Range } from "@tempcred/core/Capabilities"
import * as Duration from "effect/Duration"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Printing from "../Printing.ts"
import * as Table from "../Table.ts"
import { adapters } from "../Vendors.ts"

/** The flags of the command. */
export interface Options {
  readonly json: boolean
  readonly markdown: boolean
}

const headings: ReadonlyArray<string> = [
  "vendor",
  "purpose",
  "ttl (default)",
  "single use",
  "max session",
  "usable for",
  "session lock",
  "subject",
  "regions"
]

const none = "–"

const length = (seconds: number): string => Duration.format(Duration.seconds(seconds)).replaceAll(" ", "")

const between = ({ max, min }: Range): string => (min === max ? length(min) : `${length(min)}–${length(max)}`)

const withDefault = (range: Range & { readonly default: number }): string =>
  range.min === range.max ? between(range) : `${between(range)} (${length(range.default)})`

const cells = (capability: Capability): ReadonlyArray<string> => {
  const { maxSessionSeconds, regions, sessionLocks = [], singleUse, subject, ttlSeconds, usableForSeconds } = capability
  return [
    withDefault(ttlSeconds),
    singleUse === "always" ? singleUse : singleUse ? "yes" : "no",
    maxSessionSeconds === undefined ? none : between(maxSessionSeconds),
    usableForSeconds === undefined ? none : withDefault(usableForSeconds),
    sessionLocks.join(", ") || none,
    subject.requiredForClient === true ? `${subject.effect}, required` : subject.effect,
    regions.join(", ") || none
  ]
}

const capabilities = adapters.flatMap((adapter) =>
  Object.entries(adapter.capabilities).map(([purpose, capability]) => ({ provider: adapter.id, purpose, capability }))
)

/** Prints the capabilities as a table, as Markdown, or as JSON. */
export const run = Effect.fnUntraced(function* ({ json, markdown }: Options): Effect.fn.Return<void> {
  if (json) {
    return yield* Printing.json(
      capabilities.map(({ capability, provider, purpose }) => ({ provider, purpose, ...capability }))
    )
  }
  const code = markdown ? "`" : ""
  const rows = capabilities.map(({ capability, provider, purpose }) => [
    provider,
    code + purpose + code,
    ...cells(capability)
  ])
  if (markdown) return yield* Printing.result(Table.renderMarkdown([headings, ...rows]))
  const [paint, width] = [yield* Printing.paint, yield* Printing.width]
  const style: Table.Style = (line, row) => (row === 0 ? paint("bold", line) : line)
  const table = Table.render([headings, ...rows], width, style)
  const fits = table.split("\n").every((line) => Table.widthOf(line) <= width)
  yield* Printing.result(fits ? table : blocks(rows, width, paint))
})

const factsOf = (row: ReadonlyArray<string>): string =>
  row.flatMap((cell, column) => (column < 2 || cell === none ? [] : [`${headings[column]}: ${cell}`])).join("; ")

/** Formats the rows for a narrow terminal: a block for each vendor, with the purposes that have the same capabilities. */
const blocks = (rows: Table.Rows, width: number, paint: Printing.Paint): string => {
  const indented = (indent: string, text: string) =>
    Table.breakLines(text, width - indent.length).map((line) => indent + line)
  const vendors = Object.entries(Arr.groupBy(rows, ([vendor = ""]) => vendor)).map(([vendor, own]) => [
    paint("bold", vendor),
    ...Object.entries(Arr.groupBy(own, factsOf)).flatMap(([facts, same]) => [
      ...indented("  ", same.map(([, purpose]) => purpose).join(", ")),
      ...indented("    ", facts)
    ])
  ])
  return vendors.map((lines) => lines.join("\n")).join("\n\n")
}
