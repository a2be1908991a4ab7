/**
 * Text in columns.
 *
 * @since 0.1.0
 */
import { stripVTControlCharacters } from "node:util"

const widthOf = (cell: string): number => [...stripVTControlCharacters(cell)].length

/**
 * Lines up rows of cells, each column as wide as its widest cell, two spaces apart.
 *
 * @category printing
 * @since 0.1.0
 */
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

/**
 * Writes rows as a Markdown table, the first as its head.
 *
 * @category printing
 * @since 0.1.0
 */
export const renderMarkdown = ([head = [], ...rows]: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")
