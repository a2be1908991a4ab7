/**
 * OpenAI alone: a minter with plain options that loads no other vendor, and the provider for a minter of several.
 *
 * ```ts
 * import { createMinter } from "tempcred/openai"
 *
 * const minter = createMinter({ apiKey: process.env["OPENAI_API_KEY"] ?? "" })
 * ```
 */
import { minterOf, providerOf } from "./plain/vendor.ts"
import type { CommonOptions, Minter, Provider, OpenAiOptions } from "./plain/types.ts"

export type { OpenAiOptions } from "./plain/types.ts"

const load = async () => (await import("./engine/vendors/openai.ts")).layer

/** Makes the provider OpenAI, for `createMinter({ providers })`. */
export const openAi: (options: OpenAiOptions) => Provider = (options) => providerOf("openai", load, options)

/** Makes a minter of OpenAI. It reads no environment. */
export const createMinter: (options: OpenAiOptions & CommonOptions) => Minter = (options) => minterOf(load, options)
