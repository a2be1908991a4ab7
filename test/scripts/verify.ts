/**
 * `pnpm verify --live`: mints at each vendor whose key is in the environment, opens the connection, and writes a dated
 * report, which the vendors' pages show. `pnpm verify --pages` only writes the tables of these pages.
 */
import * as Schema from "effect/Schema"
import { execFile } from "node:child_process"
import { join } from "node:path"
import process from "node:process"
import { parseArgs } from "node:util"
import { root } from "../src/support/workspace.ts"
import { addRuns, published, type Run } from "./LiveReport.ts"
import { purposesOf, type Vendor, vendors, writePages } from "./VendorPages.ts"

const { report, ...flags } = parseArgs({
  options: { live: { type: "boolean" }, pages: { type: "boolean" }, report: { type: "string" } }
}).values

const print = (line: string): void => void process.stdout.write(`${line}\n`)

const Findings = Schema.fromJsonString(
  Schema.Array(Schema.Struct({ check: Schema.String, outcome: Schema.String, detail: Schema.String }))
)

/** Runs the checks of `tempcred doctor` for one purpose. */
const check = (provider: string, purpose: string): Promise<(typeof Findings)["Type"]> =>
  new Promise((resolve, reject) => {
    const program = join(root, "packages/tempcred/src/cli/main.ts")
    const args = [program, "doctor", "--json", "--provider", provider, "--purpose", purpose]
    execFile(process.execPath, args, (_, stdout, stderr) => {
      try {
        resolve(Schema.decodeUnknownSync(Findings)(stdout))
      } catch {
        reject(new Error(stderr))
      }
    })
  })

const outcomeOf = (findings: (typeof Findings)["Type"]): { readonly passed: boolean; readonly what: string } => {
  const failure = findings.find(({ outcome }) => outcome === "failed")
  if (failure !== undefined) return { passed: false, what: `${failure.check} failed: ${failure.detail}` }
  const opened = findings.some((finding) => finding.check === "connection" && finding.outcome === "ok")
  return { passed: true, what: opened ? "minted and opened" : "minted" }
}

const keyOf = ({ adapter }: Vendor): string =>
  Object.values(adapter.options).find(({ kind }) => kind === "key")?.variables[0] ?? ""

const isSet = (name: string): boolean => (process.env[name] ?? "") !== ""

const live = async (): Promise<boolean> => {
  const chosen = vendors.filter((vendor) => isSet(keyOf(vendor)) || isSet(`${keyOf(vendor)}_FILE`))
  if (chosen.length === 0) {
    const names = vendors.map((vendor) => `  ${keyOf(vendor)}`)
    print(
      ["No vendor has a key in the environment. Set one of these variables, or the same with _FILE:", ...names].join(
        "\n"
      )
    )
    return false
  }
  let passed = true
  const runs: Record<string, Run> = {}
  for (const { adapter, id } of chosen) {
    const purposes: Record<string, string> = {}
    for (const purpose of purposesOf(adapter)) {
      const outcome = outcomeOf(await check(id, purpose))
      print(`${outcome.passed ? "ok    " : "FAILED"}  ${id}  ${purpose}  ${outcome.what}`)
      passed &&= outcome.passed
      if (outcome.passed) purposes[purpose] = outcome.what
    }
    if (Object.keys(purposes).length > 0) runs[id] = { date: new Date().toISOString().slice(0, 10), purposes }
  }
  addRuns(report ?? published, runs)
  print(`Written: ${report ?? published}`)
  if (report === undefined) await writePages()
  return passed
}

if (flags.live === true) {
  if (!(await live())) process.exitCode = 1
} else if (flags.pages === true) {
  await writePages()
} else {
  print("Usage: pnpm verify --live [--report <file>], with vendors' keys in the environment; or pnpm verify --pages")
  process.exitCode = 2
}
