/** Makes the options of a stack from plain ones. */
import type * as Providers from "@tempcred/core/Providers"
import * as Redacted from "effect/Redacted"
import { hasStore, internal } from "../plain/internal.ts"
import type { MinterOptions } from "../plain/minter-types.ts"

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
  if (cache === "memory" || cache === "off" || !hasStore(cache)) return cache === "off" ? "off" : "memory"
  const { key, redis } = await cache[internal]()
  return { store: redis, key: key ?? Redacted.make("") }
}
