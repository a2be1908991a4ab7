import * as Emulator from "@tempcred/emulator/Gemini"
import * as Gemini from "@tempcred/gemini/Gemini"
import { contract } from "@tempcred/testing/Contract"

const subject = {
  adapter: Gemini.adapter,
  mintRoute: Emulator.mintRoute,
  request: { purpose: "realtime" },
  told: "moment"
} as const

contract("gemini, as it is documented", { ...subject, emulator: Emulator.make })

contract("gemini, which tells both ends", {
  ...subject,
  emulator: (options) => Emulator.make({ ...options, echo: ["expireTime", "newSessionExpireTime", "uses"] })
})
