/** The shared settings, for tests that start processes and servers. */
import { defineConfig, mergeConfig } from "vitest/config"
import shared from "../vitest.shared.ts"

export default mergeConfig(
  shared,
  defineConfig({
    test: {
      globalSetup: ["src/support/global.ts"],
      include: ["src/**/*.test.ts"],
      // Processes, load and real time: one file at a time, so that none starves another.
      fileParallelism: false
    }
  })
)
