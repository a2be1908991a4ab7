import type { Event } from "@tempcred/core/Events"
import * as KeySource from "@tempcred/core/KeySource"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { inspect } from "node:util"
import { mint, outcome, redacted, tags, vendor } from "./keys.ts"

const [next, old] = [redacted("new-key"), redacted("old-key")]

/** A source whose keys the test can change. */
const changing = (...keys: ReadonlyArray<Redacted.Redacted>) => {
  const state = { keys, reads: 0 }
  const source = KeySource.fromEffect(
    Effect.sync(() => {
      state.reads += 1
      return state.keys
    })
  )
  return { state, source }
}

describe("one key", () => {
  it.effect("can be given as it is or as a source", () =>
    Effect.gen(function* () {
      for (const apiKey of [
        old,
        KeySource.fixed(old),
        KeySource.fixed([old]),
        KeySource.fromEffect(Effect.succeed(old))
      ]) {
        const { run, state } = vendor("old-key")
        assert.strictEqual(yield* run(apiKey, outcome), "minted")
        assert.deepStrictEqual(state.sent, ["old-key"])
      }
    })
  )

  it.effect("is sent with every mint even if refused, with one KeyRefused event in 5 minutes", () =>
    Effect.gen(function* () {
      const { run, state } = vendor()
      const events: Array<Event> = []
      const program = Effect.gen(function* () {
        for (let count = 0; count < 5; count++) assert.strictEqual(yield* outcome, "AuthenticationError")
        assert.deepStrictEqual(tags(events), ["KeyRefused"])
        yield* TestClock.adjust("5 minutes")
        yield* outcome
        assert.deepStrictEqual(tags(events), ["KeyRefused", "KeyRefused"])
        state.known.add("old-key")
        assert.strictEqual(yield* outcome, "minted")
      })
      yield* run(old, program, events)
      assert.strictEqual(state.sent.length, 7)
      assert.deepStrictEqual(tags(events), ["KeyRefused", "KeyRefused", "KeyAccepted"])
    })
  )
})

describe("key rotation", () => {
  it.effect("the old key is used until the vendor accepts the new one, and events report the refusals", () =>
    Effect.gen(function* () {
      const { run, state } = vendor("old-key")
      const events: Array<Event> = []
      const program = Effect.gen(function* () {
        yield* mint
        assert.deepStrictEqual(state.sent, ["new-key", "old-key"])
        yield* mint
        yield* TestClock.adjust("59 seconds")
        yield* mint
        assert.deepStrictEqual(state.sent.slice(2), ["old-key", "old-key"])
        yield* TestClock.adjust("241 seconds")
        yield* mint
        assert.deepStrictEqual(state.sent.slice(4), ["new-key", "old-key"])
        state.known.add("new-key")
        yield* TestClock.adjust("5 minutes")
        yield* mint
        yield* mint
        assert.deepStrictEqual(state.sent.slice(6), ["new-key", "new-key"])
      })
      yield* run(KeySource.fixed([next, old]), program, events)
      assert.deepStrictEqual(tags(events), ["KeyRefused", "KeyRefused", "KeyAccepted"])
      const names = events.map((event) => ("fingerprint" in event ? event.fingerprint : ""))
      assert.strictEqual(new Set(names).size, 1)
      assert.match(names[0] ?? "", /^[0-9a-f]{16}$/)
    })
  )

  it.effect("a refused key is tried again after a random wait", () =>
    Effect.gen(function* () {
      const waits: Array<number> = []
      for (let round = 0; round < 30; round++) {
        const { run, state } = vendor("old-key")
        const program = Effect.gen(function* () {
          yield* mint
          let seconds = 0
          while ((state.sent.at(-1) !== "new-key" && state.sent.at(-2) !== "new-key") || seconds === 0) {
            state.sent.length = 0
            yield* TestClock.adjust("5 seconds")
            seconds += 5
            yield* mint
          }
          return seconds
        })
        waits.push(yield* run(KeySource.fixed([next, old]), program))
      }
      assert.isTrue(waits.every((seconds) => seconds >= 60 && seconds <= 305))
      assert.isAbove(new Set(waits).size, 10)
    })
  )

  it.effect("one mint tries at most two keys, however many there are", () =>
    Effect.gen(function* () {
      const { run, state } = vendor("c")
      const keys = [redacted("a"), redacted("b"), redacted("c")] as const
      const program = Effect.gen(function* () {
        assert.strictEqual(yield* outcome, "AuthenticationError")
        assert.deepStrictEqual(state.sent, ["a", "b"])
        assert.strictEqual(yield* outcome, "minted")
        assert.deepStrictEqual(state.sent.slice(2), ["c"])
      })
      yield* run(KeySource.fixed(keys), program)
    })
  )

  it.effect("the new key is tried at once if the old one is refused", () =>
    Effect.gen(function* () {
      const { run, state } = vendor("old-key")
      const program = Effect.gen(function* () {
        yield* mint
        state.known = new Set(["new-key"])
        assert.strictEqual(yield* outcome, "minted")
        assert.strictEqual(yield* outcome, "minted")
      })
      yield* run(KeySource.fixed([next, old]), program)
      assert.deepStrictEqual(state.sent, ["new-key", "old-key", "old-key", "new-key", "new-key"])
    })
  )

  it.effect("50 concurrent mints publish one KeyRefused event", () =>
    Effect.gen(function* () {
      const { run } = vendor("old-key")
      const events: Array<Event> = []
      const mints = Effect.all(
        Array.from({ length: 50 }, () => mint),
        { concurrency: "unbounded" }
      )
      yield* run(KeySource.fixed([next, old]), mints, events)
      assert.deepStrictEqual(tags(events), ["KeyRefused"])
    })
  )

  it.effect("another error than a refused key does not try the next key", () =>
    Effect.gen(function* () {
      for (const status of [400, 403, 402]) {
        const { run, state } = vendor("new-key", "old-key")
        state.status = status
        yield* run(KeySource.fixed([next, old]), outcome)
        assert.deepStrictEqual(state.sent, ["new-key"])
      }
    })
  )

  it.effect("no error contains a key, even if the vendor repeats all of them", () =>
    Effect.gen(function* () {
      const { run } = vendor()
      const keys = [redacted("longest-secret"), redacted("longest")] as const
      const events: Array<Event> = []
      const error = yield* run(KeySource.fixed(keys), Effect.flip(mint), events)
      assert.match(error.message, /no such key: <redacted> <redacted> <redacted>/)
      assert.notMatch(
        inspect([error, events, KeySource.fixed(keys)], { depth: 9, showHidden: true }),
        /longest|-secret/
      )
    })
  )
})

