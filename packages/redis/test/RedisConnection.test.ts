import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as RedisConnection from "../src/redis/RedisConnection.ts"

/** A Redis whose answers and connections end as the test says, and what a connection reports of it. */
const make = () => {
  const state = {
    /** Requests and connections: answered; never answered; requests refused; connections refused; a client that throws; connections never established. */
    mode: "up" as "up" | "hang" | "refuse" | "away" | "throw" | "stuck",
    cause: new Error("gone") as unknown,
    /** Milliseconds of each exchange, and of connecting. */
    delay: 0,
    connecting: 0,
    connections: 0,
    open: 0,
    calls: 0
  }
  const reported: Array<string> = []
  let lose = () => {}
  const run = Effect.suspend((): Effect.Effect<string, unknown> => {
    state.calls += 1
    if (state.mode === "hang") return Effect.never
    if (state.mode !== "up") return Effect.fail(state.cause)
    // A request that was sent is handled, even if nobody waits for the answer.
    return state.delay === 0
      ? Effect.succeed("answer")
      : Effect.flatMap(Effect.forkDetach(Effect.delay(Effect.succeed("answer"), state.delay)), Fiber.join)
  })
  const connect: RedisConnection.Options["connect"] = Effect.gen(function* () {
    state.connections += 1
    if (state.mode === "throw") return yield* Effect.die(state.cause)
    if (state.mode === "away") return yield* Effect.fail(state.cause)
    if (state.mode === "stuck") return yield* Effect.never
    yield* Effect.sleep(state.connecting)
    const closed = Deferred.makeUnsafe<void>()
    lose = () => void Deferred.doneUnsafe(closed, Effect.void)
    yield* Effect.acquireRelease(
      Effect.sync(() => (state.open += 1)),
      () => Effect.sync(() => (state.open -= 1))
    )
    return { run: () => run, closed: Deferred.await(closed) }
  })
  /** Opens a connection with one store or more, whose reports begin with their numbers where they are many. */
  const open = Effect.fnUntraced(function* (limit: Duration.Input = "250 millis", stores = 1) {
    const { ask, listen } = yield* RedisConnection.make({
      connect,
      probe: (client) => client.run("read"),
      limit: Duration.fromInputUnsafe(limit)
    })
    const store = (number: number) => {
      const report = (what: string) => Effect.sync(() => void reported.push(stores === 1 ? what : `${number} ${what}`))
      return listen({ onDown: (reason) => report(`down: ${reason}`), onUp: report("up") })
    }
    yield* Effect.forEach(Array.from({ length: stores }), (_, number) => store(number))
    return Effect.map(
      ask((client) => client.run("read")),
      Option.getOrUndefined
    )
  })
  return { state, reported, connect, open, lose: () => lose() }
}

const late = "down: no answer within 250ms"

