/** Many accounts of one process that share a Redis. */
import { Accounts } from "@tempcred/core/Accounts"
import * as Events from "@tempcred/core/Events"
import * as Minter from "@tempcred/core/Minter"
import * as Providers from "@tempcred/core/Providers"
import * as Node from "@tempcred/emulator/Node"
import * as Soniox from "@tempcred/emulator/Soniox"
import * as Redis from "@tempcred/redis/Redis"
import * as Vendor from "@tempcred/soniox/Soniox"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { randomBytes } from "node:crypto"
import { createMinter } from "tempcred"
import { redis } from "tempcred/redis"
import { soniox } from "tempcred/soniox"
import { assert, describe, inject, it } from "vitest"
import * as RedisClient from "./support/redis-client.ts"
import * as RedisServer from "./support/redis-server.ts"

const program = inject("redisServer") ?? ""

const names = Array.from({ length: 200 }, (_, number) => `account-${number}`)

/** A minter with accounts, and a promise of the next report of each. */
const minterOf = (url: string, origin: string, apiKey: string) => {
  let waiting = { tag: "", left: 0, done: () => {} }
  const events = Events.layer(({ _tag }) =>
    Effect.sync(() => {
      if (_tag === waiting.tag && --waiting.left === 0) waiting.done()
    })
  )
  const reports = (tag: Events.Event["_tag"]) =>
    new Promise<void>((done) => {
      waiting = { tag, left: names.length, done }
    })
  const store = Redis.connect(url)
  const key = Redacted.make(randomBytes(32).toString("base64"))
  const stack = Providers.layer([Vendor.layer({ apiKey: Redacted.make(apiKey), baseUrl: origin })], {
    cache: { store, key }
  })
  const accounts = Accounts.layer({ vendors: [Vendor.adapter], resolve: () => Effect.succeed(stack) })
  const minter = Minter.make(Layer.provide(accounts, events))
  return { minter, reports, [Symbol.asyncDispose]: () => minter.close() }
}

/** How many connections the Redis has, but the one that asks. */
const connections = async (url: string): Promise<number> =>
  String(await RedisClient.send(url, "CLIENT", "LIST"))
    .trim()
    .split("\n").length - 1

const stored = async (url: string): Promise<number> =>
  (await RedisClient.dump(url)).filter(({ key }) => /^tempcred:{[^}]*}$/.test(key)).length

describe.skipIf(program === "")("200 accounts with one Redis", () => {
  it("hold one connection, which comes back for all of them after an outage", async () => {
    const emulator = Soniox.make()
    await using vendor = await Node.serve(emulator)
    await using server = await RedisServer.make(program)
    await server.start()
    await using resources = minterOf(server.url, vendor.origin, emulator.apiKey)
    // One after another. In a busy process an exchange can still be late, so that not every credential is stored.
    const mintAll = async (subject: string) => {
      for (const account of names) {
        await resources.minter.mint({ purpose: "stt.realtime", subject: `${subject} of ${account}` }, { account })
      }
    }

    await mintAll("ana")
    assert.isAtMost(await connections(server.url), 2)
    assert.isAbove(await stored(server.url), 0)

    const degraded = resources.reports("SharingDegraded")
    await server.stop()
    await mintAll("ben")
    await degraded
    const restored = resources.reports("SharingRestored")
    await server.start()
    await restored
    assert.isAtMost(await connections(server.url), 2)
    assert.strictEqual(await stored(server.url), 0)
    await mintAll("cleo")
    assert.isAbove(await stored(server.url), 0)
    assert.isAtMost(await connections(server.url), 2)
  })

  it.each(["configuration", "an option"])(
    "hold one connection behind the package tempcred, with a Redis of %s",
    async (by) => {
      const emulator = Soniox.make()
      await using vendor = await Node.serve(emulator)
      await using server = await RedisServer.make(program)
      await server.start()
      const key = randomBytes(32).toString("base64")
      await using minter = createMinter({
        env: by === "configuration" ? { TEMPCRED_CACHE: server.url, TEMPCRED_CACHE_KEY: key } : {},
        ...(by === "configuration" ? {} : { cache: redis({ url: server.url, key }) }),
        provider: "soniox",
        accounts: async () => [soniox({ apiKey: emulator.apiKey, baseUrl: vendor.origin })]
      })
      for (const account of names.slice(0, 20)) {
        await minter.mint({ purpose: "stt.realtime", subject: account, account })
      }
      assert.strictEqual(await connections(server.url), 1)
      assert.strictEqual(await stored(server.url), 20)
    }
  )
})
