/** Writes rows as `docs/benchmarks.md`. */
import type { Row } from "./Row.ts"
import { amount, ratio, spread, winners } from "./Words.ts"

/** The rows of one module. */
export interface Section {
  /** The name on the command line. */
  readonly subject: string
  readonly rows: ReadonlyArray<Row>
}

export interface Circumstances {
  readonly versions: Readonly<Record<string, string>>
  readonly machine: string
}

const line = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

const table = ({ bounds = {}, ours, peers, unit }: Row): ReadonlyArray<string> => [
  line(["", "figure", "lowest to highest", "ours is"]),
  line(["---", "---:", "---:", "---:"]),
  line(["**tempcred**", amount(ours.value, unit), spread(ours), ""]),
  ...Object.entries(peers).map(([name, peer]) =>
    line([name, amount(peer.value, unit), spread(peer), ratio(ours, peer)])
  ),
  ...Object.entries(bounds).map(([name, bound]) =>
    line([`_bound:_ ${name}`, amount(bound.value, unit), spread(bound), ratio(ours, bound)])
  )
]

const block = (row: Row): ReadonlyArray<string> => [
  `### ${row.question}`,
  "",
  ...table(row),
  "",
  `${row.better === "more" ? "More" : "Less"} is better. ${row.note.replace(/^./, (first) => first.toUpperCase())}.`,
  ...(row.targets ?? []).flatMap(({ obstacle, promise, reached }) => [
    "",
    `Target: ${promise}. **${reached ? "Reached" : "Missed"}.**${reached || obstacle === undefined ? "" : ` Why: ${obstacle}.`}`
  ]),
  ""
]

export const page = (sections: ReadonlyArray<Section>, { machine, versions }: Circumstances): string => {
  const won = sections.flatMap(({ rows }) =>
    rows.flatMap((row) => {
      const told = winners(row)
      return told.length === 0
        ? []
        : [`- ${row.question} (ours: ${amount(row.ours.value, row.unit)}): ${told.join("; ")}.`]
    })
  )
  return [
    "# Benchmarks",
    "",
    "Written by `pnpm bench`. Every figure is of one run on one machine, against the emulators of this repository; no vendor was asked. Peers are run as themselves, from npm. A ratio says more than a figure does: where contestants took turns, it compares rounds that ran one after the other, and elsewhere the figures themselves. A figure of several rounds is their median. A bound is what nobody can pass and nobody would use instead: it does not win.",
    "",
    `Machine: ${machine}. Versions: ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(", ")}.`,
    "",
    "## Where a peer wins",
    "",
    ...(won.length === 0 ? ["Nowhere."] : won),
    "",
    ...sections.flatMap(({ rows, subject }) => [
      `## ${subject}`,
      "",
      `\`pnpm bench ${subject}\``,
      "",
      ...rows.flatMap(block)
    ])
  ].join("\n")
}
