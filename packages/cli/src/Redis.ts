/** How the command line reaches a Redis; its client is loaded only where configuration names one. */
import type { Options } from "@tempcred/core/Providers"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"

/** Whoever counts or keeps in a Redis tells once that it is away; its client would tell so with every try, and with a stack. */
const silent = Logger.layer([])

/** Connects to a Redis by its URL; the socket's own limits let go of one that stopped. */
export const redis: NonNullable<Options["redis"]> = (url) =>
  Layer.unwrap(
    Effect.map(
      Effect.promise(() => import("@effect/platform-node/NodeRedis")),
      (NodeRedis) =>
        NodeRedis.layer({ url, pingInterval: 2000, socket: { socketTimeout: 5000 } }).pipe(Layer.provide(silent))
    )
  )
