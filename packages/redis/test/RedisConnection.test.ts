import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Host from "./host.ts"
import * as Redis from "./redis.ts"

const tags = (machine: Host.Machine) => machine.events.map((event) => event._tag)

/** Another person's request each time, so that nothing is found. */
const someone = (number: number) => ({ ...Host.request, subject: `person ${number}` })

describe("store-down", () => {
  it.effect("a Redis that hangs costs one mint its limit, and those after it nothing", () =>
    Effect.gen(function* () {
      const redis = yield* Redis.make()
      const vendor = Host.vendor()
      const machine = yield* Host.start(redis, vendor)
      yield* machine.mint()
      redis.state.mode = "hang"
      const calls = redis.state.calls.length
      const first = yield* Host.begin(machine.mint(someone(0)))
      yield* Host.until(() => redis.state.calls.length > calls)
      yield* TestClock.adjust("249 millis")
      assert.strictEqual(vendor.state.mints, 1)
      yield* TestClock.adjust("1 millis")
      yield* Host.joinNow(first)
      assert.strictEqual(vendor.state.mints, 2)
      for (let number = 1; number <= 20; number++) yield* machine.mint(someone(number))
      assert.strictEqual(vendor.state.mints, 22)
      assert.deepStrictEqual(machine.events, [
        { _tag: "SharingDegraded", provider: "acme", reason: "no answer within 250ms" }
      ])
    })
  )

  it.effect("many at once wait the same limit, and it is one outage", () =>
    Effect.gen(function* () {
      const redis = yield* Redis.make()
      const vendor = Host.vendor()
      const machine = yield* Host.start(redis, vendor)
      yield* machine.mint()
      redis.state.mode = "hang"
      const calls = redis.state.calls.length
      const all = yield* Host.begin(
        Effect.forEach(
          Array.from({ length: 50 }, (_, number) => someone(number)),
          (asked) => machine.mint(asked),
          {
            concurrency: "unbounded"
          }
        )
      )
      yield* Host.until(() => redis.state.calls.length === calls + 50)
      yield* TestClock.adjust("250 millis")
      assert.strictEqual((yield* Host.joinNow(all)).length, 50)
      assert.deepStrictEqual(tags(machine), ["SharingDegraded"])
    })
  )

  for (const mode of ["refuse", "hang", "away", "throw"] as const) {
    it.effect(`comes back by itself after an outage (${mode}), with one event each`, () =>
      Effect.gen(function* () {
        const redis = yield* Redis.make()
        const vendor = Host.vendor()
        const [machine, other] = [yield* Host.start(redis, vendor), yield* Host.start(redis, vendor)]
        yield* Effect.all([machine.mint(), other.mint()])
        redis.state.mode = mode === "hang" ? "hang" : "refuse"
        const broken = yield* Host.begin(Effect.all([machine.mint(someone(0)), other.mint(someone(0))]))
        yield* Host.until(() => redis.state.calls.filter((call) => call === "visit").length > 2)
        redis.state.mode = mode
        yield* TestClock.adjust("1 second")
        yield* Host.until(() => tags(machine).length === 1 || broken.pollUnsafe() !== undefined)
        yield* TestClock.adjust("2 minutes")
        yield* Host.joinNow(broken)
        assert.deepStrictEqual(tags(machine), ["SharingDegraded"])
        redis.state.mode = "up"
        yield* TestClock.adjust("30 seconds")
        assert.deepStrictEqual(tags(machine), ["SharingDegraded", "SharingRestored"])
        const before = vendor.state.mints
        yield* machine.mint(someone(1))
        yield* other.mint(someone(1))
        assert.strictEqual(vendor.state.mints - before, 1)
      })
    )
  }

  it.effect("an answer that an old connection owes is no new outage", () =>
    Effect.gen(function* () {
      const redis = yield* Redis.make()
      const vendor = Host.vendor()
      const machine = yield* Host.start(redis, vendor, { limit: "5 seconds" })
      yield* machine.mint()
      redis.state.mode = "hang"
      const visits = () => redis.state.calls.filter((call) => call === "visit").length
      const first = yield* Host.begin(machine.mint(someone(0)))
      yield* Host.until(() => visits() === 2)
      yield* TestClock.adjust("4500 millis")
      const second = yield* Host.begin(machine.mint(someone(1)))
      yield* Host.until(() => visits() === 3)
      redis.state.mode = "up"
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(tags(machine), ["SharingDegraded", "SharingRestored"])
      yield* TestClock.adjust("10 seconds")
      yield* Host.joinNow(first)
      yield* Host.joinNow(second)
      assert.deepStrictEqual(tags(machine), ["SharingDegraded", "SharingRestored"])
    })
  )

  it.effect("down at the start: the layer is built, mints go on, and sharing begins when Redis does", () =>
    Effect.gen(function* () {
      const redis = yield* Redis.make()
      redis.state.mode = "away"
      const vendor = Host.vendor()
      const machine = yield* Host.start(redis, vendor)
      yield* machine.mint()
      yield* machine.mint(someone(0))
      assert.deepStrictEqual(machine.events, [{ _tag: "SharingDegraded", provider: "acme", reason: "no connection" }])
      redis.state.mode = "up"
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(tags(machine), ["SharingDegraded", "SharingRestored"])
      yield* machine.mint(someone(1))
      assert.strictEqual(redis.texts.size, 1)
    })
  )

  it.effect("a connection that does not come to be is no hang", () =>
    Effect.gen(function* () {
      const redis = yield* Redis.make()
      redis.state.mode = "hang"
      const vendor = Host.vendor()
      const machine = yield* Host.start(redis, vendor)
      const first = yield* Host.begin(machine.mint())
      yield* Host.until(() => redis.state.calls.length > 0)
      // Work that the clock does not move comes before the wait.
      for (let round = 0; round < 50 && vendor.state.mints === 0; round++) {
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        yield* TestClock.adjust("250 millis")
      }
      yield* Host.joinNow(first)
      assert.deepStrictEqual(tags(machine), ["SharingDegraded"])
    })
  )

  it.effect("a connection that is stuck is given up, and the next one is used", () =>
    Effect.gen(function* () {
      const redis = yield* Redis.make()
      redis.state.mode = "stuck"
      const machine = yield* Host.start(redis, Host.vendor())
      yield* TestClock.adjust("1 second")
      redis.state.mode = "up"
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual(tags(machine), ["SharingDegraded", "SharingRestored"])
      yield* machine.mint()
      assert.strictEqual(redis.texts.size, 1)
    })
  )

  it.effect("a connection that comes late is used, and is no second outage", () =>
    Effect.gen(function* () {
      const redis = yield* Redis.make()
      redis.state.connecting = 9000
      const machine = yield* Host.start(redis, Host.vendor())
      const first = yield* Host.begin(machine.mint())
      // Work that the clock does not move comes before the wait.
      for (let round = 0; round < 150 && first.pollUnsafe() === undefined; round++) {
        yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 1)))
        yield* TestClock.adjust("50 millis")
      }
      yield* Host.joinNow(first)
      assert.deepStrictEqual(tags(machine), ["SharingDegraded"])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(tags(machine), ["SharingDegraded", "SharingRestored"])
      yield* machine.mint(someone(0))
      assert.strictEqual(redis.texts.size, 1)
      assert.strictEqual(redis.state.connections, 1)
    })
  )

  it.effect("a Redis that is only slow stays out until it is fast enough", () =>
    Effect.gen(function* () {
      const redis = yield* Redis.make()
      const vendor = Host.vendor()
      const machine = yield* Host.start(redis, vendor)
      yield* machine.mint()
      redis.state.delay = 400
      const calls = redis.state.calls.length
      const first = yield* Host.begin(machine.mint(someone(0)))
      yield* Host.until(() => redis.state.calls.length > calls)
      yield* TestClock.adjust("250 millis")
      yield* Host.joinNow(first)
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(tags(machine), ["SharingDegraded"])
      redis.state.delay = 100
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(tags(machine), ["SharingDegraded", "SharingRestored"])
    })
  )

  it.effect("an outage that lasts is asked after ever less often", () =>
    Effect.gen(function* () {
      const redis = yield* Redis.make()
      redis.state.mode = "away"
      yield* Host.start(redis, Host.vendor())
      yield* TestClock.adjust("1 hour")
      // Pauses of five to ten seconds in the long run.
      assert.isBelow(redis.state.connections, 730)
      assert.isAbove(redis.state.connections, 350)
    })
  )

  it.effect("gone between the lease and the store: the credential is served all the same", () =>
    Effect.gen(function* () {
      const redis = yield* Redis.make()
      const vendor = Host.vendor()
      const machine = yield* Host.start(redis, vendor)
      vendor.state.next.push(Effect.sync(() => void (redis.state.mode = "refuse")))
      yield* machine.mint()
      assert.deepStrictEqual(tags(machine), ["SharingDegraded"])
      assert.strictEqual(redis.texts.size, 0)
    })
  )

  it.effect("a write that arrives half a minute late ends when the credential does", () =>
    Effect.gen(function* () {
      const redis = yield* Redis.make()
      const vendor = Host.vendor()
      const machine = yield* Host.start(redis, vendor, { limit: "1 minute" })
      vendor.state.next.push(Effect.sync(() => void (redis.state.delay = 30_000)))
      const minting = yield* Host.begin(machine.mint())
      yield* Host.until(() => redis.state.calls.includes("keep"))
      yield* TestClock.adjust("30 seconds")
      yield* Host.joinNow(minting)
      const [kept] = redis.texts.values()
      assert.strictEqual(kept?.until, 60_000)
    })
  )
})

