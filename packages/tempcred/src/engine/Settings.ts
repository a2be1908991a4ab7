/** Makes the options of a stack from plain ones. */
import type * as Providers from "@tempcred/core/Providers"
import { stores } from "../plain/internal.ts"
import type { MinterOptions } from "../plain/minter-types.ts"
import { misuse } from "./Misuse.ts"

type Cache = Providers.Options["cache"]

/** Makes the options. Only those that are set are there, so that they replace variables. */
export const settingsOf = async ({
  cache,
  pool,
  rateLimit,
  retries,
  timeout,
  ttl
}: MinterOptions): Promise<Providers.Options> => ({
  ...(ttl === undefined ? {} : { ttl }),
  ...(timeout === undefined ? {} : { timeout }),
  ...(retries === undefined ? {} : { retries }),
  ...(rateLimit === undefined ? {} : { rateLimit }),
  ...(pool === undefined ? {} : { pool }),
  ...(cache === undefined ? {} : { cache: await cacheOf(cache) })
})

const cacheOf = async (cache: NonNullable<MinterOptions["cache"]>): Promise<Cache> => {
  if (cache === "memory" || cache === "off") return cache
  const connect = stores.get(cache)
  if (connect === undefined) {
    throw misuse("createMinter.cache", 'must be "memory", "off" or redis({ url, key }) of tempcred/redis')
  }
  const { key, redis } = await connect()
  if (key === undefined) throw misuse("redis.key", "is not set: make one with openssl rand -base64 32")
  return { store: redis, key }
}
