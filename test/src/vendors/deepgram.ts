import * as Deepgram from "@tempcred/deepgram/Deepgram"
import * as Emulated from "@tempcred/emulator/Deepgram"
import { deepgram, reply } from "../support/further-talks.ts"
import { sound, transcript } from "../support/talks.ts"
import type { Vendor } from "../support/vendors.ts"

export const vendors: ReadonlyArray<Vendor> = [
  {
    name: "Deepgram",
    adapter: Deepgram.adapter,
    regional: false,
    uses: [
      { purpose: "stt.realtime", product: "usage", talk: deepgram["stt.realtime"], outcome: transcript },
      { purpose: "stt.batch", product: "usage", talk: deepgram["stt.batch"], outcome: transcript },
      { purpose: "tts.realtime", product: "usage", talk: deepgram["tts.realtime"], outcome: sound },
      { purpose: "tts.batch", product: "usage", talk: deepgram["tts.batch"], outcome: sound },
      { purpose: "agent", product: "usage", talk: deepgram.agent, outcome: reply }
    ],
    emulator: (clock) => Emulated.make({ clock, regionalGrants: true }),
    abroad: { DEEPGRAM_REGION: "eu" }
  }
]
