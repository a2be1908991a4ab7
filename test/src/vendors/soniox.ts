import * as Emulated from "@tempcred/emulator/Soniox"
import * as Soniox from "@tempcred/soniox/Soniox"
import { sound, soniox, transcript } from "../support/talks.ts"
import type { Vendor } from "../support/vendors.ts"

const keys = { us: "long-lived-key-of-us", eu: "long-lived-key-of-eu" }

const expired = "temp_api_key_session_expired"

const withKeys = (keyForm: "snx_temp_" | "temp:"): Vendor => ({
  name: `Soniox with ${keyForm} keys`,
  adapter: Soniox.adapter,
  regional: true,
  uses: [
    { purpose: "stt.realtime", product: "stt", talk: soniox["stt.realtime"], outcome: transcript, cut: expired },
    { purpose: "tts.realtime", product: "tts", talk: soniox["tts.realtime"], outcome: sound, cut: expired },
    { purpose: "tts.batch", product: "tts", talk: soniox["tts.batch"], outcome: sound }
  ],
  emulator: (clock) => Emulated.make({ clock, keyForm, apiKeys: keys }),
  abroad: { SONIOX_REGION: "eu", SONIOX_API_KEY: keys.eu }
})

export const vendors = [withKeys("snx_temp_"), withKeys("temp:")]
