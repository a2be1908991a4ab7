import * as AssemblyAi from "@tempcred/assemblyai/AssemblyAi"
import * as Emulated from "@tempcred/emulator/AssemblyAi"
import { assemblyai, reply } from "../support/further-talks.ts"
import { transcript } from "../support/talks.ts"
import type { Vendor } from "../support/vendors.ts"

const { agent, "stt.realtime": streaming } = assemblyai

export const vendors: ReadonlyArray<Vendor> = [
  {
    name: "AssemblyAI",
    adapter: AssemblyAi.adapter,
    regional: true,
    uses: [
      { purpose: "stt.realtime", product: "streaming", talk: streaming, outcome: transcript, cut: "3008" },
      { purpose: "agent", product: "agent", talk: agent, outcome: reply, cut: "session.ended" }
    ],
    emulator: (clock) => Emulated.make({ clock }),
    abroad: { ASSEMBLYAI_REGION: "eu" }
  }
]
