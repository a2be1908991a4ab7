/**
 * Gemini alone: a minter with plain options that loads no other vendor, and the provider for a minter of several.
 *
 * ```ts
 * import { createMinter } from "tempcred/gemini"
 *
 * const minter = createMinter({ apiKey: process.env["GEMINI_API_KEY"] ?? "" })
 * ```
 */
import { minterOf, providerOf } from "./plain/vendor.ts"
import type { CommonOptions, Minter, Provider, GeminiOptions } from "./plain/types.ts"

export type { GeminiOptions } from "./plain/types.ts"

const load = async () => (await import("./engine/vendors/gemini.ts")).layer

/** Makes the provider Gemini, for `createMinter({ providers })`. */
export const gemini: (options: GeminiOptions) => Provider = (options) => providerOf("gemini", load, options)

/** Makes a minter of Gemini. It reads no environment. */
export const createMinter: (options: GeminiOptions & CommonOptions) => Minter = (options) => minterOf(load, options)
