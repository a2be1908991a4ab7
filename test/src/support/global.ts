/** Optional services of the machine, found or started once for all test files. */
import type { TestProject } from "vitest/node"
import { find } from "./programs.ts"
import * as RedisServer from "./redis-server.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** The URL of a Redis that all tests share. */
    readonly redisUrl: string | undefined
    /** The path of `redis-server`, for tests that stop their own Redis. */
    readonly redisServer: string | undefined
  }
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const program = find(["redis-server", "valkey-server"])
  const given = process.env["REDIS_URL"]
  project.provide("redisServer", program)
  project.provide("redisUrl", given)
  if (program === undefined) {
    const message =
      "redis-server is not on this machine, so tests that need it are skipped: apt-get install redis-server"
    if (process.env["REQUIRE_SERVICES"] === "1") throw new Error(message)
    process.stderr.write(`${message}\n`)
    return undefined
  }
  if (given !== undefined) return undefined
  const server = await RedisServer.make(program)
  await server.start()
  project.provide("redisUrl", server.url)
  return server.stop
}
