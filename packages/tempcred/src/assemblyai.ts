/**
 * AssemblyAI alone: a minter with plain options that loads no other vendor, and the provider for a minter of several.
 *
 * ```ts
 * import { createMinter } from "tempcred/assemblyai"
 *
 * const minter = createMinter({ apiKey: process.env["ASSEMBLYAI_API_KEY"] ?? "" })
 * ```
 */
import { minterOf, providerOf } from "./plain/vendor.ts"
import type { CommonOptions, Minter, Provider, AssemblyAiOptions } from "./plain/types.ts"

export type { AssemblyAiOptions } from "./plain/types.ts"

const load = async () => (await import("./engine/vendors/assemblyai.ts")).layer

/** Makes the provider AssemblyAI, for `createMinter({ providers })`. */
export const assemblyAi: (options: AssemblyAiOptions) => Provider = (options) => providerOf("assemblyai", load, options)

/** Makes a minter of AssemblyAI. It reads no environment. */
export const createMinter: (options: AssemblyAiOptions & CommonOptions) => Minter = (options) => minterOf(load, options)
