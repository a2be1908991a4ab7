import * as Emulator from "@tempcred/emulator/Speechmatics"
import * as Speechmatics from "@tempcred/speechmatics/Speechmatics"
import { contract } from "@tempcred/testing/Contract"

contract("speechmatics", {
  adapter: Speechmatics.adapter,
  emulator: Emulator.make,
  mintRoute: Emulator.mintRoute,
  request: { purpose: "stt.realtime" }
})