describe("an outage", () => {
  it.effect("by silence costs one request its limit, and those after it nothing", () =>
    Effect.gen(function* () {
      const { open, reported, state } = make()
      const ask = yield* open()
      assert.strictEqual(yield* ask, "answer")
      state.mode = "hang"
      const first = yield* Effect.forkChild(ask, { startImmediately: true })
      yield* TestClock.adjust("249 millis")
      assert.isUndefined(first.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.isUndefined(yield* Fiber.join(first))
      // The clock stands still: a request that waits now hangs.
      for (let number = 0; number < 20; number++) assert.isUndefined(yield* ask)
      assert.deepStrictEqual(reported, [late])
    })
  )

  it.effect("is one outage to many that wait at once", () =>
    Effect.gen(function* () {
      const { open, reported, state } = make()
      const ask = yield* open()
      yield* ask
      state.mode = "hang"
      const all = yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: 50 }, () => ask),
          { concurrency: "unbounded" }
        )
      )
      yield* TestClock.adjust("250 millis")
      assert.lengthOf(yield* Fiber.join(all), 50)
      assert.deepStrictEqual(reported, [late])
    })
  )

  it.effect.each(["refuse", "hang", "away", "throw", "stuck"] as const)(
    "is over by itself when Redis is back, and each is reported once (%s)",
    (mode) =>
      Effect.gen(function* () {
        const { open, reported, state } = make()
        const ask = yield* open()
        yield* ask
        state.mode = mode
        const broken = yield* Effect.forkChild(ask, { startImmediately: true })
        yield* TestClock.adjust("2 minutes")
        assert.isUndefined(yield* Fiber.join(broken))
        assert.lengthOf(reported, 1)
        state.mode = "up"
        yield* TestClock.adjust("30 seconds")
        assert.deepStrictEqual(reported.slice(1), ["up"])
        assert.strictEqual(yield* ask, "answer")
      })
  )

  it.effect("does not begin again with an answer that an old connection owes", () =>
    Effect.gen(function* () {
      const { open, reported, state } = make()
      const ask = yield* open("5 seconds")
      yield* ask
      state.mode = "hang"
      yield* Effect.forkChild(ask, { startImmediately: true })
      yield* TestClock.adjust("4500 millis")
      yield* Effect.forkChild(ask, { startImmediately: true })
      state.mode = "up"
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(reported, ["down: no answer within 5s", "up"])
      yield* TestClock.adjust("10 seconds")
      assert.lengthOf(reported, 2)
    })
  )

  it.effect("at the start holds nobody up, and is over when Redis is there", () =>
    Effect.gen(function* () {
      const { open, reported, state } = make()
      state.mode = "away"
      const ask = yield* open()
      assert.isUndefined(yield* ask)
      assert.isUndefined(yield* ask)
      assert.deepStrictEqual(reported, ["down: no connection"])
      state.mode = "up"
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(reported, ["down: no connection", "up"])
      assert.strictEqual(yield* ask, "answer")
    })
  )

  it.effect("that lasts is tested ever less often", () =>
    Effect.gen(function* () {
      const { open, state } = make()
      state.mode = "away"
      yield* Effect.asVoid(open())
      yield* TestClock.adjust("1 hour")
      // Pauses of five to ten seconds in the long run.
      assert.isBelow(state.connections, 730)
      assert.isAbove(state.connections, 350)
    })
  )

  it.effect("lasts until Redis answers within the limit", () =>
    Effect.gen(function* () {
      const { open, reported, state } = make()
      const ask = yield* open()
      yield* ask
      state.delay = 400
      const first = yield* Effect.forkChild(ask, { startImmediately: true })
      yield* TestClock.adjust("250 millis")
      assert.isUndefined(yield* Fiber.join(first))
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(reported, [late])
      state.delay = 100
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(reported, [late, "up"])
    })
  )
})

describe("a connection", () => {
  it.effect("that is never established is given up, and the next one is used", () =>
    Effect.gen(function* () {
      const { open, reported, state } = make()
      state.mode = "stuck"
      const ask = yield* open()
      yield* TestClock.adjust("1 second")
      state.mode = "up"
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual(reported, ["down: no connection", "up"])
      assert.strictEqual(yield* ask, "answer")
    })
  )

  it.effect("that is established late is used, and is no second outage", () =>
    Effect.gen(function* () {
      const { open, reported, state } = make()
      state.connecting = 9000
      const ask = yield* open()
      const first = yield* Effect.forkChild(ask, { startImmediately: true })
      yield* TestClock.adjust("250 millis")
      assert.isUndefined(yield* Fiber.join(first))
      assert.deepStrictEqual(reported, [late])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(reported, [late, "up"])
      assert.strictEqual(yield* ask, "answer")
      assert.strictEqual(state.connections, 1)
    })
  )

  it.effect("that is lost while nobody uses it is replaced at once, and is no outage", () =>
    Effect.gen(function* () {
      const { lose, open, reported, state } = make()
      const ask = yield* open()
      yield* TestClock.adjust("1 minute")
      lose()
      assert.strictEqual(yield* ask, "answer")
      assert.deepStrictEqual([state.connections, state.open], [2, 1])
      assert.deepStrictEqual(reported, [])
    })
  )

  it.effect("that is lost again and again is replaced ever less often", () =>
    Effect.gen(function* () {
      const { lose, open, state } = make()
      yield* Effect.asVoid(open())
      for (let second = 0; second < 600; second++) {
        lose()
        yield* TestClock.adjust("1 second")
      }
      assert.isBelow(state.connections, 130)
    })
  )
})

