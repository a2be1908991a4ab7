/** Deepgram's adapter before its emulator. */
import * as Deepgram from "@tempcred/deepgram/Deepgram"
import * as Emulator from "@tempcred/emulator/Deepgram"
import * as Harness from "@tempcred/testing/Harness"
import * as Redacted from "effect/Redacted"

export const key = "key-of-deepgram"

export const { withEnv, withOptions } = Harness.make({
  adapter: Deepgram.adapter,
  layer: Deepgram.layer,
  options: { apiKey: Redacted.make(key) },
  emulator: (clock) => Emulator.make({ apiKey: key, clock }),
  mintRoute: Emulator.mintRoute,
  request: { purpose: "stt.realtime" }
})
