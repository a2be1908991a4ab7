/**
 * Ephemeral tokens of the Gemini Live API for tempcred.
 *
 * @since 0.1.0
 */

export * as Gemini from "./Gemini.ts"
