import { once } from "node:events"
import { connect } from "node:net"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { WebSocket } from "ws"
import * as Emulator from "../src/Emulator.ts"
import * as Node from "../src/Node.ts"
import { makeNotices } from "./support.ts"

const echo = "POST /echo"

let calls: Array<Emulator.Call>
let closed: number
let delays: number
let emulator: Emulator.Emulator
let server: Node.Server

const { notify, until } = makeNotices()

const session = (protocol?: string): Emulator.Session => {
  let peer: Emulator.Peer | undefined
  return {
    ...(protocol === undefined ? {} : { protocol }),
    open: (opened) => {
      peer = opened
      peer.send("welcome")
    },
    message: (data) => {
      if (data === "close") peer?.close(4001, "as asked")
      else if (data === "cut") peer?.destroy()
      else peer?.send(data)
    },
    closed: () => {
      closed += 1
      notify()
    }
  }
}

const definition: Emulator.Definition = {
  vendor: "nobody",
  apiKey: "key",
  region: "here",
  hosts: { "there.test": "there" },
  env: () => ({}),
  routes: {
    [echo]: (call) => {
      calls.push(call)
      return new Response(call.text, { status: 201, headers: { "x-region": call.region } })
    },
    "GET /patient": (call) => {
      calls.push(call)
      notify()
      return new Promise(() => {})
    }
  },
  sockets: {
    "/plain": () => session(),
    "/named": () => session("named"),
    "/closed": () => Response.json({ error: "closed" }, { status: 403, headers: { "x-reason": "closed" } })
  },
  unknown: () => new Response("unknown", { status: 404 }),
  minting: [],
  tooMany: () => new Response(null, { status: 429 })
}

/** A clock whose alarms never ring; each one is a notice. */
const waiting: Emulator.Clock = {
  now: () => Date.now(),
  after: () => {
    delays += 1
    notify()
    return () => {}
  }
}

beforeEach(async () => {
  calls = []
  closed = 0
  delays = 0
  emulator = Emulator.make(definition, { clock: waiting })
  server = await Node.serve(emulator)
})
afterEach(() => server.close())

const post = (body: string, init: RequestInit = {}) =>
  fetch(`${server.origin}/echo?a=1`, { method: "POST", body, ...init })

const dial = (path: string, protocols: ReadonlyArray<string> = []) =>
  new WebSocket(`${server.origin.replace("http", "ws")}${path}`, [...protocols])

/** Everything that a raw connection receives until it ends, and whether it was reset. */
const raw = async (request: string) => {
  const socket = connect(server.port, "127.0.0.1")
  let text = ""
  let reset = false
  socket.on("data", (data) => (text += data.toString()))
  socket.on("error", (error) => (reset = "code" in error && error.code === "ECONNRESET"))
  socket.write(request)
  await new Promise((resolve) => socket.once("close", resolve))
  return { text, reset }
}

const rawPost = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"

