/** ElevenLabs' adapter, with an agent and a voice, before its emulator. */
import * as ElevenLabs from "@tempcred/elevenlabs/ElevenLabs"
import * as Emulator from "@tempcred/emulator/ElevenLabs"
import * as Harness from "@tempcred/testing/Harness"
import * as Redacted from "effect/Redacted"

export const key = "key-of-elevenlabs"

export const { withEnv, withOptions } = Harness.make({
  adapter: ElevenLabs.adapter,
  layer: ElevenLabs.layer,
  options: { apiKey: Redacted.make(key), agentId: "agent_emulated", voiceId: "voice_emulated" },
  emulator: (clock) => Emulator.make({ apiKey: key, clock }),
  mintRoute: Emulator.mintRoute,
  request: { purpose: "stt.realtime" }
})
