/** Soniox's adapter before its emulator, which has a key for each region. */
import * as Emulator from "@tempcred/emulator/Soniox"
import * as Soniox from "@tempcred/soniox/Soniox"
import * as Harness from "@tempcred/testing/Harness"
import * as Redacted from "effect/Redacted"

export const keys = { us: "key-of-us", eu: "key-of-eu", jp: "key-of-jp", in: "key-of-in", au1: "key-of-au1" }

export const key = (region: keyof typeof keys) => Redacted.make(keys[region])

/** The key is that of the region. The emulator takes hosts that it does not know for those of `au1`, a region that Soniox might add. */
export const { withEnv, withOptions } = Harness.make({
  adapter: Soniox.adapter,
  layer: Soniox.layer,
  options: { apiKey: key("us") },
  emulator: (clock, options?: Emulator.Options) => Emulator.make({ apiKeys: keys, region: "au1", clock, ...options }),
  mintRoute: Emulator.mintRoute,
  request: { purpose: "stt.realtime" }
})
