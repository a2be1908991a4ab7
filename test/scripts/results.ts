/** Prints how many tests the last run really ran, by the results that vitest left in every folder with tests. */
import { globSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { root } from "../src/support/workspace.ts"

interface Manifest {
  readonly scripts?: Readonly<Record<string, string>>
}

interface Results {
  readonly numPassedTests: number
  readonly numFailedTests: number
}

const manifest = (path: string): Manifest => JSON.parse(readFileSync(join(root, path), "utf8"))
const results = (folder: string): Results =>
  JSON.parse(readFileSync(join(root, folder, "node_modules/.test-results.json"), "utf8"))

const tested = globSync(["packages/*/package.json", "examples/*/package.json", "test/package.json"], { cwd: root })
  .filter((path) => manifest(path).scripts?.["test"] !== undefined)
  .map((path) => results(dirname(path)))
const passed = tested.reduce((sum, { numPassedTests }) => sum + numPassedTests, 0)
const failed = tested.reduce((sum, { numFailedTests }) => sum + numFailedTests, 0)
if (passed === 0 || failed > 0) process.exitCode = 1
process.stdout.write(`${passed} passed, ${failed} failed\n`)
