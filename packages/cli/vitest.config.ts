import { mergeConfig } from "vitest/config"
import shared from "../../vitest.shared.ts"

// The commands are loaded once for all files: they keep nothing between two runs.
export default mergeConfig(shared, { test: { globalSetup: "test/bundle.ts", isolate: false } })
