/** Speechmatics with plain options. */
import type { ProviderLayer } from "@tempcred/core/Adapter"
import * as Speechmatics from "@tempcred/speechmatics/Speechmatics"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import type { SpeechmaticsOptions } from "../../plain/vendor-types.ts"
import { source } from "../Keys.ts"

/** Makes the layer of Speechmatics. A malformed length becomes zero, which the adapter refuses by the name of the option. */
export const layer = ({ apiKey, maxTtl, ...options }: SpeechmaticsOptions): ProviderLayer =>
  Speechmatics.layer({
    ...options,
    apiKey: source(apiKey),
    maxTtl: maxTtl === undefined ? undefined : Option.getOrElse(Duration.fromInput(maxTtl), () => Duration.zero)
  })
