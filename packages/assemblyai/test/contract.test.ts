import * as AssemblyAi from "@tempcred/assemblyai/AssemblyAi"
import * as Emulator from "@tempcred/emulator/AssemblyAi"
import { contract } from "@tempcred/testing/Contract"

contract("assemblyai", {
  adapter: AssemblyAi.adapter,
  emulator: Emulator.make,
  mintRoute: Emulator.mintRoute,
  request: { purpose: "stt.realtime" }
})