const rawUpgrade = (path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`

describe("requests", () => {
  it("carry method, address, headers and body, and bring back status, headers and body", async () => {
    const response = await post("hello", { headers: { "x-test": "yes" } })
    assert.strictEqual(response.status, 201)
    assert.strictEqual(await response.text(), "hello")
    assert.isString(response.headers.get("date"))
    const [call] = calls
    assert.strictEqual(call?.url.href, `${server.origin}/echo?a=1`)
    assert.strictEqual(call?.request.headers.get("x-test"), "yes")
  })

  it("belong to the region of the host name, or to that of the port", async () => {
    const named = "POST /echo HTTP/1.1\r\nHost: there.test\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    assert.include((await raw(named)).text, "x-region: there")
    const european = await Node.serve(emulator, { region: "eu" })
    const response = await fetch(`${european.origin}/echo`, { method: "POST" })
    assert.strictEqual(response.headers.get("x-region"), "eu")
    await european.close()
  })

  it("without a route are answered by the vendor", async () => {
    assert.strictEqual((await fetch(`${server.origin}/nowhere`)).status, 404)
    assert.strictEqual((await fetch(`${server.origin}/nowhere`, { method: "HEAD" })).status, 404)
  })

  it("are reset", async () => {
    emulator.faults.add(echo, { reset: true })
    assert.deepStrictEqual(await raw(rawPost), { text: "", reset: true })
  })

  it("are cut in the middle of the body", async () => {
    emulator.faults.add(echo, { cut: 2 }, 2)
    const { text, reset } = await raw(rawPost)
    assert.match(text, /content-length: 5\r\n[^]*\r\n\r\nhe$/i)
    assert.isFalse(reset)
    const failed = await post("hello")
      .then((response) => response.text())
      .catch((error: unknown) => error)
    assert.instanceOf(failed, TypeError)
  })

  it("that hang end with the client's timeout", async () => {
    emulator.faults.add(echo, { hang: true })
    const error = await post("hello", { signal: AbortSignal.timeout(20) }).catch((failure: unknown) => failure)
    assert.include(error, { name: "TimeoutError" })
  })

  it("that drip stop when the client disconnects", async () => {
    let cancelled = false
    const dripping: Emulator.Clock = {
      now: () => 0,
      after: (_milliseconds, run) => {
        const timer = setTimeout(run, 1)
        return () => {
          cancelled = true
          notify()
          clearTimeout(timer)
        }
      }
    }
    const slow = Emulator.make(definition, { clock: dripping })
    slow.faults.add(echo, { drip: 1 })
    await using slowServer = await Node.serve(slow)
    const response = await fetch(`${slowServer.origin}/echo`, { method: "POST", body: "x".repeat(100_000) })
    const reader = response.body?.getReader()
    assert.strictEqual((await reader?.read())?.value?.[0], 120)
    await reader?.cancel()
    await until(() => cancelled)
  })

  it("are aborted when the client disconnects", async () => {
    const gone = new AbortController()
    const answered = fetch(`${server.origin}/patient`, { signal: gone.signal }).catch((error: unknown) => error)
    await until(() => calls.length === 1)
    gone.abort()
    assert.include(await answered, { name: "AbortError" })
    const signal = calls[0]?.request.signal
    signal?.addEventListener("abort", notify)
    await until(() => signal?.aborted === true)
  })
})

describe("sockets", () => {
  it("are refused with a response", async () => {
    const socket = dial("/closed")
    const [, response] = await once(socket, "unexpected-response")
    assert.strictEqual(response.statusCode, 403)
    assert.strictEqual(response.headers["x-reason"], "closed")
    let body = ""
    for await (const piece of response) body += String(piece)
    assert.deepStrictEqual(JSON.parse(body), { error: "closed" })
    const [, unknown] = await once(dial("/nowhere"), "unexpected-response")
    assert.strictEqual(unknown.statusCode, 404)
  })

  it("are reset", async () => {
    emulator.faults.add("/plain", { reset: true })
    assert.deepStrictEqual(await raw(rawUpgrade("/plain")), { text: "", reset: true })
  })

  it("distinguish text and binary messages", async () => {
    const socket = dial("/plain")
    const [welcome, isBinary] = await once(socket, "message")
    assert.deepStrictEqual([String(welcome), isBinary], ["welcome", false])
    socket.send("text")
    const [text, textIsBinary] = await once(socket, "message")
    assert.deepStrictEqual([String(text), textIsBinary], ["text", false])
    socket.send(Uint8Array.of(1, 2))
    const [bytes, bytesAreBinary] = await once(socket, "message")
    assert.deepStrictEqual([Array.from(new Uint8Array(bytes)), bytesAreBinary], [[1, 2], true])
  })

  it("use the vendor's subprotocol", async () => {
    const socket = dial("/named", ["named", "secret"])
    await once(socket, "open")
    assert.strictEqual(socket.protocol, "named")
  })

  it("are closed with the vendor's code, or cut", async () => {
    const socket = dial("/plain")
    await once(socket, "open")
    socket.send("close")
    const [code, reason] = await once(socket, "close")
    assert.deepStrictEqual([code, String(reason)], [4001, "as asked"])
    const other = dial("/plain")
    await once(other, "open")
    other.send("cut")
    assert.strictEqual((await once(other, "close"))[0], 1006)
    await until(() => closed === 2)
  })

  it("end the session when the client disconnects", async () => {
    const socket = dial("/plain")
    await once(socket, "open")
    socket.terminate()
    await until(() => closed === 1)
  })
})

describe("a port", () => {
  it("closes at once, with all open connections", async () => {
    emulator.faults.add(echo, { delay: 1 })
    emulator.faults.add("/named", { delay: 1 })
    const hanging = post("hello").catch((error: unknown) => error)
    const waiting = once(dial("/named", ["named"]), "error")
    const socket = dial("/plain")
    await once(socket, "open")
    await until(() => delays === 2)
    const gone = once(socket, "close")
    await server.close()
    assert.strictEqual((await gone)[0], 1006)
    assert.instanceOf(await hanging, TypeError)
    assert.instanceOf((await waiting)[0], Error)
    assert.strictEqual(closed, 1)
    await server.close()
  })

  it("that is in use is an error", async () => {
    const error = await Node.serve(emulator, { port: server.port }).catch((failure: unknown) => failure)
    assert.include(error, { code: "EADDRINUSE" })
  })

  it("can be used again", async () => {
    const { port } = server
    await server.close()
    server = await Node.serve(emulator, { port })
    assert.strictEqual(server.origin, `http://127.0.0.1:${port}`)
    assert.strictEqual((await post("again")).status, 201)
  })
})
