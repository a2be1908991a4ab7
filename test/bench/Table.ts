/** Formats rows for the terminal: a block for each question, and a list of better peers. */
import { styleText } from "node:util"
import type { Figure, Row, Target } from "./Row.ts"
import { amount, ratio, spread, winners } from "./Words.ts"

const target = ({ obstacle, promise, reached }: Target): string => {
  const told = `  target: ${promise}: ${reached ? styleText("green", "reached") : styleText("red", "missed")}`
  return reached || obstacle === undefined ? told : `${told}\n${styleText("dim", `    ${obstacle}`)}`
}

const bound = (name: string): string => `bound: ${name}`

const block = (row: Row): ReadonlyArray<string> => {
  const { better = "less", bounds = {}, note, ours, peers, question, targets = [], unit } = row
  const width = Math.max(
    ...["tempcred", ...Object.keys(peers), ...Object.keys(bounds).map(bound)].map((name) => name.length)
  )
  const line = (name: string, figure: Figure, told: string) =>
    `  ${name.padEnd(width)} ${amount(figure.value, unit).padStart(16)} ${told.padStart(10)}   ${spread(figure)}`.trimEnd()
  return [
    `${styleText("bold", question)} ${styleText("dim", `(${better} is better)`)}`,
    styleText("cyan", line("tempcred", ours, "")),
    ...Object.entries(peers).map(([name, peer]) => line(name, peer, ratio(ours, peer))),
    ...Object.entries(bounds).map(([name, most]) => line(bound(name), most, ratio(ours, most))),
    ...(targets.length === 0 ? ["  no target"] : targets.map(target)),
    styleText("dim", `  ${note}`),
    ""
  ]
}

export const render = (rows: ReadonlyArray<Row>): string => {
  const won = rows.flatMap((row) => {
    const told = winners(row).map((winner) => `    ${winner}`)
    return told.length === 0 ? [] : [`  ${row.question} (ours: ${amount(row.ours.value, row.unit)})`, ...told]
  })
  return [
    styleText("dim", "× is our figure divided by the peer's; then come the lowest and the highest round."),
    "",
    ...rows.flatMap(block),
    styleText("bold", "Where a peer wins"),
    ...(won.length === 0 ? ["  nowhere"] : won),
    ""
  ].join("\n")
}
