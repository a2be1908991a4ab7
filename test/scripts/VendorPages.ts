/** The tables of the vendors' pages, from the adapters, the proofs of placements and the report of the last live run. */
import type { Adapter, Table } from "@tempcred/core/Adapter"
import type { Connection, Placement } from "@tempcred/core/Connection"
import type { Purpose } from "@tempcred/core/Purpose"
import type { Emulator } from "@tempcred/emulator/Emulator"
import * as Minter from "@tempcred/core/Minter"
import { TempCredential } from "@tempcred/core/TempCredential"
import { serve } from "@tempcred/emulator/Node"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Layer from "effect/Layer"
import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { nameOf, placements, type Entry } from "../src/support/placements.ts"
import { adapters, files, read, root } from "../src/support/workspace.ts"
import { reportOf } from "./LiveReport.ts"

/** A vendor of this workspace, with its adapter and its emulator. */
export interface Vendor {
  readonly id: string
  readonly page: string
  readonly source: string
  readonly emulatorSource: string
  readonly adapter: Adapter & { readonly options: Table }
  readonly emulator: () => Emulator
}

/** The vendors of the workspace. */
export const vendors: ReadonlyArray<Vendor> = await Promise.all(
  adapters.map(async ({ name, path }): Promise<Vendor> => {
    const emulatorSource = `packages/emulator/src/${name}.ts`
    const own: { readonly adapter: Vendor["adapter"] } = await import(join(root, path))
    const emulated: { readonly make: () => Emulator } = await import(join(root, emulatorSource))
    const { id } = own.adapter
    return { id, page: `docs/vendors/${id}.md`, source: path, emulatorSource, ...own, emulator: () => emulated.make() }
  })
)

const cell = (text: string): string => text.replaceAll("|", "\\|")

/** Renders a table as oxfmt does: every column as wide as its widest cell. */
const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const cells = [head, ...rows].map((row) => row.map(cell))
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)))
  const line = (row: ReadonlyArray<string>) =>
    `| ${row.map((text, index) => text.padEnd(widths[index] ?? 0)).join(" | ")} |`
  const [first = [], ...rest] = cells
  return [line(first), line(widths.map((width) => "-".repeat(width))), ...rest.map(line)].join("\n")
}

const code = (text: string): string => `\`${text}\``

/** The vendor's rows of the table of all vendors, which the command line prints. */
const capabilities = ({ id }: Vendor): string => {
  const rows = read("docs/vendors/index.md")
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((text) => text.trim())
    )
  const [head = []] = rows.filter(([first]) => first === "vendor")
  const own = rows.filter(([first]) => first === id)
  // The first column is the vendor, and the last has a table of its own. A limit that the vendor lacks is left out.
  const columns = [...head.keys()].slice(1, -1).filter((column) => own.some((row) => row[column] !== "–"))
  const chosen = (row: ReadonlyArray<string>) => columns.map((column) => row[column] ?? "")
  return table(chosen(head), own.map(chosen))
}

/** The doc comment of an option, with its default. */
const meaningOf = (source: string, name: string): string => {
  const [, comment = ""] =
    new RegExp(`/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\n {2}${name}: Adapter\\.`).exec(read(source)) ?? []
  const text = comment
    .replaceAll(/^\s*\* ?/gm, "")
    .replaceAll(/\s+/g, " ")
    .trim()
  return text.replaceAll(/`?"([^"]*)"`?/g, "`$1`").replace(/ @default (.*)$/, " Default: $1.")
}

const options = ({ adapter, source }: Vendor): string =>
  table(
    ["variable", "option", "meaning"],
    Object.entries(adapter.options).flatMap(([name, { kind, optionalVariables = [], variables }]) => {
      const all = [...variables, ...optionalVariables]
      const row = [all.map(code).join(", ") || "–", code(name), meaningOf(source, name)]
      const file = [
        `\`${variables[0]}_FILE\``,
        "`KeySource.fromFile`",
        "The file of the key: one key per line, newest first. It is read again when it changes."
      ]
      return kind === "key" ? [row, file] : [row]
    })
  )

const placeOf = (placement: Placement): string => {
  switch (placement.in) {
    case "header":
      return `header ${code(`${placement.name}: ${placement.value}`)}`
    case "query":
      return `query parameter ${code(placement.name)}`
    case "subprotocols":
      return `subprotocols ${placement.protocols.map(code).join(", ")}`
    case "message":
      return `field ${code(placement.field)} of the first message`
    case "form":
      return `form field ${code(placement.field)}`
    case "url":
      return "the URL is the credential"
    case "sdk":
      return `argument ${code(placement.name)} of the vendor's SDK`
  }
}

