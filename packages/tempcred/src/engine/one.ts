/** The engine of one vendor. */
import type { ProviderLayer } from "@tempcred/core/Adapter"
import * as Providers from "@tempcred/core/Providers"
import type { CommonOptions } from "../plain/minter-types.ts"
import type { Engine, Outcome } from "./Engine.ts"
import { settingsOf } from "./Settings.ts"
import { start } from "./start.ts"

/** Starts the engine of one vendor. */
export const startOne = async (vendor: ProviderLayer, options: CommonOptions): Promise<Outcome<Engine>> => ({
  type: "done",
  value: start(Providers.layer([vendor], await settingsOf(options)), options)
})
