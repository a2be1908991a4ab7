import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Host from "./host.ts"
import * as Store from "./store.ts"

const tags = (machine: Host.Machine) => machine.events.map((event) => event._tag)

/** A request with a new subject each time, so that the store has no entry. */
const someone = (number: number) => ({ ...Host.request, subject: `person ${number}` })

describe("an unavailable store", () => {
  it.effect("makes each machine mint for itself, with one event at its start and one at its end", () =>
    Effect.gen(function* () {
      const store = yield* Store.make()
      const vendor = Host.vendor()
      const [machine, other] = [yield* Host.start(store, vendor), yield* Host.start(store, vendor)]
      store.state.isUp = false
      for (let number = 1; number <= 3; number++) {
        yield* machine.mint(someone(number))
        yield* other.mint(someone(number))
      }
      assert.strictEqual(vendor.state.mints, 6)
      assert.deepStrictEqual(machine.events, [{ _tag: "SharingDegraded", provider: "acme", reason: "no connection" }])
      store.state.isUp = true
      yield* machine.mint(someone(4))
      yield* other.mint(someone(4))
      assert.strictEqual(vendor.state.mints, 7)
      assert.deepStrictEqual(tags(machine), ["SharingDegraded", "SharingRestored"])
    })
  )

  it.effect("does not fail a mint that already has the lease", () =>
    Effect.gen(function* () {
      const store = yield* Store.make()
      const vendor = Host.vendor()
      const machine = yield* Host.start(store, vendor)
      vendor.state.next.push(Effect.sync(() => void (store.state.isUp = false)))
      yield* machine.mint()
      assert.deepStrictEqual(tags(machine), ["SharingDegraded"])
      assert.strictEqual(store.texts.size, 0)
    })
  )
})

it.effect("an entry that is written 30 seconds late still expires with its credential", () =>
  Effect.gen(function* () {
    const store = yield* Store.make()
    const vendor = Host.vendor()
    const machine = yield* Host.start(store, vendor)
    vendor.state.next.push(Effect.sync(() => void (store.state.delay = 30_000)))
    const minting = yield* Host.begin(machine.mint())
    yield* Host.until(() => store.state.calls.includes("write"))
    yield* TestClock.adjust("30 seconds")
    yield* Host.joinNow(minting)
    const [stored] = store.texts.values()
    assert.strictEqual(stored?.until, 60_000)
  })
)

it.effect("setting the wall clock back during a mint does not extend the credential", () =>
  Effect.gen(function* () {
    const store = yield* Store.make()
    const vendor = Host.vendor()
    const machine = yield* Host.start(store, vendor)
    yield* TestClock.adjust("1 hour")
    vendor.state.next.push(Effect.sync(() => void (machine.wall.ahead = -600_000)))
    yield* machine.mint()
    const [stored] = store.texts.values()
    assert.isAtMost(stored?.until ?? 0, 3_600_000 + 60_000)
  })
)

describe("background queries to the store", () => {
  it.effect("stop when all credentials that this machine served have expired", () =>
    Effect.gen(function* () {
      const store = yield* Store.make()
      const machine = yield* Host.start(store, Host.vendor())
      yield* TestClock.adjust("1 hour")
      assert.lengthOf(store.state.calls, 0)
      yield* machine.mint()
      yield* TestClock.adjust("1 hour")
      const asked = store.state.calls.length
      // One query a second for a minute.
      assert.isBelow(asked, 70)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(store.state.calls.length, asked)
    })
  )

  it.effect("stop when the layer closes", () =>
    Effect.gen(function* () {
      const store = yield* Store.make()
      const scope = yield* Scope.make()
      const machine = yield* Host.start(store, Host.vendor()).pipe(Scope.provide(scope))
      yield* machine.mint()
      yield* TestClock.adjust("10 seconds")
      yield* Scope.close(scope, Exit.void)
      const asked = store.state.calls.length
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(store.state.calls.length, asked)
    })
  )
})
