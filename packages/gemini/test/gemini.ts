/** Gemini's adapter before its emulator. */
import * as Emulator from "@tempcred/emulator/Gemini"
import * as Gemini from "@tempcred/gemini/Gemini"
import * as Trials from "@tempcred/testing/Trials"
import * as Redacted from "effect/Redacted"

export const key = "key-of-gemini"

export const { withEnv, withOptions } = Trials.make({
  adapter: Gemini.adapter,
  layer: Gemini.layer,
  options: { apiKey: Redacted.make(key) },
  emulator: (clock) => Emulator.make({ apiKey: key, clock }),
  mintRoute: Emulator.mintRoute,
  request: { purpose: "realtime" }
})
