import * as Emulated from "@tempcred/emulator/Gemini"
import * as Gemini from "@tempcred/gemini/Gemini"
import { heardReply, reply, talk } from "../support/further-talks.ts"
import type { Vendor } from "../support/vendors.ts"

const converse = talk({
  inBytes: true,
  kind: ({ serverContent, setupComplete }) => {
    if (setupComplete !== undefined) return "setup"
    return serverContent?.turnComplete === true ? "turn" : undefined
  },
  before: [{ setup: { model: "models/gemini-live-2.5-flash-preview" } }],
  first: "setup",
  after: [{ clientContent: { turns: [{ role: "user", parts: [{ text: "Hello" }] }], turnComplete: true } }],
  last: "turn",
  hear: heardReply
})

const inVersion = (version: Emulated.Version): Vendor => ({
  name: `Gemini in ${version}`,
  adapter: Gemini.adapter,
  regional: false,
  uses: [{ purpose: "realtime", product: "live", talk: converse, outcome: reply }],
  emulator: (clock) => {
    const emulator = Emulated.make({ clock, versions: [version] })
    return { ...emulator, env: (origin) => ({ ...emulator.env(origin), GEMINI_API_VERSION: version }) }
  },
  abroad: {}
})

export const vendors = [inVersion("v1alpha"), inVersion("v1beta")]
