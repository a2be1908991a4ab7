/**
 * Gemini alone: a minter with plain options that loads no other vendor, and the provider for a minter of several.
 *
 * ```ts
 * import { createMinter } from "tempcred/gemini"
 *
 * const minter = createMinter({ apiKey: process.env["GEMINI_API_KEY"] ?? "" })
 * ```
 *
 * @since 0.1.0
 */

import { minterOf, providerOf } from "./plain/vendor.ts"
import type { VendorMinterOptions, Minter, Provider } from "./plain/minter-types.ts"
import type { GeminiOptions } from "./plain/vendor-types.ts"

export type { GeminiOptions } from "./plain/vendor-types.ts"

const load = async () => (await import("./engine/vendors/gemini.ts")).layer

/**
 * Makes the provider Gemini, for `createMinter({ providers })`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const gemini: (options: GeminiOptions) => Provider = (options) => providerOf("gemini", load, options)

/**
 * Makes a minter of Gemini. It reads no environment.
 *
 * @category constructors
 * @since 0.1.0
 */
export const createMinter: (options: GeminiOptions & VendorMinterOptions) => Minter = (options) =>
  minterOf(load, options)
