/** What `pnpm test:e2e` runs: tests with a Redis, a browser, other runtimes, processes, and load. */
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import { endToEnd, project } from "./vitest.shared.ts"

export default defineConfig({
  test: {
    pool: "forks",
    // One file at a time: load and real time in one starve the others.
    fileParallelism: false,
    reporters: ["default", ["json", { outputFile: "node_modules/.test-results-e2e.json" }]],
    projects: [
      project("test", {
        include: [endToEnd],
        globalSetup: fileURLToPath(new URL("test/src/support/global.ts", import.meta.url)),
        isolate: true,
        testTimeout: 120_000
      }),
      project("examples/captions", {
        maxConcurrency: 3,
        testTimeout: 120_000,
        isolate: true
      })
    ]
  }
})
