/**
 * `pnpm bench [subject …]`: measures the library's figures and those of its alternatives in one run. Without subjects
 * it measures all of them and writes docs/benchmarks.md. `--quick` runs fewer rounds and writes nothing; `--json`
 * prints JSON.
 */
import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { findPackageJSON } from "node:module"
import { cpus } from "node:os"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as CachedGet from "./CachedGet.ts"
import * as ColdGets from "./ColdGets.ts"
import * as Endpoint from "./Endpoint.ts"
import * as Growth from "./Growth.ts"
import * as HeldScopes from "./HeldScopes.ts"
import * as Latency from "./Latency.ts"
import * as MintRate from "./MintRate.ts"
import * as Limited from "./Limited.ts"
import * as Outage from "./Outage.ts"
import { page, type Section } from "./Page.ts"
import type { Options, Row } from "./Row.ts"
import * as ShortLived from "./ShortLived.ts"
import * as Start from "./Start.ts"
import { render } from "./Table.ts"
import * as WarmPool from "./WarmPool.ts"

const subjects: Readonly<Record<string, { readonly rows: (options: Options) => Promise<ReadonlyArray<Row>> }>> = {
  MintRate,
  Latency,
  WarmPool,
  CachedGet,
  ColdGets,
  ShortLived,
  HeldScopes,
  Start,
  Endpoint,
  Limited,
  Outage,
  Growth
}

const { positionals, values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, json: { type: "boolean", default: false } },
  allowPositionals: true
})
const unknown = positionals.filter((name) => !Object.hasOwn(subjects, name))
if (unknown.length > 0) {
  process.stderr.write(`There is no ${unknown.join(", ")}. Subjects are ${Object.keys(subjects).join(", ")}.\n`)
  process.exit(2)
}

const version = (name: string): string => {
  const { version: number }: { readonly version: string } = JSON.parse(
    readFileSync(findPackageJSON(name, import.meta.url) ?? name, "utf8")
  )
  return number
}
const peers = [
  "@soniox/node",
  "@speechmatics/auth",
  "undici",
  "@smithy/core",
  "@azure/core-rest-pipeline",
  "google-auth-library",
  "livekit-client",
  "express",
  "generic-pool"
]
const circumstances = {
  machine: `${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}`,
  versions: {
    node: process.versions.node,
    effect: version("effect"),
    ...Object.fromEntries(peers.map((name) => [name, version(name)]))
  }
}

const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`)
}

const sections: Array<Section> = []
for (const [subject, { rows }] of Object.entries(subjects)) {
  if (positionals.length > 0 && !positionals.includes(subject)) continue
  progress(`measuring ${subject} …`)
  sections.push({ subject, rows: await rows(values) })
}
progress("")

const told = Object.entries(circumstances.versions).map(([name, number]) => `${name} ${number}`)
const rows = sections.flatMap((section) => section.rows)
process.stdout.write(
  values.json
    ? `${JSON.stringify({ ...circumstances, sections }, undefined, 2)}\n`
    : `${told.join(", ")}\n${circumstances.machine}\n\n${render(rows)}`
)

if (!values.quick && positionals.length === 0) {
  const root = new URL("../../", import.meta.url)
  const file = fileURLToPath(new URL("docs/benchmarks.md", root))
  writeFileSync(file, page(sections, circumstances))
  spawnSync(fileURLToPath(new URL("node_modules/.bin/oxfmt", root)), [file])
  process.stderr.write(`${file} is written.\n`)
}
