/** Connects to Redis. */
import * as Redis from "@tempcred/redis/Redis"
import * as Redacted from "effect/Redacted"
import type { RedisOptions } from "../redis.ts"
import type { Store } from "./Engine.ts"

/** Makes the store of a Redis, which connects at first use. */
export const connect = ({ key, url }: RedisOptions): Store => ({
  redis: Redis.connect(url),
  key: key === undefined ? undefined : Redacted.make(key)
})
