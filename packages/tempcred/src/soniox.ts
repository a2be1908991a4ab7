/**
 * Soniox alone: a minter with plain options that loads no other vendor, and the provider for a minter of several.
 *
 * ```ts
 * import { createMinter } from "tempcred/soniox"
 *
 * const minter = createMinter({ apiKey: process.env["SONIOX_API_KEY"] ?? "" })
 * ```
 *
 * @since 0.1.0
 */

import { minterOf, providerOf } from "./plain/vendor.ts"
import type { VendorMinterOptions, Minter, Provider } from "./plain/minter-types.ts"
import type { SonioxOptions } from "./plain/vendor-types.ts"

export type { SonioxOptions } from "./plain/vendor-types.ts"

const load = async () => (await import("./engine/vendors/soniox.ts")).layer

/**
 * Makes the provider Soniox, for `createMinter({ providers })`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const soniox: (options: SonioxOptions) => Provider = (options) => providerOf("soniox", load, options)

/**
 * Makes a minter of Soniox. It reads no environment.
 *
 * @category constructors
 * @since 0.1.0
 */
export const createMinter: (options: SonioxOptions & VendorMinterOptions) => Minter = (options) =>
  minterOf(load, options)
