/**
 * Deepgram alone: a minter with plain options that loads no other vendor, and the provider for a minter of several.
 *
 * ```ts
 * import { createMinter } from "tempcred/deepgram"
 *
 * const minter = createMinter({ apiKey: process.env["DEEPGRAM_API_KEY"] ?? "" })
 * ```
 *
 * @since 0.1.0
 */

import { minterOf, providerOf } from "./plain/vendor.ts"
import type { VendorMinterOptions, Minter, Provider } from "./plain/minter-types.ts"
import type { DeepgramOptions } from "./plain/vendor-types.ts"

export type { DeepgramOptions } from "./plain/vendor-types.ts"

const load = async () => (await import("./engine/vendors/deepgram.ts")).layer

/**
 * Makes the provider Deepgram, for `createMinter({ providers })`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const deepgram: (options: DeepgramOptions) => Provider = (options) => providerOf("deepgram", load, options)

/**
 * Makes a minter of Deepgram. It reads no environment.
 *
 * @category constructors
 * @since 0.1.0
 */
export const createMinter: (options: DeepgramOptions & VendorMinterOptions) => Minter = (options) =>
  minterOf(load, options)
