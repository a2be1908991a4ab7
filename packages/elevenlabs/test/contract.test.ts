import * as ElevenLabs from "@tempcred/elevenlabs/ElevenLabs"
import * as Emulator from "@tempcred/emulator/ElevenLabs"
import { contract } from "@tempcred/testing/Contract"

const subject = {
  adapter: ElevenLabs.adapter,
  mintRoute: Emulator.mintRoute,
  request: { purpose: "stt.realtime" }
} as const

for (const errorForm of ["documented", "observed", "legacy"] as const) {
  contract(`elevenlabs, with errors in the ${errorForm} form`, {
    ...subject,
    emulator: (options) => Emulator.make({ ...options, errorForm })
  })
}

contract("elevenlabs, of an agent", {
  ...subject,
  emulator: Emulator.make,
  mintRoute: Emulator.signedUrlRoute,
  request: { purpose: "agent" }
})
