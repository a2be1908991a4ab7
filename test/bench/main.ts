/**
 * `pnpm bench`: the figures that the library promises, each beside the same figure of the caches in cloud SDKs, measured in one run.
 * `--quick` takes fewer rounds, `--json` prints for machines.
 */
import { createRequire } from "node:module"
import { cpus } from "node:os"
import { parseArgs } from "node:util"
import * as CachedGet from "./CachedGet.ts"
import * as ColdGets from "./ColdGets.ts"
import * as HeldScopes from "./HeldScopes.ts"
import type { Row } from "./Row.ts"
import * as ShortLived from "./ShortLived.ts"
import * as Start from "./Start.ts"
import { render } from "./Table.ts"

const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, json: { type: "boolean", default: false } }
})

const subjects = { CachedGet, ColdGets, ShortLived, HeldScopes, Start }
const require = createRequire(import.meta.url)
const names = ["effect", "@smithy/core", "@azure/core-rest-pipeline", "google-auth-library"]
const version = (name: string): string => {
  const manifest: { readonly version: string } = require(`${name}/package.json`)
  return manifest.version
}
const versions = { node: process.versions.node, ...Object.fromEntries(names.map((name) => [name, version(name)])) }

const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`)
}

const rows: Array<Row> = []
for (const [subject, measurement] of Object.entries(subjects)) {
  progress(`measuring ${subject} …`)
  rows.push(...(await measurement.rows(values)))
}
progress("")

const machine = `${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}`
if (values.json) process.stdout.write(`${JSON.stringify({ versions, machine, rows }, undefined, 2)}\n`)
else {
  const peers = Object.entries(versions).map(([name, number]) => `${name} ${number}`)
  process.stdout.write(`${peers.join(", ")}\n${machine}\n\n${render(rows)}`)
}
