/**
 * Soniox temporary API keys for tempcred.
 *
 * @since 0.1.0
 */

export * as Soniox from "./Soniox.ts"
