import { assert, describe, it } from "vitest"
import * as Emulator from "../src/Emulator.ts"
import { ConnectionReset, type Fault } from "../src/Faults.ts"
import { dial, manualClock } from "./support.ts"

const route = "GET /word"

const setUp = () => {
  const clock = manualClock()
  const said: Array<string> = []
  const definition: Emulator.Definition = {
    vendor: "nobody",
    apiKey: "key",
    region: "here",
    hosts: {},
    env: () => ({}),
    routes: { [route]: () => Response.json({ word: "hello" }) },
    sockets: {
      "/words": () => {
        let peer: Emulator.Peer | undefined
        return {
          open: (opened) => {
            peer = opened
          },
          message: (data) => peer?.send(data),
          closed: () => said.push("closed")
        }
      }
    },
    unknown: (_call, allowed) => new Response(null, { status: allowed.length > 0 ? 405 : 404 }),
    minting: [],
    tooMany: () => new Response(null, { status: 429 })
  }
  const emulator = Emulator.make(definition, { clock })
  const ask = (fault?: Fault, times?: number) => {
    if (fault !== undefined) emulator.faults.add(route, fault, times)
    return emulator.handle(new Request("http://emulator.test/word"))
  }
  return { clock, emulator, ask, said }
}

const usual = JSON.stringify({ word: "hello" })

describe("faults of a request", () => {
  it("answer in the vendor's place", async () => {
    const { ask } = setUp()
    const response = await ask({ status: 503, body: { error: "busy" }, headers: { "retry-after": "3" } })
    assert.strictEqual(response.status, 503)
    assert.strictEqual(response.headers.get("retry-after"), "3")
    assert.strictEqual(response.headers.get("content-type"), "application/json")
    assert.deepStrictEqual(await response.json(), { error: "busy" })
  })

  it("send a text unchanged, and no body without one", async () => {
    const { ask } = setUp()
    assert.strictEqual(await (await ask({ status: 502, body: "bad gateway" })).text(), "bad gateway")
    assert.isNull((await ask({ status: 500 })).body)
  })

  it("wait", async () => {
    const { ask, clock, emulator } = setUp()
    const answered = ask({ delay: 5000 })
    await clock.alarm()
    assert.strictEqual(emulator.log[0]?.status, 0)
    clock.advance(5000)
    assert.strictEqual(await (await answered).text(), usual)
  })

  it("reset the connection", async () => {
    const { ask, emulator } = setUp()
    const error = await ask({ reset: true }).catch((failure: unknown) => failure)
    assert.instanceOf(error, ConnectionReset)
    assert.strictEqual(emulator.log[0]?.status, 0)
  })

  it("never answer", async () => {
    const { ask, clock } = setUp()
    let answered = false
    void ask({ hang: true }).then(() => (answered = true))
    clock.advance(3_600_000)
    // A later request is answered, and this one is not.
    assert.strictEqual(await (await ask()).text(), usual)
    assert.isFalse(answered)
  })

  it("cut the body", async () => {
    const { ask } = setUp()
    const response = await ask({ cut: 5 })
    assert.strictEqual(response.headers.get("content-length"), String(usual.length))
    const reader = response.body?.getReader()
    const first = await reader?.read()
    assert.strictEqual(new TextDecoder().decode(first?.value), usual.slice(0, 5))
    const error = await reader?.read().catch((failure: unknown) => failure)
    assert.instanceOf(error, ConnectionReset)
  })

  it("drip, and stop when the client stops reading", async () => {
    const { ask, clock } = setUp()
    const reader = (await ask({ drip: 100 })).body?.getReader()
    const first = reader?.read()
    clock.advance(100)
    assert.strictEqual(new TextDecoder().decode((await first)?.value), usual.slice(0, 1))
    await reader?.cancel()
    clock.advance(100_000)
    assert.isTrue((await reader?.read())?.done)
  })

  it("send invalid JSON, a web page, a large body, or a redirect", async () => {
    const { ask } = setUp()
    const garbage = await (await ask({ garbage: true })).text()
    assert.throws(() => JSON.parse(garbage), SyntaxError)
    const page = await ask({ html: true })
    assert.deepStrictEqual([page.status, page.headers.get("content-type")], [200, "text/html"])
    const full = await (await ask({ fill: 1000 })).text()
    assert.lengthOf(full, 1000)
    assert.doesNotThrow(() => JSON.parse(full))
    const elsewhere = await ask({ redirect: "https://elsewhere.test/" })
    assert.deepStrictEqual([elsewhere.status, elsewhere.headers.get("location")], [307, "https://elsewhere.test/"])
  })
})

describe("the script", () => {
  it("uses faults in order, each as often as stated", async () => {
    const { ask, emulator } = setUp()
    emulator.faults.add(route, { status: 500 }, 2)
    emulator.faults.add(route, { status: 503 })
    const statuses = [await ask(), await ask(), await ask(), await ask()].map(({ status }) => status)
    assert.deepStrictEqual(statuses, [500, 500, 503, 200])
  })

  it("does not affect other routes, and can be cleared", async () => {
    const { ask, emulator } = setUp()
    emulator.faults.add("POST /word", { status: 500 })
    assert.strictEqual((await ask()).status, 200)
    emulator.faults.add(route, { status: 500 })
    emulator.faults.clear()
    assert.strictEqual((await ask()).status, 200)
  })
})

describe("faults of a socket", () => {
  const address = "http://emulator.test/words"

  it("refuse the upgrade", async () => {
    const { emulator } = setUp()
    emulator.faults.add("/words", { status: 503 })
    const refusal = await emulator.connect(new Request(address))
    assert.instanceOf(refusal, Response)
    assert.strictEqual(refusal.status, 503)
    assert.strictEqual(emulator.log[0]?.status, 503)
  })

  it("reset the upgrade", async () => {
    const { emulator } = setUp()
    emulator.faults.add("/words", { reset: true })
    assert.instanceOf(await emulator.connect(new Request(address)).catch((error: unknown) => error), ConnectionReset)
  })

  it("cut the connection in the middle", async () => {
    const { emulator, said } = setUp()
    emulator.faults.add("/words", { cut: 10 })
    const socket = await dial(emulator, "/words")
    socket.send({ a: 1 })
    assert.deepStrictEqual(socket.frames, [{ a: 1 }])
    socket.send({ b: 2 })
    assert.strictEqual(socket.code(), 1006)
    assert.deepStrictEqual(said, ["closed"])
  })

  it("end with the emulator", async () => {
    const { emulator, said } = setUp()
    const socket = await dial(emulator, "/words")
    emulator.close()
    assert.strictEqual(socket.code(), 1006)
    assert.deepStrictEqual(said, ["closed"])
  })
})
