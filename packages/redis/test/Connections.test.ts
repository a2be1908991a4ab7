import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Connections from "../src/redis/Connections.ts"

/** A Redis that counts its connections and requests, and lists an invalidated id. */
const make = () => {
  const state = { connections: 0, open: 0, calls: 0 }
  const connections = Connections.make(
    Effect.gen(function* () {
      state.connections += 1
      yield* Effect.acquireRelease(
        Effect.sync(() => (state.open += 1)),
        () => Effect.sync(() => (state.open -= 1))
      )
      return { run: () => Effect.sync(() => [`id ${(state.calls += 1)}`]), closed: Effect.never }
    })
  )
  return { state, connections }
}

const limit = Duration.millis(250)
const second = Duration.seconds(1)

describe("the connections of a Redis", () => {
  it.effect("are one for all stores with the same limit, which closes with the last of them", () =>
    Effect.gen(function* () {
      const { connections, state } = make()
      const scopes = yield* Effect.forEach(Array.from({ length: 200 }), () => Scope.make())
      yield* Effect.forEach(scopes, (scope) => Scope.provide(connections(limit), scope), { concurrency: "unbounded" })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([state.connections, state.open], [1, 1])
      const [last, ...others] = scopes
      yield* Effect.forEach(others, (scope) => Scope.close(scope, Exit.void))
      assert.strictEqual(state.open, 1)
      if (last !== undefined) yield* Scope.close(last, Exit.void)
      assert.strictEqual(state.open, 0)
      yield* connections(limit)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([state.connections, state.open], [2, 1])
    })
  )

  it.effect("are apart for stores with other limits, whose requests could otherwise be lost", () =>
    Effect.gen(function* () {
      const { connections, state } = make()
      yield* connections(limit)
      yield* connections(Duration.seconds(10))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(state.open, 2)
    })
  )

  it.effect("poll once for all who follow the invalidations, and not when nobody does", () =>
    Effect.gen(function* () {
      const { connections, state } = make()
      const { invalidated } = yield* connections(limit)
      yield* TestClock.adjust("1 minute")
      const before = state.calls
      const scope = yield* Scope.make()
      const known = yield* Effect.forEach(Array.from({ length: 200 }), () => Scope.provide(invalidated(second), scope))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(state.calls - before, 11)
      for (const ids of known) assert.deepStrictEqual([...ids()], [`id ${state.calls}`])
      yield* Scope.close(scope, Exit.void)
      const after = state.calls
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(state.calls, after)
    })
  )
})
