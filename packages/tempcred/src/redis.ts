/**
 * The Redis that machines share: for credentials of a minter and for the limits of an endpoint.
 *
 * ```ts
 * import { createMinter } from "tempcred"
 * import { redis } from "tempcred/redis"
 *
 * const cache = redis({ url: "redis://127.0.0.1:1", key: "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=" })
 * const minter = createMinter({ provider: "soniox", cache })
 * // Nothing listens at this address, so this process mints for itself.
 * const credential = await minter.mint({ purpose: "stt.realtime", subject: "ana" })
 * console.log(credential.provider) // => soniox
 * await minter.close()
 * ```
 *
 * @since 0.1.0
 */

import type { Store } from "./engine/Engine.ts"
import { stores } from "./plain/internal.ts"
import type { SharedCache } from "./plain/minter-types.ts"

export type { SharedCache } from "./plain/minter-types.ts"

/**
 * The address of a Redis, and the key that encrypts credentials in it.
 *
 * @category models
 * @since 0.1.0
 */
export interface RedisOptions {
  /** Such as `redis://host:6379`, or `rediss://user:password@host:6380/0` with TLS. Redis 6.2 or later. */
  readonly url: string
  /** 32 bytes in base64, the same on all machines; `openssl rand -base64 32` makes one. The limits of an endpoint need none. */
  readonly key?: string | undefined
}

/**
 * Makes the store of a Redis. It connects at first use; while the Redis is away, each machine works for itself.
 *
 * @category constructors
 * @since 0.1.0
 */
export const redis: (options: RedisOptions) => SharedCache = (options) => {
  const cache = { kind: "redis" } as const
  let store: Promise<Store> | undefined
  // All accounts and endpoints share one store, and so one connection.
  stores.set(cache, () => (store ??= import("./engine/Redis.ts").then(({ connect }) => connect(options))))
  return cache
}
