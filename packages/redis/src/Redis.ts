/**
 * The Redis that machines share. `connect` makes the store of `CredentialSharing`, of `RateGate` and of the token endpoint's limits; with configuration, it is the option
 * `redis` of `Providers.layerConfig` and of `ServerConfig.load`. It runs on Node, Bun and Deno.
 *
 * ```ts
 * import * as Minter from "@tempcred/core/Minter"
 * import * as Providers from "@tempcred/core/Providers"
 * import * as Redis from "@tempcred/redis/Redis"
 * import { Soniox } from "@tempcred/soniox"
 *
 * process.env["TEMPCRED_PROVIDER"] = "soniox"
 * process.env["TEMPCRED_CACHE"] = "redis://127.0.0.1:1"
 * process.env["TEMPCRED_CACHE_KEY"] = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
 * const minter = Minter.make(Providers.layerConfig([Soniox.adapter], { redis: Redis.connect }))
 * // Nothing listens at this address, so this process mints for itself.
 * const credential = await minter.mint({ purpose: "stt.realtime", subject: "ana" })
 * console.log(credential.provider) // => soniox
 * await minter.close()
 * ```
 *
 * @since 0.1.0
 */

import type { SharedStore } from "@tempcred/core/CredentialSharing"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Connections from "./redis/Connections.ts"
import * as Credentials from "./redis/Credentials.ts"
import * as Limits from "./redis/Limits.ts"
import * as Rates from "./redis/Rates.ts"

/**
 * The stores in one Redis. All that are open share a connection, which reconnects in the background.
 *
 * @category models
 * @since 0.1.0
 */
export interface Redis extends SharedStore {
  /** Opens the counts of a token endpoint's limits. */
  readonly limits: (options: Limits.Options) => Effect.Effect<Limits.Counts, never, Scope.Scope>
}

/**
 * Makes the stores in the Redis (6.2 or later) at a URL such as `redis://host:6379` or, with TLS, `rediss://user:password@host:6380/0`. The connection is
 * established when the first store is opened, and closed with the last one. Use one value for all accounts, so that they share it.
 *
 * @category constructors
 * @since 0.1.0
 */
export const connect = (url: string | Redacted.Redacted): Redis => {
  const redacted = typeof url === "string" ? Redacted.make(url) : url
  // The client takes longer to load than the rest of a program, so it is loaded where a store is opened, and not within the limit of a request.
  const loaded = Effect.promise(() => import("./redis/RedisClient.ts"))
  const shared = Connections.make(Effect.flatMap(loaded, (client) => client.connect(redacted)))
  const connections: Connections.Connections = (limit) => Effect.andThen(loaded, shared(limit))
  return {
    credentials: (options) => Credentials.make(connections, options),
    rates: (options) => Rates.make(connections, options),
    limits: (options) => Limits.make(connections, options)
  }
}