describe("stores that share a connection", () => {
  const each = (what: string) => Array.from({ length: 3 }, (_, number) => `${number} ${what}`)

  it.effect("each report an outage that one of them meets, and its end", () =>
    Effect.gen(function* () {
      const { open, reported, state } = make()
      const ask = yield* open("250 millis", 3)
      yield* ask
      state.mode = "refuse"
      assert.isUndefined(yield* ask)
      assert.deepStrictEqual(reported, each("down: a request failed"))
      state.mode = "up"
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(reported.slice(3), each("up"))
      assert.deepStrictEqual([state.connections, state.open], [2, 1])
    })
  )

  it.effect("report an outage that began before they were opened, and none after they are closed", () =>
    Effect.gen(function* () {
      const { connect, state } = make()
      state.mode = "away"
      const limit = Duration.millis(250)
      const { listen } = yield* RedisConnection.make({ connect, probe: (client) => client.run("read"), limit })
      yield* TestClock.adjust("1 minute")
      const reported: Array<string> = []
      const report = (what: string) => Effect.sync(() => void reported.push(what))
      const scope = yield* Scope.make()
      yield* listen({ onDown: report, onUp: report("up") }).pipe(Scope.provide(scope))
      assert.deepStrictEqual(reported, ["no connection"])
      yield* Scope.close(scope, Exit.void)
      state.mode = "up"
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(reported, ["no connection"])
    })
  )

  it.effect("do not wait for a report of another one", () =>
    Effect.gen(function* () {
      const { connect, state } = make()
      const limit = Duration.millis(250)
      const { ask, listen } = yield* RedisConnection.make({ connect, probe: (client) => client.run("read"), limit })
      const reported: Array<string> = []
      yield* listen({ onDown: () => Effect.never, onUp: Effect.die("a faulty receiver") })
      yield* listen({
        onDown: (reason) => Effect.sync(() => void reported.push(reason)),
        onUp: Effect.sync(() => void reported.push("up"))
      })
      const read = ask((client) => client.run("read"))
      yield* read
      state.mode = "refuse"
      yield* read
      state.mode = "up"
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(reported, ["a request failed", "up"])
    })
  )
})

describe("closing", () => {
  it.effect.each(["up", "away", "hang", "stuck"] as const)("ends the connection and every timer (%s)", (mode) =>
    Effect.gen(function* () {
      const { open, state } = make()
      const scope = yield* Scope.make()
      const ask = yield* open().pipe(Scope.provide(scope))
      yield* ask
      state.mode = mode
      yield* Effect.forkChild(ask, { startImmediately: true })
      yield* TestClock.adjust("10 seconds")
      yield* Scope.close(scope, Exit.void)
      const { calls, connections, open: left } = state
      assert.strictEqual(left, 0)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual([state.calls, state.connections], [calls, connections])
    })
  )
})

describe("the reason of an outage", () => {
  const secret = "sssh-a-password"
  const coded = (code: string) => Object.assign(new Error(`connect to ${secret}`), { code })
  it.effect.each([
    [new Error(`WRONGPASS invalid username-password pair ${secret}`), ": WRONGPASS"],
    [new Error(`NOAUTH ${secret}`), ": NOAUTH"],
    [coded("ECONNREFUSED"), ": ECONNREFUSED"],
    [Object.assign(new TypeError("Invalid URL"), { code: "ERR_INVALID_URL", input: secret }), ": ERR_INVALID_URL"],
    [new Error("it failed", { cause: coded("ENOTFOUND") }), ": ENOTFOUND"],
    [coded(secret), ""],
    [new Error(`${secret.toUpperCase()} is wrong`), ""],
    [new Error(`SECRET ${secret}`), ""],
    [secret, ""],
    [undefined, ""]
  ] as ReadonlyArray<readonly [unknown, string]>)(
    "has the code of the error and none of its words: %s",
    ([cause, code]) =>
      Effect.gen(function* () {
        for (const mode of ["away", "throw"] as const) {
          const { open, reported, state } = make()
          Object.assign(state, { mode, cause })
          yield* yield* open()
          assert.deepStrictEqual(reported, [`down: no connection${code}`])
        }
        const { open, reported, state } = make()
        const ask = yield* open()
        yield* ask
        Object.assign(state, { mode: "refuse", cause })
        yield* ask
        assert.deepStrictEqual(reported, [`down: a request failed${code}`])
      })
  )
})
