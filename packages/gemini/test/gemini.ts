/** Gemini's adapter before its emulator. */
import * as Emulator from "@tempcred/emulator/Gemini"
import * as Gemini from "@tempcred/gemini/Gemini"
import * as Harness from "@tempcred/testing/Harness"
import * as Redacted from "effect/Redacted"

export const key = "key-of-gemini"

export const { withEnv, withOptions } = Harness.make({
  adapter: Gemini.adapter,
  layer: Gemini.layer,
  options: { apiKey: Redacted.make(key) },
  emulator: (clock) => Emulator.make({ apiKey: key, clock }),
  mintRoute: Emulator.mintRoute,
  request: { purpose: "realtime" }
})
