/** The shared settings, for tests that start a browser. */
import { defineConfig, mergeConfig } from "vitest/config"
import shared from "../../vitest.shared.ts"

export default mergeConfig(
  shared,
  defineConfig({
    test: { globalSetup: ["test/support/global.ts"], maxConcurrency: 3, testTimeout: 120_000, hookTimeout: 30_000 }
  })
)
