import * as Emulator from "@tempcred/emulator/Soniox"
import * as Soniox from "@tempcred/soniox/Soniox"
import { contract } from "@tempcred/testing/Contract"

contract("soniox", {
  adapter: Soniox.adapter,
  emulator: Emulator.make,
  mintRoute: Emulator.mintRoute,
  request: { purpose: "stt.realtime" }
})
