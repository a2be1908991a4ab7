/**
 * The vendors that the command line knows, each with its adapter and its emulator.
 *
 * @since 0.1.0
 */
import type { Descriptor } from "@tempcred/core/Adapter"
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

/**
 * The adapters, in the order in which tables show them.
 *
 * @category constants
 * @since 0.1.0
 */
export const adapters: ReadonlyArray<Descriptor> = [
  AssemblyAi.adapter,
  Deepgram.adapter,
  ElevenLabs.adapter,
  Gemini.adapter,
  OpenAi.adapter,
  Soniox.adapter,
  Speechmatics.adapter
]

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
export const isVendors = (variable: string): boolean =>
  /^(ASSEMBLYAI|DEEPGRAM|ELEVENLABS|GEMINI|GOOGLE_GEMINI|OPENAI|SONIOX|SPEECHMATICS|SM)_/.test(variable)

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
  [
    EmulatedAssemblyAi.make(),
    EmulatedDeepgram.make(),
    EmulatedElevenLabs.make(),
    EmulatedGemini.make(),
    EmulatedOpenAi.make(),
    EmulatedSoniox.make(),
    emulatedSpeechmatics()
  ].filter(({ vendor }) => wanted.includes(vendor))
