/**
 * Deepgram temporary tokens for tempcred.
 *
 * @since 0.1.0
 */

export * as Deepgram from "./Deepgram.ts"
