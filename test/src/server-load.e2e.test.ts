/** Two hundred clients at once, before a vendor that fails one mint in five; and clients that do nothing for as long as they may. */
import * as Soniox from "@tempcred/emulator/Soniox"
import type { Fault } from "@tempcred/emulator/Faults"
import { once } from "node:events"
import { connect } from "node:net"
import { availableParallelism, loadavg } from "node:os"
import { setTimeout as sleep } from "node:timers/promises"
import { assert, it } from "vitest"
import * as Endpoint from "./support/endpoint.ts"

const failures: ReadonlyArray<Fault> = [
  { status: 500 },
  { reset: true },
  { status: 503, body: { message: "later" } },
  { cut: 20 },
  { garbage: true },
  { status: 502 },
  { status: 400, body: { error_message: "no" } },
  { drip: 1 },
  { html: true },
  { status: 429, headers: { "retry-after": "1" } },
  { hang: true }
]

/** The share of mints that fail. */
const faults = 0.2

/** Lets four mints pass for each one that fails, from now on. */
const troubled = (emulator: Soniox.Soniox) => {
  let next = 0
  const more = () => {
    for (let count = 0; count < 400; count++) {
      emulator.faults.add(Soniox.mintRoute, { delay: 1 }, 4)
      // A hang takes a try's whole time, so that it is the rarest.
      const fault = failures[next % (next % 50 === 10 ? 11 : 10)] ?? { status: 500 }
      emulator.faults.add(Soniox.mintRoute, fault)
      next += 1
    }
  }
  emulator.faults.clear()
  more()
  const timer = setInterval(() => {
    emulator.faults.clear()
    more()
  }, 1000)
  return () => clearInterval(timer)
}

/** How many want to run for each processor, at least one. */
const crowd = (): number => Math.max(1, (loadavg()[0] ?? 0) / availableParallelism())

const load = async (
  origin: string,
  clients: number,
  milliseconds: number
): Promise<ReadonlyArray<Endpoint.Outcome>> => {
  const outcomes: Array<Endpoint.Outcome> = []
  const end = performance.now() + milliseconds
  const run = async (number: number) => {
    const { ask, close } = Endpoint.client(origin, `user-${number}`)
    await sleep(number * 5)
    while (performance.now() < end) {
      outcomes.push(await ask())
      await sleep(700 + (number % 10) * 60)
    }
    close()
  }
  await Promise.all(Array.from({ length: clients }, (_, number) => run(number)))
  return outcomes
}

it.concurrent(
  "every request is answered, none hangs, and memory ends where it began",
  { timeout: 180_000 },
  async () => {
    await using endpoint = await Endpoint.make()
    const { emulator, memory, metrics, origin } = endpoint
    const calm = troubled(emulator)
    const warm = await load(origin, 200, 5000)
    const { heap: before } = await memory()
    const outcomes = [...warm, ...(await load(origin, 200, 12_000))]
    calm()
    const { heap: after } = await memory()

    const unanswered = outcomes.filter(({ error }) => error !== undefined)
    assert.deepStrictEqual(unanswered, [])
    const slowest = Math.max(...outcomes.map(({ milliseconds }) => milliseconds))
    // A mint with all its tries takes fifteen seconds at most; where more wants to run than there are processors, all of it takes as much longer.
    assert.isBelow(slowest, Math.min(60_000, 15_000 * crowd()))
    const statuses = new Set(outcomes.map(({ status }) => status))
    assert.isTrue(statuses.has(201) && statuses.has(502), [...statuses].join())
    for (const { retryAfter, status, text, type } of outcomes) {
      if (status === 201) continue
      assert.include([502, 503, 504], status, text)
      assert.strictEqual(type, "application/problem+json")
      assert.strictEqual(JSON.parse(text).status, status)
      assert.strictEqual(retryAfter, JSON.parse(text).retryAfter?.toString())
    }
    const created = outcomes.filter(({ status }) => status === 201)
    const tokens = new Set(created.map(({ text }) => JSON.parse(text).token))
    assert.strictEqual(tokens.size, created.length, "each is for one use, and goes to one client")
    assert.isAtLeast(outcomes.length, 400)
    // One try in five fails, and most of the failures are tried again.
    assert.isAtLeast(created.length / outcomes.length, 0.6)
    // Refusals are among the faults: each holds everybody for a second, and none throttles the vendor from then on.
    const unavailable = outcomes.filter(({ status }) => status === 503)
    assert.isBelow(unavailable.length / outcomes.length, faults)
    assert.match(await metrics(), /^tempcred_requests_in_flight 0$/m)
    // Code that is compiled meanwhile counts too; a request that left a kilobyte behind would show.
    assert.isBelow(after - before, 2_500_000, `${before} bytes before, ${after} after`)
  }
)

it.concurrent(
  "a healthy vendor that refuses one mint after a quiet time serves forty a second from then on",
  { timeout: 180_000 },
  async () => {
    await using endpoint = await Endpoint.make()
    const { emulator, origin } = endpoint
    const clients = Array.from({ length: 80 }, (_, number) => Endpoint.client(origin, `user-${number}`))
    const steadily = async (perSecond: number, seconds: number) => {
      const asked: Array<Promise<Endpoint.Outcome>> = []
      while (asked.length < perSecond * seconds) {
        for (const { ask } of clients.slice(0, perSecond * seconds - asked.length)) {
          asked.push(ask())
          await sleep(1000 / perSecond)
        }
      }
      return Promise.all(asked)
    }
    await steadily(2, 5)
    emulator.faults.add(Soniox.mintRoute, { status: 429, headers: { "retry-after": "1" } })
    const outcomes = await steadily(40, 12)
    for (const { close } of clients) close()
    const created = outcomes.filter(({ status }) => status === 201)
    assert.isAtLeast(created.length / outcomes.length, 0.98)
  }
)

it.concurrent("clients that send incomplete headers or nothing are cut off", { timeout: 180_000 }, async () => {
  await using endpoint = await Endpoint.make()
  const port = Number(new URL(endpoint.origin).port)
  const cut = async (bytes: string): Promise<string> => {
    const socket = connect({ port, host: "127.0.0.1" })
    let text = ""
    socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk))
    socket.write(bytes)
    await once(socket, "close")
    return text
  }
  const began = performance.now()
  const [silent, half] = await Promise.all([cut(""), cut("POST /v1/credentials HTTP/1.1\r\nHost: loc")])
  assert.isBelow(performance.now() - began, 25_000)
  for (const text of [silent, half]) assert.match(text, /^HTTP\/1\.1 408 /)
})
