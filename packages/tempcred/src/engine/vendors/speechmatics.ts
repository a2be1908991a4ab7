/** Speechmatics with plain options. */
import type { ProviderLayer } from "@tempcred/core/Adapter"
import * as Speechmatics from "@tempcred/speechmatics/Speechmatics"
import type { SpeechmaticsOptions } from "../../plain/vendor-types.ts"
import { source } from "../Keys.ts"

/** Makes the layer of Speechmatics. */
export const layer = ({ apiKey, ...options }: SpeechmaticsOptions): ProviderLayer =>
  Speechmatics.layer({ ...options, apiKey: source(apiKey) })
