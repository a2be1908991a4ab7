/** Writes the fields of package.json that follow from the entries. With `--check`, fails when they are stale. */
import { readFileSync, writeFileSync } from "node:fs"
import { publishConfig, sources } from "./Entries.ts"

const text = readFileSync("package.json", "utf8")
const manifest = JSON.parse(text)
const made = `${JSON.stringify({ ...manifest, exports: sources, publishConfig: { ...publishConfig, access: "public" } }, undefined, 2)}\n`
if (process.argv.includes("--check")) {
  if (JSON.stringify(JSON.parse(made)) !== JSON.stringify(manifest)) {
    throw new Error("package.json does not have the entries of src: run node scripts/manifest.ts in packages/tempcred")
  }
} else if (made !== text) writeFileSync("package.json", made)
