/** Speechmatics' adapter before its emulator. */
import * as Emulator from "@tempcred/emulator/Speechmatics"
import * as Speechmatics from "@tempcred/speechmatics/Speechmatics"
import * as Harness from "@tempcred/testing/Harness"
import * as Redacted from "effect/Redacted"

export const key = "key-of-speechmatics"

export const { withEnv, withOptions } = Harness.make({
  adapter: Speechmatics.adapter,
  layer: Speechmatics.layer,
  options: { apiKey: Redacted.make(key) },
  emulator: (clock, options?: Emulator.Options) => Emulator.make({ apiKey: key, clock, ...options }),
  mintRoute: Emulator.mintRoute,
  request: { purpose: "stt.realtime" }
})
