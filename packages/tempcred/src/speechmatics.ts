/**
 * Speechmatics alone: a minter with plain options that loads no other vendor, and the provider for a minter of several.
 *
 * ```ts
 * import { createMinter } from "tempcred/speechmatics"
 *
 * const minter = createMinter({ apiKey: process.env["SPEECHMATICS_API_KEY"] ?? "" })
 * ```
 *
 * @since 0.1.0
 */

import { minterOf, providerOf } from "./plain/vendor.ts"
import type { VendorMinterOptions, Minter, Provider } from "./plain/minter-types.ts"
import type { SpeechmaticsOptions } from "./plain/vendor-types.ts"

export type { SpeechmaticsOptions } from "./plain/vendor-types.ts"

const load = async () => (await import("./engine/vendors/speechmatics.ts")).layer

/**
 * Makes the provider Speechmatics, for `createMinter({ providers })`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const speechmatics: (options: SpeechmaticsOptions) => Provider = (options) =>
  providerOf("speechmatics", load, options)

/**
 * Makes a minter of Speechmatics. It reads no environment.
 *
 * @category constructors
 * @since 0.1.0
 */
export const createMinter: (options: SpeechmaticsOptions & VendorMinterOptions) => Minter = (options) =>
  minterOf(load, options)
