/** Text in columns. */
import { stripVTControlCharacters } from "node:util"

const widthOf = (cell: string): number => [...stripVTControlCharacters(cell)].length

/** Lines up rows of cells, each column as wide as its widest cell, two spaces apart. */
export const render = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const columns = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? "")))
  )
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - widthOf(cell)))
        .join("  ")
        .trimEnd()
    )
    .join("\n")
}

const wrapped = (cell: string, width: number): ReadonlyArray<string> =>
  cell.split(" ").reduce<ReadonlyArray<string>>((lines, word) => {
    const last = lines.at(-1)
    if (last === undefined) return [word]
    const longer = `${last} ${word}`
    return widthOf(longer) > width ? [...lines, word] : [...lines.slice(0, -1), longer]
  }, [])

type Rows = ReadonlyArray<ReadonlyArray<string>>

const heightOf = (rows: Rows, widths: ReadonlyArray<number>): number =>
  rows.reduce((sum, row) => sum + Math.max(1, ...row.map((cell, at) => wrapped(cell, widths[at] ?? 0).length)), 0)

/** Takes one character after the other where that makes the fewest lines more, until all fits or no space is left to break at. */
const narrowed = (rows: Rows, width: number): ReadonlyArray<number> => {
  const [head = []] = rows
  const widest = (measure: (cell: string) => number) =>
    head.map((_, column) => Math.max(...rows.map((row) => measure(row[column] ?? ""))))
  const least = widest((cell) => Math.max(...cell.split(" ").map(widthOf)))
  let widths = widest(widthOf)
  while (widths.reduce((sum, one) => sum + one + 2, -2) > width) {
    const [next] = widths
      .flatMap((one, column) => (one > (least[column] ?? 0) ? [widths.with(column, one - 1)] : []))
      .map((narrower) => ({ narrower, height: heightOf(rows, narrower) }))
      .toSorted((one, other) => one.height - other.height)
    if (next === undefined) break
    widths = next.narrower
  }
  return widths
}

/** Breaks cells between words so that the rows are no wider than this, as far as words allow; each row becomes one or more. */
export const wrap = (rows: Rows, width: number): ReadonlyArray<Rows> => {
  const widths = narrowed(rows, width)
  return rows.map((row) => {
    const cells = row.map((cell, column) => wrapped(cell, widths[column] ?? 0))
    const height = Math.max(1, ...cells.map((lines) => lines.length))
    return Array.from({ length: height }, (_, line) => cells.map((lines) => lines[line] ?? ""))
  })
}

/** Writes rows as a Markdown table, the first as its head. */
export const renderMarkdown = ([head = [], ...rows]: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")
