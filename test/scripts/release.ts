/**
 * `pnpm release`: builds and packs the packages, checks the tarballs, and publishes those whose version is not published yet. `--dry-run` prints
 * them and publishes nothing; `--json` prints JSON.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { parseArgs } from "node:util"
import { address, unset } from "./release/Metadata.ts"
import { pack, run } from "./release/Pack.ts"
import { render, sized } from "./release/Report.ts"

const { values } = parseArgs({
  options: { "dry-run": { type: "boolean", default: false }, json: { type: "boolean", default: false } }
})
const advice = "Mend what this says, and start again: nothing is published."
const folder = mkdtempSync(join(tmpdir(), "tempcred-release-"))

const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`)
}

const build = (): void => {
  progress("building …")
  run(advice, "pnpm", "run", "build")
}

const show = (): void => {
  build()
  progress("packing …")
  const packages = sized(pack(folder))
  progress("")
  const report = { address: address(), provenance: process.env["NPM_CONFIG_PROVENANCE"] === "true", packages }
  process.stdout.write(values.json ? `${JSON.stringify(report, undefined, 2)}\n` : render(report))
}

/** Publishes the tarballs that were checked. Changesets leaves out what the registry already has. */
const publish = (): void => {
  if (address() === unset) throw new Error("The repository has no public address: set it with `pnpm address <url>`.")
  build()
  const plan = join(folder, "plan.json")
  run(advice, "pnpm", "exec", "changeset", "publish-plan", "--output", plan)
  run(advice, "pnpm", "exec", "changeset", "pack", "--from-publish-plan", plan, "--out-dir", folder)
  process.stdout.write(run(advice, "pnpm", "exec", "changeset", "publish", "--from-pack-dir", folder))
}

try {
  if (values["dry-run"]) show()
  else publish()
} catch (error) {
  progress("")
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true })
}
