/** AssemblyAI's adapter before its emulator. */
import * as AssemblyAi from "@tempcred/assemblyai/AssemblyAi"
import * as Emulator from "@tempcred/emulator/AssemblyAi"
import * as Harness from "@tempcred/testing/Harness"
import * as Redacted from "effect/Redacted"

export const key = "key-of-assemblyai"

export const { withEnv, withOptions } = Harness.make({
  adapter: AssemblyAi.adapter,
  layer: AssemblyAi.layer,
  options: { apiKey: Redacted.make(key) },
  emulator: (clock) => Emulator.make({ apiKey: key, clock }),
  mintRoute: Emulator.mintRoute,
  request: { purpose: "stt.realtime" }
})
