/** Prints rows for people: a block for each question, everybody's figure in it, and where a peer wins. */
import { styleText } from "node:util"
import type { Figure, Row } from "./Row.ts"

const number = (value: number): string =>
  value.toLocaleString("en", { maximumFractionDigits: Math.abs(value) < 10 ? 1 : 0 })

const amount = (value: number, unit: Row["unit"]): string =>
  `${number(value)} ${unit === "mints" && value === 1 ? "mint" : unit}`

const range = ({ spread: [low, high] = [0, 0] }: Figure): string =>
  low === high ? "" : `${number(low)} to ${number(high)}`

const times = (ratio: number): string => `${ratio < 0.1 ? ratio.toPrecision(2) : ratio.toFixed(2)} ×`

const verdict = ({ ratio, reached, target }: Row): string => {
  if (target === undefined) return "no target"
  const word = reached === true ? styleText("green", "reached") : styleText("red", "missed")
  return `target: ${target}: ${word}${ratio === undefined ? "" : `, ${times(ratio)}`}`
}

const block = (row: Row): ReadonlyArray<string> => {
  const { note, ours, peers, question, unit } = row
  const width = Math.max(...Object.keys(peers).map((name) => name.length))
  const line = (name: string, figure: Figure, ratio: string) =>
    `  ${name.padEnd(width)} ${amount(figure.value, unit).padStart(13)} ${ratio.padStart(10)}   ${range(figure)}`.trimEnd()
  return [
    styleText("bold", question),
    styleText("cyan", line("tempcred", ours, "")),
    ...Object.entries(peers).map(([name, peer]) => line(name, peer, times(peer.ratio ?? ours.value / peer.value))),
    `  ${verdict(row)}`,
    styleText("dim", `  ${note}`),
    ""
  ]
}

const wins = ({ ours, peers, question, unit }: Row): ReadonlyArray<string> => {
  const winners = Object.entries(peers).filter(([, { value }]) => value < ours.value)
  if (winners.length === 0) return []
  const told = winners.map(([name, { value }]) => `    ${name}, with ${amount(value, unit)}`)
  return [`  ${question} (ours: ${amount(ours.value, unit)})`, ...told]
}

export const render = (rows: ReadonlyArray<Row>): string => {
  const won = rows.flatMap(wins)
  return [
    styleText(
      "dim",
      "Less is better. × says how many times the peer's figure ours is; then come the lowest and the highest round."
    ),
    "",
    ...rows.flatMap(block),
    styleText("bold", "Where a peer wins"),
    ...(won.length === 0 ? ["  nowhere"] : won),
    ""
  ].join("\n")
}
