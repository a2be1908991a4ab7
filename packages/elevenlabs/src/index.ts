/**
 * ElevenLabs single-use tokens and signed URLs for tempcred.
 *
 * @since 0.1.0
 */

export * as ElevenLabs from "./ElevenLabs.ts"
