import * as Emulator from "@tempcred/emulator/OpenAi"
import * as OpenAi from "@tempcred/openai/OpenAi"
import { contract } from "@tempcred/testing/Contract"

contract("openai", {
  adapter: OpenAi.adapter,
  emulator: Emulator.make,
  mintRoute: Emulator.mintRoute,
  request: { purpose: "realtime" }
})
