import * as AssemblyAi from "@tempcred/assemblyai/AssemblyAi"
import * as Emulator from "@tempcred/emulator/AssemblyAi"
import { contract } from "@tempcred/testing/Contract"

const subject = { adapter: AssemblyAi.adapter, emulator: Emulator.make }

contract("assemblyai, streaming", {
  ...subject,
  mintRoute: Emulator.mintRoute,
  request: { purpose: "stt.realtime" }
})

contract("assemblyai, of an agent", {
  ...subject,
  mintRoute: Emulator.mintAgentRoute,
  request: { purpose: "agent" }
})
