/** A rate limit that machines share through a real Redis. */
import * as Redis from "@tempcred/redis/Redis"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { randomUUID } from "node:crypto"
import { assert, describe, inject, it } from "vitest"

const redisUrl = inject("redisUrl") ?? ""

/** Two machines that take from the budget of one account. */
const machines = Effect.gen(function* () {
  const options = { limit: Duration.seconds(10), onDown: () => Effect.void, onUp: Effect.void }
  const [one, other] = [yield* Redis.connect(redisUrl).rates(options), yield* Redis.connect(redisUrl).rates(options)]
  const name = randomUUID()
  return {
    take: (machine: 0 | 1, budget: { readonly perMinute: number; readonly burst: number }) =>
      Effect.map((machine === 0 ? one : other).take(name, budget), Option.getOrThrow),
    hold: (milliseconds: number) => one.hold(name, milliseconds)
  }
})

describe.skipIf(redisUrl === "")("the budget of an account", () => {
  it("is one for all machines: the burst goes at once, and then each call waits its part of a minute", () =>
    Effect.gen(function* () {
      const { take } = yield* machines
      const budget = { perMinute: 1, burst: 3 }
      const waits: Array<number> = []
      for (const machine of [0, 1, 0, 1, 0] as const) waits.push(yield* take(machine, budget))
      assert.deepStrictEqual(waits.slice(0, 3), [0, 0, 0])
      for (const wait of waits.slice(3)) assert.isTrue(wait > 30_000 && wait <= 60_000, String(wait))
    }).pipe(Effect.scoped, Effect.runPromise))

  it("is held on all machines by a refusal on one, and a longer hold stays", () =>
    Effect.gen(function* () {
      const { hold, take } = yield* machines
      yield* hold(60_000)
      yield* hold(1000)
      const wait = yield* take(1, { perMinute: 600, burst: 1 })
      assert.isTrue(wait > 30_000 && wait <= 60_000, String(wait))
    }).pipe(Effect.scoped, Effect.runPromise))
})
