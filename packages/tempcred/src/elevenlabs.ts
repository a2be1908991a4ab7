/**
 * ElevenLabs alone: a minter with plain options that loads no other vendor, and the provider for a minter of several.
 *
 * ```ts
 * import { createMinter } from "tempcred/elevenlabs"
 *
 * const minter = createMinter({ apiKey: process.env["ELEVENLABS_API_KEY"] ?? "" })
 * ```
 *
 * @since 0.1.0
 */

import { minterOf, providerOf } from "./plain/vendor.ts"
import type { VendorMinterOptions, Minter, Provider } from "./plain/minter-types.ts"
import type { ElevenLabsOptions } from "./plain/vendor-types.ts"

export type { ElevenLabsOptions } from "./plain/vendor-types.ts"

const load = async () => (await import("./engine/vendors/elevenlabs.ts")).layer

/**
 * Makes the provider ElevenLabs, for `createMinter({ providers })`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const elevenLabs: (options: ElevenLabsOptions) => Provider = (options) => providerOf("elevenlabs", load, options)

/**
 * Makes a minter of ElevenLabs. It reads no environment.
 *
 * @category constructors
 * @since 0.1.0
 */
export const createMinter: (options: ElevenLabsOptions & VendorMinterOptions) => Minter = (options) =>
  minterOf(load, options)
