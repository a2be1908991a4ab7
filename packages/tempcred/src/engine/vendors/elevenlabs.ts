/** ElevenLabs with plain options. */
import type { ProviderLayer } from "@tempcred/core/Adapter"
import * as ElevenLabs from "@tempcred/elevenlabs/ElevenLabs"
import type { ElevenLabsOptions } from "../../plain/vendor-types.ts"
import { regionSources, source } from "../Keys.ts"

/** Makes the layer of ElevenLabs. */
export const layer = ({ apiKey, regionKeys, ...options }: ElevenLabsOptions): ProviderLayer =>
  ElevenLabs.layer({ ...options, apiKey: source(apiKey), regionKeys: regionSources(regionKeys) })
