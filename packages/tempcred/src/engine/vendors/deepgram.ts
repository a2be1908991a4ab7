/** Deepgram with plain options. */
import type { ProviderLayer } from "@tempcred/core/Adapter"
import * as Deepgram from "@tempcred/deepgram/Deepgram"
import type { DeepgramOptions } from "../../plain/vendor-types.ts"
import { source } from "../Keys.ts"

/** Makes the layer of Deepgram. */
export const layer = ({ apiKey, ...options }: DeepgramOptions): ProviderLayer =>
  Deepgram.layer({ ...options, apiKey: source(apiKey) })
