/** OpenAI with plain options. */
import type { ProviderLayer } from "@tempcred/core/Adapter"
import * as OpenAi from "@tempcred/openai/OpenAi"
import type { OpenAiOptions } from "../../plain/vendor-types.ts"
import { source } from "../Keys.ts"

/** Makes the layer of OpenAI. */
export const layer = ({ apiKey, ...options }: OpenAiOptions): ProviderLayer =>
  OpenAi.layer({ ...options, apiKey: source(apiKey) })
