/** Both vendors on real ports, in two regions each, behind their adapters; their clock stands still until it is moved. */
import type { Descriptor } from "@tempcred/core/Adapter"
import * as Minter from "@tempcred/core/Minter"
import type { Purpose } from "@tempcred/core/Purpose"
import type { Clock, Emulator } from "@tempcred/emulator/Emulator"
import { serve } from "@tempcred/emulator/Node"
import * as EmulatedSoniox from "@tempcred/emulator/Soniox"
import * as EmulatedSpeechmatics from "@tempcred/emulator/Speechmatics"
import * as Soniox from "@tempcred/soniox/Soniox"
import * as Speechmatics from "@tempcred/speechmatics/Speechmatics"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Layer from "effect/Layer"
import { type Outcome, type Talk, sound, soniox, speechmatics, transcript } from "./talks.ts"

/** One purpose of one vendor. */
export interface Use {
  readonly purpose: Purpose
  /** The vendor's name for what a credential of this purpose opens. */
  readonly product: string
  readonly talk: Talk
  readonly outcome: Outcome
}

export interface Vendor {
  readonly name: string
  readonly adapter: Descriptor
  /** Whether a credential of one region is refused in another. */
  readonly regional: boolean
  readonly uses: ReadonlyArray<Use>
  readonly emulator: (clock: Clock) => Emulator
  /** The variables that choose the second of the two regions. */
  readonly abroad: Readonly<Record<string, string>>
}

const keys = { us: "long-lived-key-of-us", eu: "long-lived-key-of-eu" }

const sonioxWith = (keyForm: "snx_temp_" | "temp:"): Vendor => ({
  name: `Soniox with ${keyForm} keys`,
  adapter: Soniox.adapter,
  regional: true,
  uses: [
    { purpose: "stt.realtime", product: "stt", talk: soniox["stt.realtime"], outcome: transcript },
    { purpose: "tts.realtime", product: "tts", talk: soniox["tts.realtime"], outcome: sound },
    { purpose: "tts.batch", product: "tts", talk: soniox["tts.batch"], outcome: sound }
  ],
  emulator: (clock) => EmulatedSoniox.make({ clock, keyForm, apiKeys: keys }),
  abroad: { SONIOX_REGION: "eu", SONIOX_API_KEY: keys.eu }
})

export const vendors: ReadonlyArray<Vendor> = [
  sonioxWith("snx_temp_"),
  sonioxWith("temp:"),
  {
    name: "Speechmatics",
    adapter: Speechmatics.adapter,
    regional: false,
    uses: [
      { purpose: "stt.realtime", product: "rt", talk: speechmatics["stt.realtime"], outcome: transcript },
      { purpose: "stt.batch", product: "batch", talk: speechmatics["stt.batch"], outcome: transcript },
      { purpose: "tts.batch", product: "tts", talk: speechmatics["tts.batch"], outcome: sound }
    ],
    emulator: (clock) => EmulatedSpeechmatics.make({ clock }),
    abroad: { SPEECHMATICS_REGION: "us" }
  }
]

/** Starts a vendor; `minter` is at home, `abroad` is in the other region. */
export const start = async ({ abroad, adapter, emulator: make }: Vendor) => {
  const clock = stoppedClock(Date.UTC(2026, 10, 21, 12))
  const emulator = make(clock)
  const [home, away] = await Promise.all([serve(emulator, { region: "us" }), serve(emulator, { region: "eu" })])
  const minter = (origin: string, more: Readonly<Record<string, string>>) => {
    const config = ConfigProvider.fromEnv({ env: { ...emulator.env(origin), ...more } })
    return Minter.make(Layer.provide(adapter.layerConfig, ConfigProvider.layer(config)))
  }
  const minters = { minter: minter(home.origin, {}), abroad: minter(away.origin, abroad) }
  const close = async () => {
    await Promise.all([minters.minter, minters.abroad, home, away].map((one) => one.close()))
  }
  return { ...minters, advance: clock.advance, [Symbol.asyncDispose]: close }
}

/** A clock that stands still until it is moved; what is due by then is run in its order. */
const stoppedClock = (start: number) => {
  const alarms = new Set<{ readonly at: number; readonly run: () => void }>()
  let now = start
  const advance = (milliseconds: number) => {
    const until = now + milliseconds
    for (;;) {
      const [next] = [...alarms].filter(({ at }) => at <= until).toSorted((one, two) => one.at - two.at)
      if (next === undefined) break
      alarms.delete(next)
      now = Math.max(now, next.at)
      next.run()
    }
    now = until
  }
  const after: Clock["after"] = (milliseconds, run) => {
    const alarm = { at: now + milliseconds, run }
    alarms.add(alarm)
    return () => void alarms.delete(alarm)
  }
  return { now: () => now, after, advance }
}
