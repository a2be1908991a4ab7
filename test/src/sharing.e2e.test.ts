/** Machines that share credentials through a real Redis, each a process of its own. */
import * as CredentialSharing from "@tempcred/core/CredentialSharing"
import * as Events from "@tempcred/core/Events"
import { fingerprint } from "@tempcred/core/Fingerprint"
import * as Minter from "@tempcred/core/Minter"
import type { MintRequest } from "@tempcred/core/MintRequest"
import * as Soniox from "@tempcred/emulator/Soniox"
import * as Redis from "@tempcred/redis/Redis"
import * as Vendor from "@tempcred/soniox/Soniox"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { randomBytes, randomUUID } from "node:crypto"
import { once } from "node:events"
import { createServer, type Socket } from "node:net"
import { afterAll, assert, beforeAll, describe, inject, it } from "vitest"
import * as Fleet from "./support/fleet.ts"
import * as RedisClient from "./support/redis-client.ts"
import * as RedisServer from "./support/redis-server.ts"

const redisUrl = inject("redisUrl") ?? ""
const program = inject("redisServer") ?? ""

/** A request of nobody else's. */
const someone = () => ({ purpose: "stt.realtime", subject: randomUUID() }) as const

const tokens = (answers: ReadonlyArray<Fleet.Answer>): ReadonlySet<string> =>
  new Set(answers.flatMap((answer) => answer.tokens))

const assertServed = (answers: ReadonlyArray<Fleet.Answer>) => {
  assert.deepStrictEqual(
    answers.map(({ error }) => error),
    answers.map(() => undefined)
  )
}

const outages = (worker: Fleet.Worker) => worker.events.filter((event) => event.startsWith("Sharing"))

/** All that Redis holds: names, values and members, each with the seconds that it stays. */
const dump = async (url: string): Promise<string> =>
  (await RedisClient.dump(url)).map(({ key, secondsLeft, value }) => `${key} ${value} ${secondsLeft}`).join("\n")

/** A minter that shares, of this process; its vendor refuses every connection. */
const sharingMinter = (url: string) => {
  const events: Array<string> = []
  const told = Events.layer((event) => Effect.sync(() => void events.push(event._tag)))
  const vendor = Vendor.layer({ apiKey: Redacted.make("soniox-key"), baseUrl: "http://127.0.0.1:1" })
  const sharing = CredentialSharing.layer({
    store: Redis.connect(url),
    keys: [Redacted.make(randomBytes(32).toString("base64"))]
  })
  return { events, minter: Minter.make(sharing.pipe(Layer.provide([vendor, told]))) }
}

// Exchanges may be slow here, as many processes begin at once: how long they may take is the matter of the tests below.
const patient = { limit: 10_000 }

