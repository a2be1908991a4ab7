/** A vendor with plain options: as a provider for a minter of several vendors, and as a minter of its own. */
import { sources } from "./internal.ts"
import { makeMinter } from "./minter.ts"
import type { LayerOf } from "../engine/Engine.ts"
import type { VendorMinterOptions, Minter, Provider } from "./minter-types.ts"
import type { ProviderName } from "./types.ts"

/** Makes a provider. Its adapter is loaded when a minter starts. */
export const providerOf = <Options>(
  id: ProviderName,
  load: () => Promise<LayerOf<Options>>,
  options: Options
): Provider => {
  const provider = { id }
  sources.set(provider, { id, load: async () => (await load())(options) })
  return provider
}

/** Makes a minter of one vendor, without the choice by configuration. */
export const minterOf = <Options extends VendorMinterOptions>(
  load: () => Promise<LayerOf<Options>>,
  options: Options
): Minter =>
  makeMinter(async () => {
    const [{ settled, startOne }, layerOf] = await Promise.all([import("../engine/one.ts"), load()])
    return settled(async () => startOne(layerOf(options), options))
  })