it.effect("a wall clock that is set back during a mint lengthens no life", () =>
  Effect.gen(function* () {
    const redis = yield* Redis.make()
    const vendor = Host.vendor()
    const machine = yield* Host.start(redis, vendor)
    yield* TestClock.adjust("1 hour")
    vendor.state.next.push(Effect.sync(() => void (machine.wall.ahead = -600_000)))
    yield* machine.mint()
    const [kept] = redis.texts.values()
    assert.isAtMost(kept?.until ?? 0, 3_600_000 + 60_000)
  })
)

describe("close-stops", () => {
  for (const mode of ["up", "away", "hang"] as const) {
    it.effect(`closing ends the connection and every timer (${mode})`, () =>
      Effect.gen(function* () {
        const redis = yield* Redis.make()
        const scope = yield* Scope.make()
        const machine = yield* Host.start(redis, Host.vendor()).pipe(Scope.provide(scope))
        yield* machine.mint()
        redis.state.mode = mode
        yield* TestClock.adjust("10 seconds")
        yield* Scope.close(scope, Exit.void)
        const { calls, connections, open } = redis.state
        const made = calls.length
        assert.strictEqual(open, 0)
        yield* TestClock.adjust("1 hour")
        assert.strictEqual(redis.state.calls.length, made)
        assert.strictEqual(redis.state.connections, connections)
      })
    )
  }

  const heldUp = [
    ["a connection that never comes to be", { mode: "stuck", connecting: 0 }],
    ["a connection that comes after the close", { mode: "up", connecting: 120_000 }]
  ] as const
  for (const [name, { connecting, mode }] of heldUp) {
    it.effect(`${name}, and that no interrupt ends, holds up no close and no later connection`, () =>
      Effect.gen(function* () {
        const redis = yield* Redis.make()
        Object.assign(redis.state, { mode, connecting })
        const scope = yield* Scope.make()
        yield* Host.start(redis, Host.vendor()).pipe(Scope.provide(scope))
        yield* TestClock.adjust("20 seconds")
        assert.isAbove(redis.state.connections, 1)
        const closing = yield* Host.begin(Scope.close(scope, Exit.void))
        yield* TestClock.adjust("500 millis")
        yield* Host.joinNow(closing)
        const tried = redis.state.connections
        yield* TestClock.adjust("1 hour")
        assert.strictEqual(redis.state.open, 0)
        assert.strictEqual(redis.state.connections, tried)
      })
    )
  }

  it.effect("a machine that has given out nothing that lives asks Redis nothing", () =>
    Effect.gen(function* () {
      const redis = yield* Redis.make()
      const machine = yield* Host.start(redis, Host.vendor())
      yield* TestClock.adjust("1 hour")
      const idle = redis.state.calls.length
      assert.isAtMost(idle, 1)
      yield* machine.mint()
      yield* TestClock.adjust("1 hour")
      const once = redis.state.calls.length
      // One question a second for a minute.
      assert.isBelow(once - idle, 70)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(redis.state.calls.length, once)
    })
  )
})
