import * as Emulated from "@tempcred/emulator/Speechmatics"
import * as Speechmatics from "@tempcred/speechmatics/Speechmatics"
import { sound, speechmatics, transcript } from "../support/talks.ts"
import type { Vendor } from "../support/vendors.ts"

export const vendors: ReadonlyArray<Vendor> = [
  {
    name: "Speechmatics",
    adapter: Speechmatics.adapter,
    regional: false,
    uses: [
      { purpose: "stt.realtime", product: "rt", talk: speechmatics["stt.realtime"], outcome: transcript },
      { purpose: "stt.batch", product: "batch", talk: speechmatics["stt.batch"], outcome: transcript },
      { purpose: "tts.batch", product: "tts", talk: speechmatics["tts.batch"], outcome: sound }
    ],
    emulator: (clock) => Emulated.make({ clock }),
    abroad: { SPEECHMATICS_REGION: "us" }
  }
]
