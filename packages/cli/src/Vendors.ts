/**
 * The vendors that the command line knows, each with its adapter and its emulator.
 *
 * @since 0.1.0
 */
import type { Descriptor } from "@tempcred/core/Adapter"
import type { Emulator } from "@tempcred/emulator/Emulator"
import * as EmulatedSoniox from "@tempcred/emulator/Soniox"
import * as EmulatedSpeechmatics from "@tempcred/emulator/Speechmatics"
import * as Soniox from "@tempcred/soniox/Soniox"
import * as Speechmatics from "@tempcred/speechmatics/Speechmatics"

/**
 * The adapters, in the order in which tables show them.
 *
 * @category constants
 * @since 0.1.0
 */
export const adapters: ReadonlyArray<Descriptor> = [Soniox.adapter, Speechmatics.adapter]

/**
 * The names of all vendors.
 *
 * @category constants
 * @since 0.1.0
 */
export const names: ReadonlyArray<string> = adapters.map(({ id }) => id)

/**
 * Whether a variable is one of a vendor's.
 *
 * @category guards
 * @since 0.1.0
 */
export const isVendors = (variable: string): boolean => /^(SONIOX|SPEECHMATICS|SM)_/.test(variable)

const emulatedSpeechmatics = (): Emulator => {
  const emulator = EmulatedSpeechmatics.make()
  return {
    ...emulator,
    env: (origin) => ({ ...emulator.env(origin), ...emulator.managementEnv(origin) })
  }
}

/**
 * Makes the emulators of vendors, in the order in which all vendors are listed.
 *
 * @category constructors
 * @since 0.1.0
 */
export const emulators = (wanted: ReadonlyArray<string>): ReadonlyArray<Emulator> =>
  [EmulatedSoniox.make(), emulatedSpeechmatics()].filter(({ vendor }) => wanted.includes(vendor))
