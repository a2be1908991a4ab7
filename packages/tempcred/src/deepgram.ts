/**
 * Deepgram alone: a minter with plain options that loads no other vendor, and the provider for a minter of several.
 *
 * ```ts
 * import { createMinter } from "tempcred/deepgram"
 *
 * const minter = createMinter({ apiKey: process.env["DEEPGRAM_API_KEY"] ?? "" })
 * ```
 */
import { minterOf, providerOf } from "./plain/vendor.ts"
import type { CommonOptions, Minter, Provider, DeepgramOptions } from "./plain/types.ts"

export type { DeepgramOptions } from "./plain/types.ts"

const load = async () => (await import("./engine/vendors/deepgram.ts")).layer

/** Makes the provider Deepgram, for `createMinter({ providers })`. */
export const deepgram: (options: DeepgramOptions) => Provider = (options) => providerOf("deepgram", load, options)

/** Makes a minter of Deepgram. It reads no environment. */
export const createMinter: (options: DeepgramOptions & CommonOptions) => Minter = (options) => minterOf(load, options)
