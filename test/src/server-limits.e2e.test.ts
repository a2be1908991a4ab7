/** Processes that serve the token endpoint and share its limits through a real Redis. */
import * as Node from "@tempcred/emulator/Node"
import * as Soniox from "@tempcred/emulator/Soniox"
import * as Redis from "@tempcred/redis/Redis"
import * as Limits from "@tempcred/server/Limits"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Logger from "effect/Logger"
import { type ChildProcess, fork } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, inject, it } from "vitest"
import { until } from "./support/fleet.ts"
import * as RedisClient from "./support/redis-client.ts"
import * as RedisServer from "./support/redis-server.ts"
import type { Message } from "./support/server-worker.ts"

const program = inject("redisServer") ?? ""

const perMinute = 10

const concurrent = 2

/** Callers whom nobody has limited yet; each test takes its own. */
const callers = Array.from({ length: 50 }, (_, index) => ({ name: `caller-${index}`, token: randomUUID() }))

const caller = () => {
  const next = callers[taken]
  taken += 1
  if (next === undefined) throw new Error("there are no callers left")
  return next
}
let taken = 0

interface Worker {
  readonly origin: string
  readonly log: ReadonlyArray<string>
  readonly child: ChildProcess
}

interface Answer {
  readonly status: number
  readonly retryAfter: number | undefined
  readonly milliseconds: number
}

const ask = async (
  { origin }: Worker,
  { token }: { readonly token: string },
  signal: AbortSignal = AbortSignal.timeout(10_000)
): Promise<Answer> => {
  const began = performance.now()
  const response = await fetch(`${origin}/v1/credentials`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: '{"purpose":"stt.realtime"}',
    signal
  })
  await response.text()
  const header = response.headers.get("retry-after")
  const retryAfter = header === null ? undefined : Number(header)
  return { status: response.status, retryAfter, milliseconds: performance.now() - began }
}

const count = (answers: ReadonlyArray<Answer>, status: number): number =>
  answers.filter((answer) => answer.status === status).length

/** Asks one after the other, in turns. */
const inTurns = async (workers: ReadonlyArray<Worker>, times: number, who = caller()) => {
  const answers: Array<Answer> = []
  for (let round = 0; round < times; round += 1) {
    for (const worker of workers) answers.push(await ask(worker, who))
  }
  return answers
}

/** What a process logs when an outage of Redis begins, and when it is over. */
const away = "Warn Limits: the shared store is unavailable"

const back = "Info Limits: the shared store is available again"

