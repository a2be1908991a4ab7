/** OpenAI's adapter before its emulator. */
import * as Emulator from "@tempcred/emulator/OpenAi"
import * as OpenAi from "@tempcred/openai/OpenAi"
import * as Harness from "@tempcred/testing/Harness"
import * as Redacted from "effect/Redacted"

export const key = "sk-key-of-openai"

export const { withEnv, withOptions } = Harness.make({
  adapter: OpenAi.adapter,
  layer: OpenAi.layer,
  options: { apiKey: Redacted.make(key) },
  emulator: (clock) => Emulator.make({ apiKey: key, clock }),
  mintRoute: Emulator.mintRoute,
  request: { purpose: "realtime" }
})