const whereOf = ({ deprecatedFrom, where }: Connection): string => {
  const who = where === "server" ? "servers" : where === "browser" ? "browsers" : "browsers and servers"
  return deprecatedFrom === undefined ? who : `${who}, until ${deprecatedFrom}`
}

const proofOf = ({ proof }: Entry): string => {
  if (proof.by === "SDK") return `SDK: ${code(`${proof.package} ${proof.version}`)}, ${proof.read}`
  const page = `[page](${proof.source}), ${proof.read}`
  return proof.inferred === undefined ? `documents: ${page}` : `inferred: ${page}`
}

interface Way {
  readonly purpose: Purpose
  readonly connection: Connection
  readonly entry: Entry
}

/** The connections of a credential of each purpose, minted at the emulator, with their proofs. */
const waysOf = async ({ adapter, emulator: make, id }: Vendor): Promise<ReadonlyArray<Way>> => {
  const emulator = make()
  const server = await serve(emulator)
  const config = ConfigProvider.layer(ConfigProvider.fromEnv({ env: emulator.env(server.origin) }))
  const minter = Minter.make(Layer.provide(adapter.layerConfig, config))
  try {
    const minted = await Promise.all(
      purposesOf(adapter).map(async (purpose) => {
        const { connections } = TempCredential.encode(await minter.mint({ purpose, subject: "ann" }))
        return connections.flatMap((connection) => {
          const { kind, placement, url } = connection
          const name = nameOf({ purpose, kind, path: URL.parse(url)?.pathname ?? url, placement })
          const entry = placements.get(id)?.find((one) => nameOf(one) === name)
          return entry === undefined ? [] : [{ purpose, connection, entry }]
        })
      })
    )
    return minted.flat()
  } finally {
    await minter.close()
    await server.close()
  }
}

const isPurpose = (adapter: Adapter, name: string): name is Purpose => Object.hasOwn(adapter.capabilities, name)

/** The purposes of an adapter. */
export const purposesOf = (adapter: Adapter): ReadonlyArray<Purpose> =>
  Object.keys(adapter.capabilities).filter((name) => isPurpose(adapter, name))

const ways = (found: ReadonlyArray<Way>): string =>
  table(
    ["purpose", "connection", "place of the token", "for", "proven by"],
    found.map(({ connection, entry, purpose }) => [
      code(purpose),
      `${entry.kind === "websocket" ? "WebSocket" : "HTTP"} ${code(entry.path.replace("voice_emulated", "<voice id>"))}`,
      placeOf(entry.placement),
      whereOf(connection),
      proofOf(entry)
    ])
  )

interface Fixture {
  readonly source: string
  readonly read: string
}

const count = (size: number, what: string): string => `${size} ${what}${size === 1 ? "" : "s"}`

const proofs = ({ emulatorSource, id }: Vendor): string => {
  const fixtures = files
    .filter((path) => path.startsWith(`packages/testing/fixtures/${id}/`))
    .map((path): Fixture => JSON.parse(read(path)))
  const dates = fixtures.map((fixture) => fixture.read).toSorted()
  const client = `test/src/${id}-sdk.test.ts`
  const live = reportOf(id)
  const rows = [
    [
      "emulator",
      "minting, refusals, expiry and every connection",
      `[emulated from the vendor's documents](../../${emulatorSource})`
    ],
    ...(existsSync(join(root, client))
      ? [["vendor's SDK", "the client connects with minted credentials", `[test](../../${client})`]]
      : []),
    [
      "specification",
      `${count(fixtures.length, "response")} of the vendor's documents`,
      `[fixtures](../../packages/testing/fixtures/${id}), read ${[...new Set([dates[0], dates.at(-1)])].join(" to ")}`
    ],
    live === undefined
      ? ["live", "not yet", "`pnpm verify --live`"]
      : [
          "live",
          Object.entries(live.purposes)
            .map(([purpose, what]) => `${code(purpose)}: ${what}`)
            .join("; "),
          live.date
        ]
  ]
  return table(["by", "what", "source"], rows)
}

/** Returns the page of a vendor with current tables, between `<!-- table: name -->` and `<!-- end -->`. */
export const pageOf = async (vendor: Vendor): Promise<string> => {
  const tables: Readonly<Record<string, string>> = {
    capabilities: capabilities(vendor),
    options: options(vendor),
    connections: ways(await waysOf(vendor)),
    proofs: proofs(vendor)
  }
  return read(vendor.page).replaceAll(
    /(<!-- table: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, begin: string, name: string, end: string) => `${begin}\n${tables[name] ?? ""}\n\n${end}`
  )
}

/** Writes the tables of all pages. */
export const writePages = async (): Promise<void> => {
  for (const vendor of vendors) writeFileSync(join(root, vendor.page), await pageOf(vendor))
}
