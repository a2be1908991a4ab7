/**
 * OpenAI Realtime client secrets for tempcred.
 *
 * @since 0.1.0
 */

export * as OpenAi from "./OpenAi.ts"