describe.skipIf(redisUrl === "")("one Redis", () => {
  let fleet: Fleet.Fleet
  let all: ReadonlyArray<Fleet.Worker>

  beforeAll(async () => {
    fleet = await Fleet.make(redisUrl)
    all = await fleet.workers(8, patient)
  })
  afterAll(() => fleet[Symbol.asyncDispose]())

  /** Counts the calls to the vendor while something happens. */
  const counting = async <A>(happens: () => Promise<A>): Promise<readonly [result: A, mints: number]> => {
    const before = fleet.mints()
    const result = await happens()
    return [result, fleet.mints() - before]
  }
  const pair = (): readonly [Fleet.Worker, Fleet.Worker] => {
    const [one, other] = all
    if (one === undefined || other === undefined) throw new Error("there are fewer than two workers")
    return [one, other]
  }

  it("a second process finds the credential that the first minted", async () => {
    const [one, other] = pair()
    const request = someone()
    const [answers, mints] = await counting(async () => [await one.mint(request), await other.mint(request)])
    assertServed(answers)
    assert.strictEqual(tokens(answers).size, 1)
    assert.strictEqual(mints, 1)
  })

  it.each([true, false])("8 processes with 50 concurrent gets each are one mint (cache above: %s)", async (cached) => {
    const request = someone()
    fleet.emulator.faults.add(Soniox.mintRoute, { delay: 300 })
    const [answers, mints] = await counting(() =>
      Promise.all(all.map((worker) => worker.mint(request, { times: 50, cached })))
    )
    assertServed(answers)
    assert.strictEqual(answers.flatMap((answer) => answer.tokens).length, 400)
    assert.strictEqual(tokens(answers).size, 1)
    assert.strictEqual(mints, 1)
  })

  it("after a machine is killed during a mint, another mints once the lease has ended, and no call fails", async () => {
    const victim = await fleet.worker(patient)
    const request = someone()
    fleet.emulator.faults.add(Soniox.mintRoute, { hang: true })
    const before = fleet.mints()
    const lost = victim.mint(request)
    await Fleet.until(() => fleet.mints() > before)
    const waiting = Promise.all(all.map((worker) => worker.mint(request)))
    await victim.kill()
    const answers = await waiting
    assert.strictEqual((await lost).error, "the worker ended")
    assertServed(answers)
    // If the lease did not end, each would mint for itself in the end.
    assert.strictEqual(tokens(answers).size, 1)
  })

  it("a mint that lasts longer than the lease keeps it", async () => {
    const request = someone()
    fleet.emulator.faults.add(Soniox.mintRoute, { delay: 1500 })
    const [answers, mints] = await counting(() => Promise.all(all.map((worker) => worker.mint(request))))
    assertServed(answers)
    assert.strictEqual(tokens(answers).size, 1)
    assert.strictEqual(mints, 1)
  })

  it("a machine that slept through its lease does not overwrite a newer credential", async () => {
    const [one, other] = pair()
    const request = someone()
    fleet.emulator.faults.add(Soniox.mintRoute, { delay: 100 })
    const before = fleet.mints()
    const late = one.mint(request)
    await Fleet.until(() => fleet.mints() > before)
    one.pause()
    const newer = await other.mint(request)
    one.resume()
    const older = await late
    assertServed([newer, older])
    assert.notDeepEqual(older.tokens, newer.tokens)
    assert.deepStrictEqual((await one.mint(request, { cached: false })).tokens, newer.tokens)
    assert.strictEqual(fleet.mints() - before, 2)
  })

  it("Redis contains no token, key or subject in plain text", async () => {
    const [one] = pair()
    const request = { ...someone(), subject: "somebody@example.org" }
    const before = await one.mint(request)
    await one.invalidate()
    const after = await one.mint(request)
    assertServed([before, after])
    const held = await dump(redisUrl)
    assert.match(held, /^tempcred:\{[\w-]{43}\} [\w-]{400,} \d+$/m)
    assert.match(held, /^tempcred:invalidated [\w-]{16}/m)
    // Nothing stays for ever.
    assert.notMatch(held, /^tempcred:.* -1$/m)
    for (const secret of [...tokens([before, after]), fleet.emulator.apiKey, fleet.key, request.subject]) {
      assert.notInclude(held, secret)
      // Nor in base64, wherever in it the text begins.
      for (const shift of ["", "x", "xx"]) {
        const encoded = Buffer.from(shift + secret).toString("base64url")
        assert.notInclude(held, encoded.slice(4, -4))
      }
    }
    assert.notMatch(held, /soniox|stt\.realtime|expiresAt/)
  })

  it("a process with another encryption key finds nothing, and mints without an error", async () => {
    const [one] = pair()
    const other = await fleet.worker({ ...patient, key: Buffer.alloc(32, 7).toString("base64") })
    const request = someone()
    const [answers, mints] = await counting(async () => [await one.mint(request), await other.mint(request)])
    assertServed(answers)
    assert.strictEqual(tokens(answers).size, 2)
    assert.strictEqual(mints, 2)
  })

  it("each get of a single-use credential is a mint of its own in every process", async () => {
    const request = { ...someone(), singleUse: true }
    const [answers, mints] = await counting(() =>
      Promise.all(pair().map((worker) => worker.mint(request, { times: 3 })))
    )
    assertServed(answers)
    assert.strictEqual(tokens(answers).size, 6)
    assert.strictEqual(mints, 6)
  })

  it("without a subject a client's credential is not shared, a server's is", async () => {
    const bare = { purpose: "stt.realtime" } as const
    const mintBoth = (request: MintRequest) => counting(() => Promise.all(pair().map((worker) => worker.mint(request))))
    assert.strictEqual((await mintBoth(bare))[1], 2)
    assert.strictEqual((await mintBoth({ ...bare, exposure: "server" }))[1], 1)
  })

  it("a credential that one process invalidates is soon not served by another", async () => {
    const [one, other] = pair()
    const request = someone()
    const rejected = await one.mint(request)
    assert.deepStrictEqual((await other.mint(request)).tokens, rejected.tokens)
    await one.invalidate()
    const [answers, mints] = await counting(async () => {
      await Fleet.until(async () => (await other.mint(request)).tokens[0] !== rejected.tokens[0])
      return [await other.mint(request), await one.mint(request)]
    })
    assertServed(answers)
    assert.strictEqual(tokens(answers).size, 1)
    assert.notDeepEqual(answers[0]?.tokens, rejected.tokens)
    assert.strictEqual(mints, 1)
  })

  it("a refused credential that a process never held is replaced in one mint, and soon served by none", async () => {
    const [one, other] = pair()
    const request = someone()
    const rejected = await one.mint(request)
    const refused = await Effect.runPromise(fingerprint(Redacted.make(rejected.tokens[0] ?? "")))
    const [answers, mints] = await counting(async () => {
      const replaced = await other.mint(request, { refused, times: 20 })
      await Fleet.until(async () => (await one.mint(request)).tokens[0] !== rejected.tokens[0])
      return [replaced, await one.mint(request), await other.mint(request, { refused })]
    })
    assertServed(answers)
    assert.strictEqual(tokens(answers).size, 1)
    assert.notInclude([...tokens(answers)], rejected.tokens[0])
    assert.strictEqual(mints, 1)
  })

  it("none of this was an outage", () => {
    assert.deepStrictEqual(all.flatMap(outages), [])
  })
})

