/** AssemblyAI with plain options. */
import type { ProviderLayer } from "@tempcred/core/Adapter"
import * as AssemblyAi from "@tempcred/assemblyai/AssemblyAi"
import type { AssemblyAiOptions } from "../../plain/vendor-types.ts"
import { source } from "../Keys.ts"

/** Makes the layer of AssemblyAI. */
export const layer = ({ apiKey, ...options }: AssemblyAiOptions): ProviderLayer =>
  AssemblyAi.layer({ ...options, apiKey: source(apiKey) })