describe("a source that changes", () => {
  it.effect("the next mint uses a replaced key, without a restart", () =>
    Effect.gen(function* () {
      const { source, state } = changing(old)
      const { run, state: arrived } = vendor("old-key", "new-key")
      const events: Array<Event> = []
      const program = Effect.gen(function* () {
        yield* mint
        state.keys = [next, old]
        yield* mint
        state.keys = [next]
        yield* mint
      })
      yield* run(source, program, events)
      assert.deepStrictEqual(arrived.sent, ["old-key", "new-key", "new-key"])
      assert.deepStrictEqual(events, [
        { _tag: "KeysReloaded", provider: "acme", keys: 2 },
        { _tag: "KeysReloaded", provider: "acme", keys: 1 }
      ])
    })
  )

  it.effect("a mint succeeds if its key is replaced while the vendor refuses it", () =>
    Effect.gen(function* () {
      const { source, state } = changing(old)
      const { run, state: arrived } = vendor("new-key")
      arrived.before = () => {
        state.keys = [next]
      }
      assert.strictEqual(yield* run(source, outcome), "minted")
      assert.deepStrictEqual(arrived.sent, ["old-key", "new-key"])
    })
  )

  it.effect("a refused key that is removed and added again is tried at once", () =>
    Effect.gen(function* () {
      const { source, state } = changing(next, old)
      const { run, state: arrived } = vendor("old-key")
      const program = Effect.gen(function* () {
        yield* mint
        state.keys = [old]
        yield* mint
        arrived.known.add("new-key")
        state.keys = [next, old]
        yield* mint
      })
      yield* run(source, program)
      assert.deepStrictEqual(arrived.sent, ["new-key", "old-key", "old-key", "new-key"])
    })
  )

  it.effect("a second problem with the source is published too", () =>
    Effect.gen(function* () {
      const { source, state } = changing(old)
      const { run } = vendor("old-key")
      const events: Array<Event> = []
      const program = Effect.forEach([[], [old], []], (keys) => {
        state.keys = keys
        return mint
      })
      yield* run(source, program, events)
      assert.deepStrictEqual(tags(events), ["KeysNotReloaded", "KeysNotReloaded"])
    })
  )

  const bad: ReadonlyArray<readonly [name: string, keys: ReadonlyArray<Redacted.Redacted>, problem: RegExp]> = [
    ["no key", [], /^holds no key$/],
    ["an empty key", [redacted("")], /is empty/],
    ["a half-written second line", [next, redacted("half a")], /no key has: copy the key again \(key 2\)$/]
  ]
  for (const [name, keys, problem] of bad) {
    it.effect(`with ${name}, the previous keys stay in use, and one event is published`, () =>
      Effect.gen(function* () {
        const { source, state } = changing(old)
        const { run, state: arrived } = vendor("old-key", "new-key")
        const events: Array<Event> = []
        const program = Effect.gen(function* () {
          state.keys = keys
          yield* mint
          yield* mint
          state.keys = [next]
          yield* mint
        })
        yield* run(source, program, events)
        assert.deepStrictEqual(arrived.sent, ["old-key", "old-key", "new-key"])
        assert.deepStrictEqual(tags(events), ["KeysNotReloaded", "KeysReloaded"])
        assert.match(events[0]?._tag === "KeysNotReloaded" ? events[0].problem : "", problem)
      })
    )
  }

  const secret = "the-secret-in-a-failure"
  const broken: ReadonlyArray<readonly [name: string, reading: Effect.Effect<Redacted.Redacted, string>]> = [
    ["fails", Effect.fail(secret)],
    ["dies", Effect.die(secret)],
    ["hangs", Effect.never]
  ]
  for (const [name, reading] of broken) {
    it.effect(`if it ${name}, the previous keys stay in use`, () =>
      Effect.gen(function* () {
        let read: Effect.Effect<Redacted.Redacted, string> = Effect.succeed(old)
        const { run } = vendor("old-key")
        const events: Array<Event> = []
        const program = Effect.gen(function* () {
          read = reading
          const fiber = yield* Effect.forkChild(outcome, { startImmediately: true })
          yield* TestClock.adjust("3 seconds")
          assert.strictEqual(yield* Fiber.join(fiber), "minted")
        })
        yield* run(KeySource.fromEffect(Effect.suspend(() => read)), program, events)
        assert.deepStrictEqual(events, [{ _tag: "KeysNotReloaded", provider: "acme", problem: "cannot be read" }])
      })
    )
    it.effect(`if it ${name} at the start, the layer fails without the text of the failure`, () =>
      Effect.gen(function* () {
        const { run } = vendor("old-key")
        const fiber = yield* Effect.forkChild(Effect.flip(run(KeySource.fromEffect(reading), mint)), {
          startImmediately: true
        })
        yield* TestClock.adjust("3 seconds")
        assert.strictEqual((yield* Fiber.join(fiber)).message, "ACME_API_KEY (apiKey) cannot be read")
      })
    )
  }

  it.effect("an interrupted mint stops reading it, and publishes no event", () =>
    Effect.gen(function* () {
      let read: Effect.Effect<Redacted.Redacted> = Effect.succeed(old)
      const { run, state } = vendor("old-key")
      const events: Array<Event> = []
      const program = Effect.gen(function* () {
        read = Effect.never
        const fiber = yield* Effect.forkChild(mint, { startImmediately: true })
        yield* TestClock.adjust("1 second")
        yield* Fiber.interrupt(fiber)
      })
      yield* run(KeySource.fromEffect(Effect.suspend(() => read)), program, events)
      assert.deepStrictEqual(events, [])
      assert.deepStrictEqual(state.sent, [])
    })
  )

  it.effect("is read for every mint, and not between mints", () =>
    Effect.gen(function* () {
      const { source, state } = changing(old)
      const { run } = vendor("old-key")
      yield* run(source, Effect.andThen(mint, TestClock.adjust("10 hours")))
      assert.strictEqual(state.reads, 2)
    })
  )
})

