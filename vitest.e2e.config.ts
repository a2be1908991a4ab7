/** What `pnpm test:e2e` runs: tests with a Redis, a browser, other runtimes, processes, and load. */
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import { endToEnd, project } from "./vitest.shared.ts"

/** Files whose results depend neither on load nor on time: they run two at a time, before the others. */
const calm = ["bench", "configuration", "new-adapter", "redis-runtimes", "runtimes", "site", "verify"].map(
  (name) => `src/${name}.e2e.test.ts`
)

const options = {
  globalSetup: fileURLToPath(new URL("test/src/support/global.ts", import.meta.url)),
  isolate: true,
  testTimeout: 120_000
}

export default defineConfig({
  test: {
    pool: "forks",
    reporters: ["default", ["json", { outputFile: "node_modules/.test-results-e2e.json" }]],
    projects: [
      project("test", { ...options, name: "calm", include: calm, maxWorkers: 2, sequence: { groupOrder: 0 } }),
      // One file at a time: load and real time in one starve the others.
      project("test", {
        ...options,
        include: [endToEnd],
        exclude: ["**/node_modules/**", ...calm],
        maxWorkers: 1,
        sequence: { groupOrder: 1 }
      }),
      project("examples/captions", {
        maxConcurrency: 3,
        testTimeout: 120_000,
        isolate: true,
        maxWorkers: 1,
        sequence: { groupOrder: 2 }
      })
    ]
  }
})
