/** All vendors by name. An adapter is loaded when it is chosen. */
import type { Adapter } from "@tempcred/core/Adapter"
import type { ProviderName } from "../plain/types.ts"

const loads: Readonly<Record<ProviderName, () => Promise<{ readonly adapter: Adapter }>>> = {
  assemblyai: () => import("@tempcred/assemblyai/AssemblyAi"),
  deepgram: () => import("@tempcred/deepgram/Deepgram"),
  elevenlabs: () => import("@tempcred/elevenlabs/ElevenLabs"),
  gemini: () => import("@tempcred/gemini/Gemini"),
  openai: () => import("@tempcred/openai/OpenAi"),
  soniox: () => import("@tempcred/soniox/Soniox"),
  speechmatics: () => import("@tempcred/speechmatics/Speechmatics")
}

/** The vendors, in the order of messages. */
export const vendors = Object.entries(loads).map(([id, load]) => ({ id, load: async () => (await load()).adapter }))
