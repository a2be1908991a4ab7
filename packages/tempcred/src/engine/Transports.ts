/** The transport of an engine. */
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import { Transport } from "@tempcred/core/Transport"
import type * as Layer from "effect/Layer"
import type { VendorMinterOptions } from "../plain/minter-types.ts"

/** Makes the transport over a function of the app, or else the best of the runtime. */
export const transportOf = (fetch: VendorMinterOptions["fetch"]): Layer.Layer<Transport, ConfigurationError> =>
  fetch === undefined ? Transport.layer : Transport.layerFetchOf(fetch)
