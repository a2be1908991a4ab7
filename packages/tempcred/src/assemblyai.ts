/**
 * AssemblyAI alone: a minter with plain options that loads no other vendor, and the provider for a minter of several.
 *
 * ```ts
 * import { createMinter } from "tempcred/assemblyai"
 *
 * const minter = createMinter({ apiKey: process.env["ASSEMBLYAI_API_KEY"] ?? "" })
 * ```
 *
 * @since 0.1.0
 */

import { minterOf, providerOf } from "./plain/vendor.ts"
import type { VendorMinterOptions, Minter, Provider } from "./plain/minter-types.ts"
import type { AssemblyAiOptions } from "./plain/vendor-types.ts"

export type { AssemblyAiOptions } from "./plain/vendor-types.ts"

const load = async () => (await import("./engine/vendors/assemblyai.ts")).layer

/**
 * Makes the provider AssemblyAI, for `createMinter({ providers })`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const assemblyAi: (options: AssemblyAiOptions) => Provider = (options) => providerOf("assemblyai", load, options)

/**
 * Makes a minter of AssemblyAI. It reads no environment.
 *
 * @category constructors
 * @since 0.1.0
 */
export const createMinter: (options: AssemblyAiOptions & VendorMinterOptions) => Minter = (options) =>
  minterOf(load, options)
