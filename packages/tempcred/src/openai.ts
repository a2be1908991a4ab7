/**
 * OpenAI alone: a minter with plain options that loads no other vendor, and the provider for a minter of several.
 *
 * ```ts
 * import { createMinter } from "tempcred/openai"
 *
 * const minter = createMinter({ apiKey: process.env["OPENAI_API_KEY"] ?? "" })
 * ```
 *
 * @since 0.1.0
 */

import { minterOf, providerOf } from "./plain/vendor.ts"
import type { VendorMinterOptions, Minter, Provider } from "./plain/minter-types.ts"
import type { OpenAiOptions } from "./plain/vendor-types.ts"

export type { OpenAiOptions } from "./plain/vendor-types.ts"

const load = async () => (await import("./engine/vendors/openai.ts")).layer

/**
 * Makes the provider OpenAI, for `createMinter({ providers })`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const openAi: (options: OpenAiOptions) => Provider = (options) => providerOf("openai", load, options)

/**
 * Makes a minter of OpenAI. It reads no environment.
 *
 * @category constructors
 * @since 0.1.0
 */
export const createMinter: (options: OpenAiOptions & VendorMinterOptions) => Minter = (options) =>
  minterOf(load, options)
