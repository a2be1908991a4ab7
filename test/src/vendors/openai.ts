import * as Emulated from "@tempcred/emulator/OpenAi"
import * as OpenAi from "@tempcred/openai/OpenAi"
import { openai, reply } from "../support/further-talks.ts"
import type { Vendor } from "../support/vendors.ts"

export const vendors: ReadonlyArray<Vendor> = [
  {
    name: "OpenAI",
    adapter: OpenAi.adapter,
    regional: false,
    uses: [
      { purpose: "realtime", product: "realtime", talk: openai.realtime, outcome: reply },
      { purpose: "stt.realtime", product: "realtime", talk: openai["stt.realtime"], outcome: reply }
    ],
    emulator: (clock) => Emulated.make({ clock }),
    abroad: {}
  }
]
