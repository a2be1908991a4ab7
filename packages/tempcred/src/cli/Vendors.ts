/** The vendors of the command line, each with its adapter and its emulator. */
import type { Adapter } from "@tempcred/core/Adapter"
import type { Emulator } from "@tempcred/emulator/Emulator"
import * as AssemblyAi from "@tempcred/assemblyai/AssemblyAi"
import * as Deepgram from "@tempcred/deepgram/Deepgram"
import * as ElevenLabs from "@tempcred/elevenlabs/ElevenLabs"
import * as Gemini from "@tempcred/gemini/Gemini"
import * as OpenAi from "@tempcred/openai/OpenAi"
import * as Soniox from "@tempcred/soniox/Soniox"
import * as Speechmatics from "@tempcred/speechmatics/Speechmatics"
import * as EmulatedAssemblyAi from "@tempcred/emulator/AssemblyAi"
import * as EmulatedDeepgram from "@tempcred/emulator/Deepgram"
import * as EmulatedElevenLabs from "@tempcred/emulator/ElevenLabs"
import * as EmulatedGemini from "@tempcred/emulator/Gemini"
import * as EmulatedOpenAi from "@tempcred/emulator/OpenAi"
import * as EmulatedSoniox from "@tempcred/emulator/Soniox"
import * as EmulatedSpeechmatics from "@tempcred/emulator/Speechmatics"

interface Vendor {
  readonly adapter: Adapter
  readonly emulator: () => Emulator
}

const emulatedSpeechmatics = (): Emulator => {
  const emulator = EmulatedSpeechmatics.make()
  return {
    ...emulator,
    env: (origin) => ({ ...emulator.env(origin), ...emulator.managementEnv(origin) })
  }
}

/** All vendors, in the order of tables. */
const vendors: ReadonlyArray<Vendor> = [
  { adapter: AssemblyAi.adapter, emulator: EmulatedAssemblyAi.make },
  { adapter: Deepgram.adapter, emulator: EmulatedDeepgram.make },
  { adapter: ElevenLabs.adapter, emulator: EmulatedElevenLabs.make },
  { adapter: Gemini.adapter, emulator: EmulatedGemini.make },
  { adapter: OpenAi.adapter, emulator: EmulatedOpenAi.make },
  { adapter: Soniox.adapter, emulator: EmulatedSoniox.make },
  { adapter: Speechmatics.adapter, emulator: emulatedSpeechmatics }
]

/** The adapters, in the order of tables. */
export const adapters: ReadonlyArray<Adapter> = vendors.map(({ adapter }) => adapter)

/** The ids of all vendors. */
export const names: ReadonlyArray<string> = adapters.map(({ id }) => id)

/** Makes the emulators of vendors, in the order of tables. */
export const emulators = (wanted: ReadonlyArray<string>): ReadonlyArray<Emulator> =>
  vendors.filter(({ adapter }) => wanted.includes(adapter.id)).map(({ emulator }) => emulator())

/** Removes the variables of all vendors, by the prefixes of the emulators' variables. */
export const withoutVendors = <A>(variables: Readonly<Record<string, A>>): Readonly<Record<string, A>> => {
  const own = emulators(names).flatMap(({ env }) => Object.keys(env("http://127.0.0.1")))
  const prefixes = new Set(own.map(prefixOf))
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !prefixes.has(prefixOf(name))))
}

const prefixOf = (variable: string): string => variable.replace(/_.*$/, "")
