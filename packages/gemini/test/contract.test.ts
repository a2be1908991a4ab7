import { assert } from "@effect/vitest"
import * as Emulator from "@tempcred/emulator/Gemini"
import * as Gemini from "@tempcred/gemini/Gemini"
import { contract } from "@tempcred/testing/Contract"

const subject = {
  adapter: Gemini.adapter,
  mintRoute: Emulator.mintRoute,
  request: { purpose: "realtime" },
  told: "moment"
} as const

contract("gemini, as it is documented", { ...subject, emulator: Emulator.make })

const { realtime = assert.fail("it is not served") } = Gemini.adapter.capabilities

contract("gemini in v1beta", {
  ...subject,
  adapter: {
    ...Gemini.adapter,
    capabilities: { realtime: { ...realtime, sessionLocks: ["all"] } }
  },
  emulator: (options) => {
    const emulator = Emulator.make({ ...options, versions: ["v1beta"] })
    return { ...emulator, env: (origin) => ({ ...emulator.env(origin), GEMINI_API_VERSION: "v1beta" }) }
  }
})

contract("gemini, which tells both ends", {
  ...subject,
  emulator: (options) => Emulator.make({ ...options, echo: ["expireTime", "newSessionExpireTime", "uses"] })
})
