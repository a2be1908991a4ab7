/** Text tables. */
import { displayWidth } from "effect/cli/CliOutput"

/** Returns the width of text in columns of a terminal. */
export const widthOf: (text: string) => number = displayWidth

/** Rows of cells; the first row may be the headings. */
export type Rows = ReadonlyArray<ReadonlyArray<string>>

/** Breaks text between words into lines of at most `width` columns; a longer word gets its own line. */
export const breakLines = (text: string, width: number): ReadonlyArray<string> => {
  const [first = "", ...words] = text.split(" ")
  const lines = [first]
  let used = widthOf(first)
  for (const word of words) {
    const added = 1 + widthOf(word)
    const fits = used + added <= width
    if (fits) lines.push(`${lines.pop()} ${word}`)
    else lines.push(word)
    used = fits ? used + added : added - 1
  }
  return lines
}

/** Narrows columns one character at a time, each time where this adds the fewest lines, until the table fits. */
const fit = (rows: Rows, width: number): ReadonlyArray<number> => {
  const columns = Array.from({ length: Math.max(0, ...rows.map((row) => row.length)) }, (_, column) => {
    const cells = rows.map((row) => row[column] ?? "")
    const heights = new Map<number, ReadonlyArray<number>>()
    return {
      minimum: Math.max(...cells.flatMap((cell) => cell.split(" ").map(widthOf))),
      widest: Math.max(...cells.map(widthOf)),
      heightsAt: (at: number) => {
        const known = heights.get(at) ?? cells.map((cell) => breakLines(cell, at).length)
        heights.set(at, known)
        return known
      }
    }
  })
  const height = (widths: ReadonlyArray<number>): number => {
    const heights = columns.map(({ heightsAt }, column) => heightsAt(widths[column] ?? 0))
    return rows.reduce((sum, _, row) => sum + Math.max(...heights.map((one) => one[row] ?? 1)), 0)
  }
  let widths = columns.map(({ widest }) => widest)
  while (widths.reduce((sum, one) => sum + one + 2, -2) > width) {
    const [next] = widths
      .flatMap((one, column) => (one > (columns[column]?.minimum ?? 0) ? [widths.with(column, one - 1)] : []))
      .map((narrower) => ({ narrower, height: height(narrower) }))
      .toSorted((one, other) => one.height - other.height)
    if (next === undefined) break
    widths = next.narrower
  }
  return widths
}

/** Styles one line of a cell, by its row and column. */
export type Style = (line: string, row: number, column: number) => string

/** Formats rows as aligned columns, two spaces apart. Cells are broken between words to fit `width`. */
export const render = (rows: Rows, width: number = Infinity, style: Style = (line) => line): string => {
  const widths = fit(rows, width)
  return rows
    .flatMap((row, at) => {
      const cells = row.map((cell, column) => breakLines(cell, widths[column] ?? 0))
      const height = Math.max(1, ...cells.map((lines) => lines.length))
      const lineOf = (line: number) =>
        cells.map((lines, column) => {
          const text = lines[line] ?? ""
          const padding = " ".repeat(Math.max(0, (widths[column] ?? 0) - widthOf(text)))
          return (text === "" ? text : style(text, at, column)) + padding
        })
      return Array.from({ length: height }, (_, line) => lineOf(line).join("  ").trimEnd())
    })
    .join("\n")
}

/** Formats rows as a Markdown table; the first row is the headings. */
export const renderMarkdown = ([head = [], ...rows]: Rows): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")
