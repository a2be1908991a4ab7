/**
 * How the command line reaches a Redis; its client is loaded only where configuration names one.
 *
 * @since 0.1.0
 */
import type { Options } from "@tempcred/core/Providers"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/**
 * Connects to a Redis by its URL; the socket's own limits let go of one that stopped.
 *
 * @category layers
 * @since 0.1.0
 */
export const redis: NonNullable<Options["redis"]> = (url) =>
  Layer.unwrap(
    Effect.map(
      Effect.promise(() => import("@effect/platform-node/NodeRedis")),
      (NodeRedis) => NodeRedis.layer({ url, pingInterval: 2000, socket: { socketTimeout: 5000 } })
    )
  )
