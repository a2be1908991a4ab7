/** The engine of one vendor: smaller in a bundle, as it has no failover, sharing and pool. */
import type { ProviderLayer } from "@tempcred/core/Adapter"
import * as Providers from "@tempcred/core/Providers"
import type { VendorMinterOptions } from "../plain/minter-types.ts"
import type { Engine } from "./Engine.ts"
import { start } from "./start.ts"

export { settled } from "./Outcomes.ts"

/** Starts the engine of one vendor. */
export const startOne = (
  vendor: ProviderLayer,
  { cache, rateLimit, retries, timeout, ttl, ...options }: VendorMinterOptions
): Engine => start(Providers.layerSingle(vendor, { cache, rateLimit, retries, timeout, ttl }), options)