describe.skipIf(program === "")("a Redis in trouble", () => {
  it("with a paused Redis all requests are served with one event each, and sharing resumes", async () => {
    await using redis = await RedisServer.make(program)
    await redis.start()
    await using fleet = await Fleet.make(redis.url)
    const all = await fleet.workers(3)
    const mintAll = (request: MintRequest) => Promise.all(all.map((worker) => worker.mint(request, { times: 20 })))
    await Fleet.until(async () => tokens(await mintAll(someone())).size === 1)
    const eventsBefore = all.map((worker) => outages(worker).length)
    redis.pause()
    for (let round = 0; round < 12; round++) assertServed(await mintAll(someone()))
    const since = () => all.map((worker, index) => outages(worker).slice(eventsBefore[index]))
    assert.deepStrictEqual(
      since(),
      all.map(() => ["SharingDegraded"])
    )
    redis.resume()
    await Fleet.until(() => since().every((events) => events.length === 2))
    assert.deepStrictEqual(
      since(),
      all.map(() => ["SharingDegraded", "SharingRestored"])
    )
    assert.strictEqual(tokens(await mintAll(someone())).size, 1)
  })

  it("with Redis down at the start every process mints for itself, and shares once Redis is up", async () => {
    await using redis = await RedisServer.make(program)
    await using fleet = await Fleet.make(redis.url)
    const all = await fleet.workers(2)
    const alone = await Promise.all(all.map((worker) => worker.mint(someone(), { times: 10 })))
    assertServed(alone)
    assert.strictEqual(fleet.mints(), 2)
    await redis.start()
    await Fleet.until(() => all.every((worker) => outages(worker).length === 2))
    assert.deepStrictEqual(
      all.map(outages),
      all.map(() => ["SharingDegraded", "SharingRestored"])
    )
    const request = someone()
    const answers = await Promise.all(all.map((worker) => worker.mint(request)))
    assertServed(answers)
    assert.strictEqual(fleet.mints(), 3)
  })

  it("Redis can stop during a mint and start again empty", async () => {
    await using redis = await RedisServer.make(program)
    await redis.start()
    await using fleet = await Fleet.make(redis.url)
    const all = await fleet.workers(2)
    fleet.emulator.faults.add(Soniox.mintRoute, { delay: 500 })
    const request = someone()
    const pending = Promise.all(all.map((worker) => worker.mint(request)))
    await Fleet.until(() => fleet.mints() > 0)
    await redis.stop()
    assertServed(await pending)
    await redis.start()
    await Fleet.until(() => all.every((worker) => outages(worker).at(-1) === "SharingRestored"))
    const next = someone()
    const answers = await Promise.all(all.map((worker) => worker.mint(next)))
    assertServed(answers)
    assert.strictEqual(tokens(answers).size, 1)
  })

  it("a Redis that is paused while in use does not delay close", async () => {
    await using redis = await RedisServer.make(program)
    await redis.start()
    const { events, minter } = sharingMinter(redis.url)
    // On a busy machine, the first exchange can exceed its limit.
    await Fleet.until(async () => {
      await minter.mint(someone()).catch(() => undefined)
      return events.at(-1) !== "SharingDegraded"
    })
    const eventsBefore = events.length
    redis.pause()
    await minter.mint(someone()).catch(() => undefined)
    assert.deepStrictEqual(events.slice(eventsBefore), ["SharingDegraded"])
    await minter.close()
  })

  it("a Redis that cannot be written is reported as one outage", async () => {
    await using redis = await RedisServer.make(program)
    await redis.start()
    const { events, minter } = sharingMinter(redis.url)
    const told = () => events.filter((event) => event.startsWith("Sharing"))
    const send = (...args: ReadonlyArray<string>) => RedisClient.send(redis.url, ...args)
    const scripts = async () =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(JSON.stringify(await send("INFO", "commandstats")))?.[1] ?? "0")
    await minter.mint(someone()).catch(() => undefined)
    await send("REPLICAOF", "127.0.0.1", "1")
    await minter.mint(someone()).catch(() => undefined)
    const before = await scripts()
    // What connects again is asked, and shows that it cannot be written.
    await Fleet.until(async () => {
      await minter.mint(someone()).catch(() => undefined)
      return (await scripts()) > before + 1
    })
    assert.deepStrictEqual(told(), ["SharingDegraded"])
    await minter.close()
  }, 30_000)

  it("a Redis that is paused from the start does not delay close", async () => {
    await using redis = await RedisServer.make(program)
    await redis.start()
    redis.pause()
    const { minter } = sharingMinter(redis.url)
    await minter.ready()
    await minter.close()
  })
})

it("a server that accepts connections and never answers does not delay close, and is tried again", async () => {
  const sockets: Array<Socket> = []
  const silent = createServer((socket) => void sockets.push(socket.on("error", () => undefined)))
  silent.listen(0, "127.0.0.1")
  await once(silent, "listening")
  const address = silent.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  const { minter } = sharingMinter(`redis://127.0.0.1:${address.port}`)
  try {
    await minter.ready()
    // A connection is given up after ten seconds.
    await Fleet.until(() => sockets.length === 2)
    await minter.close()
  } finally {
    for (const socket of sockets) socket.destroy()
    silent.close()
  }
})
