/** Gemini with plain options. */
import type { ProviderLayer } from "@tempcred/core/Adapter"
import * as Gemini from "@tempcred/gemini/Gemini"
import type { GeminiOptions } from "../../plain/vendor-types.ts"
import { source } from "../Keys.ts"

/** Makes the layer of Gemini. */
export const layer = ({ apiKey, ...options }: GeminiOptions): ProviderLayer =>
  Gemini.layer({ ...options, apiKey: source(apiKey) })
