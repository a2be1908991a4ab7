/**
 * Emulators of speech vendors, written from the vendors' documents, without a network.
 *
 * @since 0.1.0
 */

export * as AssemblyAi from "./AssemblyAi.ts"
export * as Deepgram from "./Deepgram.ts"
export * as ElevenLabs from "./ElevenLabs.ts"
export * as Emulator from "./Emulator.ts"
export * as Faults from "./Faults.ts"
export * as Gemini from "./Gemini.ts"
export * as OpenAi from "./OpenAi.ts"
export * as Soniox from "./Soniox.ts"
export * as Speech from "./Speech.ts"
export * as Speechmatics from "./Speechmatics.ts"