describe.skipIf(program === "")("limits of two processes", () => {
  const emulator = Soniox.make({ apiKey: "soniox-key" })
  let vendor: Node.Server
  let redis: RedisServer.RedisServer
  let workers: ReadonlyArray<Worker> = []

  const start = async (patient = true): Promise<Worker> => {
    const env = {
      PATH: process.env["PATH"],
      SONIOX_API_KEY: "soniox-key",
      SONIOX_API_BASE_URL: vendor.origin,
      TEMPCRED_AUTH_BEARER_TOKENS: callers.map(({ name, token }) => `${name}=${token}`).join(","),
      TEMPCRED_LIMIT_PER_MINUTE: String(perMinute),
      TEMPCRED_LIMIT_CONCURRENT: String(concurrent),
      TEMPCRED_LIMIT_STORE: redis.url,
      TEMPCRED_PORT: "0",
      PATIENT: String(patient)
    }
    const child = fork(join(import.meta.dirname, "support/server-worker.ts"), [], { env })
    const log: Array<string> = []
    const origin = await new Promise<string>((resolve, reject) => {
      child.once("exit", () => reject(new Error(`a server ended before it listened: ${log.join("\n")}`)))
      child.on("message", (message: Message) => {
        if (message._tag === "Listening") resolve(message.origin)
        else log.push(message.line)
      })
    })
    return { origin, log, child }
  }
  const kill = async ({ child }: Worker) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, "exit")
    child.kill("SIGKILL")
    await ended
  }

  beforeAll(async () => {
    vendor = await Node.serve(emulator)
    redis = await RedisServer.make(program)
    await redis.start()
    workers = await Promise.all([start(), start()])
  }, 60_000)
  afterAll(async () => {
    await Promise.all(workers.map(kill))
    await redis[Symbol.asyncDispose]()
    await vendor.close()
  })

  const pair = (): readonly [Worker, Worker] => {
    const [one, other] = workers
    if (one === undefined || other === undefined) throw new Error("there are fewer than two servers")
    return [one, other]
  }
  const asked = () => emulator.log.filter(({ route }) => route === Soniox.mintRoute).length

  /** Sends requests that the vendor never answers, and waits until it has them. */
  const hanging = async (servers: ReadonlyArray<Worker>, who: { readonly token: string }) => {
    emulator.faults.add(Soniox.mintRoute, { hang: true }, servers.length)
    const before = asked()
    const leaving = new AbortController()
    const gone = Promise.allSettled(servers.map((server) => ask(server, who, leaving.signal)))
    await until(() => asked() === before + servers.length)
    return {
      leave: async () => {
        leaving.abort()
        await gone
      }
    }
  }

  it("together serve as many requests in a minute as one process, and state when the minute ends", async () => {
    const answers = await inTurns(workers, 8)
    assert.strictEqual(count(answers, 201), perMinute)
    const refused = answers.filter(({ status }) => status === 429)
    assert.strictEqual(refused.length, 16 - perMinute)
    for (const { retryAfter = 0 } of refused) assert.isTrue(retryAfter > 30 && retryAfter <= 60, String(retryAfter))
    assert.strictEqual(count(await inTurns(workers, 1), 201), 2)
  })

  it("a minute ends by itself: no later request moves its end", async () => {
    const who = caller()
    const minutes = async () => (await RedisClient.dump(redis.url)).filter(({ key }) => key.endsWith(":minute"))
    const others = (await minutes()).map(({ key }) => key)
    assert.strictEqual((await ask(pair()[0], who)).status, 201)
    const [own] = (await minutes()).filter(({ key }) => !others.includes(key))
    if (own === undefined) assert.fail("nothing was counted")
    await RedisClient.send(redis.url, "PEXPIRE", own.key, "4000")
    assert.strictEqual(count(await inTurns(workers, perMinute / 2, who), 201), perMinute - 1)
    const { retryAfter = 0, status } = await ask(pair()[1], who)
    assert.strictEqual(status, 429)
    assert.isTrue(retryAfter >= 1 && retryAfter <= 4, String(retryAfter))
    await until(async () => (await ask(pair()[1], who)).status === 201)
  })

  it("together serve as many concurrent requests as one process, and a client that disconnects frees a place", async () => {
    const [one, other] = pair()
    const who = caller()
    const { leave } = await hanging([one, other], who)
    for (const server of [one, other]) {
      const { retryAfter, status } = await ask(server, who)
      assert.deepStrictEqual([status, retryAfter], [429, 1])
      assert.strictEqual((await ask(server, caller())).status, 201)
    }
    await leave()
    await until(async () => (await ask(one, who)).status === 201)
    assert.strictEqual((await ask(other, who)).status, 201)
  })

  it("serves many concurrent requests", async () => {
    const who = caller()
    emulator.faults.add(Soniox.mintRoute, { hang: true }, concurrent)
    const before = asked()
    const leaving = new AbortController()
    const answers: Array<Answer> = []
    const all = Array.from({ length: 20 }, async (_, index) => {
      answers.push(await ask(pair()[index % 2 === 0 ? 0 : 1], who, leaving.signal))
    })
    const gone = Promise.allSettled(all)
    await until(() => answers.length === 20 - concurrent)
    assert.strictEqual(count(answers, 429), 20 - concurrent)
    assert.strictEqual(asked() - before, concurrent)
    leaving.abort()
    await gone
  })

  it("the place of a killed process is soon free again, while another process keeps its own", async () => {
    const [one, other] = pair()
    const victim = await start()
    const who = caller()
    const { leave } = await hanging([victim, one], who)
    await kill(victim)
    assert.strictEqual((await ask(other, who)).status, 429)
    await until(async () => (await ask(other, who)).status === 201)
    await leave()
  }, 45_000)

  it("a place is kept for as long as its request takes", async () => {
    const [one, other] = pair()
    const who = caller()
    const { leave } = await hanging([one, one], who)
    const since = performance.now()
    // Well past the lease of a second.
    await until(async () => {
      assert.strictEqual((await ask(other, who)).status, 429)
      return performance.now() - since > 2500
    })
    await leave()
  })

  it("Redis contains no subject, and no entry stays", async () => {
    const kept = await RedisClient.dump(redis.url)
    assert.isAtLeast(kept.length, 2)
    for (const { key, secondsLeft, value } of kept) {
      assert.match(key, /^tempcred:limits:\{[\w-]{43}\}:(minute|running)$/)
      assert.notMatch(value, /caller/)
      // A key that went meanwhile, which Redis calls -2, has not stayed either.
      const isGone = secondsLeft === -2
      assert.isTrue(isGone || (secondsLeft >= 0 && secondsLeft <= 60), `${key} ${secondsLeft}`)
    }
  })

  for (const [how, lose, find] of [
    ["killed", () => redis.stop(), () => redis.start()],
    ["stopped", () => redis.pause(), () => redis.resume()]
  ] as const) {
    it(`with a Redis that is ${how}, each process counts for itself until it is back`, async () => {
      const impatient = await Promise.all([start(false), start(false)])
      // One that answered knows that Redis is there.
      await inTurns(impatient, 1)
      const lines = (text: string) => impatient.map(({ log }) => log.filter((line) => line.startsWith(text)).length)
      const before = { away: lines(away), back: lines(back) }
      await lose()
      const who = caller()
      const answers = await inTurns(impatient, perMinute, who)
      assert.strictEqual(count(answers, 201), 2 * perMinute)
      for (const { milliseconds } of answers) assert.isBelow(milliseconds, 1000)
      assert.deepStrictEqual(
        (await inTurns(impatient, 1, who)).map(({ status }) => status),
        [429, 429]
      )
      assert.deepStrictEqual(
        lines(away),
        before.away.map((number) => number + 1)
      )
      await find()
      await until(() => lines(back).every((number, index) => number > (before.back[index] ?? 0)), 30_000)
      // A busy machine may take an exchange for another outage.
      await until(async () => count(await inTurns(impatient, perMinute), 201) === perMinute)
      await Promise.all(impatient.map(kill))
    }, 45_000)
  }
})

