/**
 * The vendors on real ports, in two regions each, with their adapters. Their clock and ours stand still until a test
 * moves them.
 */
import type { Adapter } from "@tempcred/core/Adapter"
import * as Minter from "@tempcred/core/Minter"
import type { Purpose } from "@tempcred/core/Purpose"
import type { Clock, Emulator } from "@tempcred/emulator/Emulator"
import { serve } from "@tempcred/emulator/Node"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Layer from "effect/Layer"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { vi } from "vitest"
import type { Outcome, Talk } from "./talks.ts"

/** A purpose of a vendor. */
export interface Use {
  readonly purpose: Purpose
  /** The vendor's name of the product. */
  readonly product: string
  readonly talk: Talk
  readonly outcome: Outcome
  /** The vendor's end of a session at its limit, if there is a limit. */
  readonly cut?: string
}

export interface Vendor {
  readonly name: string
  readonly adapter: Adapter
  /** True if a credential is refused in another region. */
  readonly regional: boolean
  readonly uses: ReadonlyArray<Use>
  readonly emulator: (clock: Clock) => Emulator
  /** The variables that choose the second region. */
  readonly abroad: Readonly<Record<string, string>>
}

const folder = join(import.meta.dirname, "../vendors")

/** The vendors of all files in `vendors`. */
export const vendors: ReadonlyArray<Vendor> = (
  await Promise.all(
    readdirSync(folder).map((file): Promise<{ readonly vendors: ReadonlyArray<Vendor> }> => import(join(folder, file)))
  )
).flatMap((one) => one.vendors)

/** Starts a vendor; `minter` is in the first region, `abroad` in the second. */
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
    vi.useRealTimers()
  }
  return { ...minters, advance: clock.advance, [Symbol.asyncDispose]: close }
}

/** Makes a clock that stands still until a test moves it, with that of this process; timers run in order. */
const stoppedClock = (start: number) => {
  const alarms = new Set<{ readonly at: number; readonly run: () => void }>()
  let now = start
  vi.useFakeTimers({ toFake: ["Date"], now })
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
    vi.setSystemTime(now)
  }
  const after: Clock["after"] = (milliseconds, run) => {
    const alarm = { at: now + milliseconds, run }
    alarms.add(alarm)
    return () => void alarms.delete(alarm)
  }
  return { now: () => now, after, advance }
}
