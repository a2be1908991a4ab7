/**
 * AssemblyAI temporary tokens for tempcred.
 *
 * @since 0.1.0
 */

export * as AssemblyAi from "./AssemblyAi.ts"
