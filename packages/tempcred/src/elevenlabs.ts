/**
 * ElevenLabs alone: a minter with plain options that loads no other vendor, and the provider for a minter of several.
 *
 * ```ts
 * import { createMinter } from "tempcred/elevenlabs"
 *
 * const minter = createMinter({ apiKey: process.env["ELEVENLABS_API_KEY"] ?? "" })
 * ```
 */
import { minterOf, providerOf } from "./plain/vendor.ts"
import type { CommonOptions, Minter, Provider, ElevenLabsOptions } from "./plain/types.ts"

export type { ElevenLabsOptions } from "./plain/types.ts"

const load = async () => (await import("./engine/vendors/elevenlabs.ts")).layer

/** Makes the provider ElevenLabs, for `createMinter({ providers })`. */
export const elevenLabs: (options: ElevenLabsOptions) => Provider = (options) => providerOf("elevenlabs", load, options)

/** Makes a minter of ElevenLabs. It reads no environment. */
export const createMinter: (options: ElevenLabsOptions & CommonOptions) => Minter = (options) => minterOf(load, options)
