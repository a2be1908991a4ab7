/** Soniox with plain options. */
import type { ProviderLayer } from "@tempcred/core/Adapter"
import * as Soniox from "@tempcred/soniox/Soniox"
import type { SonioxOptions } from "../../plain/vendor-types.ts"
import { regionSources, source } from "../Keys.ts"

/** Makes the layer of Soniox. */
export const layer = ({ apiKey, regionKeys, ...options }: SonioxOptions): ProviderLayer =>
  Soniox.layer({ ...options, apiKey: source(apiKey), regionKeys: regionSources(regionKeys) })