describe.skipIf(program === "")("a Redis that stalls, or cannot be written", () => {
  const lines: Array<string> = []
  const logger = Logger.layer([Logger.make(({ message }) => void lines.push(String(message)))])

  /** Limits of a process of their own, with what the test says to their Redis. */
  const limitsAt = (url: string) => Limits.make({ store: Redis.connect(url), concurrent: 8 })
  const server = Effect.acquireRelease(
    Effect.promise(async () => {
      const redis = await RedisServer.make(program)
      await redis.start()
      return redis
    }),
    (redis) => Effect.promise(() => redis[Symbol.asyncDispose]())
  )
  const command =
    (url: string) =>
    (...args: ReadonlyArray<string>) =>
      Effect.promise(() => RedisClient.send(url, ...args))
  const places = Effect.fnUntraced(function* (send: ReturnType<typeof command>) {
    const keys = (yield* send("KEYS", "*:running")) as ReadonlyArray<string>
    const counts = yield* Effect.forEach(
      keys.filter((key) => !key.includes("probe")),
      (key) => send("ZCARD", key)
    )
    return counts.reduce<number>((sum, count) => sum + Number(count), 0)
  })
  const eventually = (holds: Effect.Effect<boolean, unknown>) =>
    Effect.promise(() => until(() => Effect.runPromise(holds)))

  it("locks no caller out: places returned meanwhile are free once it answers", () =>
    Effect.gen(function* () {
      const { url } = yield* server
      const send = command(url)
      const [one, other] = [yield* limitsAt(url), yield* limitsAt(url)]
      const over = Latch.makeUnsafe(false)
      const running = yield* Effect.forEach(Array.from({ length: 8 }), () =>
        Effect.forkChild(one.limited("ana", over.await))
      )
      yield* eventually(Effect.map(places(send), (count) => count === 8))
      yield* send("CLIENT", "PAUSE", "400")
      yield* over.open
      yield* Fiber.joinAll(running)
      // The lease is 30 seconds.
      yield* eventually(Effect.map(places(send), (count) => count === 0))
      const answers = yield* Effect.all(
        Array.from({ length: 8 }, () => other.limited("ana", Effect.succeed("done"))),
        { concurrency: 8 }
      )
      assert.deepStrictEqual(new Set(answers), new Set(["done"]))
    }).pipe(Effect.scoped, Effect.provide(logger), Effect.runPromise))

  it("keeps no place for callers that were not answered in time", () =>
    Effect.gen(function* () {
      const { url } = yield* server
      const send = command(url)
      const limits = yield* limitsAt(url)
      yield* limits.limited("ana", Effect.void)
      yield* eventually(Effect.map(places(send), (count) => count === 0))
      yield* send("CLIENT", "PAUSE", "600")
      const served = yield* Effect.all(
        Array.from({ length: 8 }, () => limits.limited("bob", Effect.succeed("done"))),
        { concurrency: 8 }
      )
      assert.lengthOf(served, 8)
      const kept = Effect.map(send("KEYS", "*:left:*"), (keys) => (keys as ReadonlyArray<string>).length)
      yield* eventually(Effect.map(kept, (count) => count === 8))
      yield* eventually(Effect.map(places(send), (count) => count === 0))
    }).pipe(Effect.scoped, Effect.provide(logger), Effect.runPromise))

  it(
    "is told as one outage while it is read-only",
    () =>
      Effect.gen(function* () {
        const { url } = yield* server
        const send = command(url)
        const limits = yield* limitsAt(url)
        yield* limits.limited("ana", Effect.void)
        lines.length = 0
        yield* send("REPLICAOF", "127.0.0.1", "1")
        const readings = () =>
          Effect.map(
            send("INFO", "commandstats"),
            (text) => /cmdstat_evalsha:calls=(\d+)/.exec(JSON.stringify(text))?.[1] ?? "0"
          )
        const before = Number(yield* readings())
        // One connection more than it takes to see that it is away.
        yield* eventually(
          Effect.gen(function* () {
            yield* limits.limited("ana", Effect.void).pipe(Effect.ignore)
            return Number(yield* readings()) > before + 2
          })
        )
        assert.deepStrictEqual(lines, [
          "Limits: the shared store is unavailable (a request failed: READONLY); each process counts for itself"
        ])
        yield* send("REPLICAOF", "NO", "ONE")
        yield* eventually(Effect.sync(() => lines.length > 1))
        assert.strictEqual(lines[1], "Limits: the shared store is available again")
      }).pipe(Effect.scoped, Effect.provide(logger), Effect.runPromise),
    30_000
  )
})
