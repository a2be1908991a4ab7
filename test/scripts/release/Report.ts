/** What a release would publish, as a table. */
import { styleText } from "node:util"
import { unset } from "./Metadata.ts"
import { packages } from "../../src/support/workspace.ts"
import { type Packed, run } from "./Pack.ts"

/** A package that would be published. */
export interface Row {
  readonly name: string
  readonly version: string
  readonly access: string
  /** The size of the tarball in bytes. */
  readonly size: number
  /** The size of its files in bytes. */
  readonly unpackedSize: number
  readonly files: ReadonlyArray<string>
}

/** A release. */
export interface Release {
  readonly address: string
  /** Tells whether npm would be asked to attest the origin. */
  readonly provenance: boolean
  readonly packages: ReadonlyArray<Row>
}

interface Listed {
  readonly name: string
  readonly size: number
  readonly unpackedSize: number
}

const accessOf = (name: string): string =>
  packages.find((one) => one.name === name)?.publishConfig.access ?? "restricted"

/** Returns the rows of tarballs, as npm reads them. */
export const sized = (packed: ReadonlyArray<Packed>): ReadonlyArray<Row> => {
  const tarballs = packed.map(({ filename }) => filename)
  const listed: ReadonlyArray<Listed> = JSON.parse(
    run("npm cannot read the tarballs.", "npm", "pack", "--dry-run", "--json", ...tarballs)
  )
  return packed.map(({ files, name, version }) => {
    const { size, unpackedSize } = listed.find((one) => one.name === name) ?? { size: 0, unpackedSize: 0 }
    const paths = files.map(({ path }) => path)
    return { name, version, access: accessOf(name), size, unpackedSize, files: paths }
  })
}

const bytes = (count: number): string =>
  count < 1e6 ? `${(count / 1e3).toFixed(1)} kB` : `${(count / 1e6).toFixed(2)} MB`

const headings = ["package", "version", "packed", "unpacked", "files", "access"] as const

const cells = ({ access, files, name, size, unpackedSize, version }: Row): ReadonlyArray<string> => [
  name,
  version,
  bytes(size),
  bytes(unpackedSize),
  String(files.length),
  access
]

const isNumber = (column: number): boolean => column >= 2 && column <= 4

/** Returns the table of a release, and what stands in its way. */
export const render = (release: Release): string => {
  const { address, provenance } = release
  const rows = release.packages.map(cells)
  const widths = headings.map((heading, column) =>
    Math.max(...[heading, ...rows.map((row) => row[column] ?? "")].map((text) => text.length))
  )
  const line = (row: ReadonlyArray<string>) =>
    row
      .map((text, column) => (isNumber(column) ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0)))
      .join("  ")
      .trimEnd()
  const total = release.packages.reduce((sum, { size }) => sum + size, 0)
  const notes = [
    `${rows.length} packages, ${bytes(total)} packed. Nothing was published.`,
    `Provenance: ${provenance ? "yes" : "no; the release workflow sets NPM_CONFIG_PROVENANCE=true"}.`,
    address === unset
      ? styleText("yellow", "Not ready: the repository has no public address. Set it with `pnpm address <url>`.")
      : `Repository: ${address}`
  ]
  return `${styleText("bold", line(headings))}\n${rows.map(line).join("\n")}\n\n${notes.join("\n")}\n`
}
