/** Connects to Redis. */
import { isRedisUrl } from "@tempcred/core/Environment"
import * as Redis from "@tempcred/redis/Redis"
import type { RedisOptions } from "../redis.ts"
import type { Store } from "./Engine.ts"
import { hidden } from "./Keys.ts"
import { misuse } from "./Misuse.ts"

/** Makes the store of a Redis, which connects at first use. */
export const connect = ({ key, url }: RedisOptions): Store => {
  if (typeof url !== "string" || !isRedisUrl(url)) throw misuse("redis.url", "must be redis://host:port")
  return { redis: Redis.connect(url), key: key === undefined ? undefined : hidden(key) }
}
