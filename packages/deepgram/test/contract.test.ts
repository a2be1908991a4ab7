import * as Deepgram from "@tempcred/deepgram/Deepgram"
import * as Emulator from "@tempcred/emulator/Deepgram"
import { contract } from "@tempcred/testing/Contract"

const subject = {
  adapter: Deepgram.adapter,
  mintRoute: Emulator.mintRoute,
  request: { purpose: "stt.realtime" }
} as const

contract("deepgram, as it is documented", { ...subject, emulator: Emulator.make })

contract("deepgram, as it has been seen", {
  ...subject,
  emulator: (options) => Emulator.make({ ...options, wrongKeyStatus: 400, expiresIn: false })
})
