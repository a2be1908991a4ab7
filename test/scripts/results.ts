/** Prints the number of tests in the last runs of `pnpm test` and `pnpm test:e2e`. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "../src/support/workspace.ts"

interface Results {
  readonly numPassedTests: number
  readonly numFailedTests: number
}

const runs = [".test-results.json", ".test-results-e2e.json"].map((file): Results =>
  JSON.parse(readFileSync(join(root, "node_modules", file), "utf8"))
)
const passed = runs.reduce((sum, { numPassedTests }) => sum + numPassedTests, 0)
const failed = runs.reduce((sum, { numFailedTests }) => sum + numFailedTests, 0)
if (runs.some(({ numPassedTests }) => numPassedTests === 0) || failed > 0) process.exitCode = 1
process.stdout.write(`${passed} passed, ${failed} failed\n`)