describe("the account of a key source", () => {
  const account = TempCredentialProvider.use((provider) => provider.account)
  const of = (apiKey: Redacted.Redacted | KeySource.KeySource) => vendor("old-key", "new-key").run(apiKey, account)

  it.effect("is that of the oldest key during a key rotation", () =>
    Effect.gen(function* () {
      const before = yield* of(old)
      assert.match(before, /^[0-9a-f]{16}$/)
      assert.strictEqual(yield* of(KeySource.fixed([next, old])), before)
      assert.notStrictEqual(yield* of(next), before)
    })
  )
  it.effect("stays the same in a process during a key rotation", () =>
    Effect.gen(function* () {
      const { source, state } = changing(old)
      const { run } = vendor("old-key", "new-key")
      const [before, after] = yield* run(
        source,
        Effect.gen(function* () {
          const first = yield* account
          state.keys = [next]
          yield* mint
          return [first, yield* account]
        })
      )
      assert.strictEqual(before, after)
    })
  )
  it.effect("is the same for all keys if it is named", () =>
    Effect.gen(function* () {
      const named = yield* of(KeySource.fixed(old, { account: "production" }))
      assert.strictEqual(yield* of(KeySource.fixed(next, { account: "production" })), named)
      assert.notStrictEqual(yield* of(KeySource.fixed(next, { account: "staging" })), named)
      assert.match(named, /^[0-9a-f]{16}$/)
    })
  )
})
