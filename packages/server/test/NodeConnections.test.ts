/** What a connection to the port may cost, and which requests on it are none. */
import * as Node from "@tempcred/server/Node"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { createServer } from "node:http"
import { vi } from "vitest"
import * as Port from "../src/node/Port.ts"
import * as Admission from "../src/token-server/Admission.ts"
import { authenticator, until, vendor } from "./server.ts"

const serving = Effect.fnUntraced(function* (options: Node.Options = {}) {
  const { layer: provider, state } = vendor()
  const layer = Node.layer({ port: 0, ...options }).pipe(Layer.provide([provider, authenticator]))
  return { ...Context.get(yield* Layer.build(layer), Node.Listening), state }
})

const open = (port: number): Effect.Effect<Socket, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true })
      socket.on("error", () => {})
      await once(socket, "connect")
      return socket
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

/** All that comes until the server ends the connection. */
const answer = (socket: Socket): Effect.Effect<string> =>
  Effect.promise(
    () =>
      new Promise((resolve) => {
        let text = ""
        socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk))
        const done = () => resolve(text)
        socket.once("end", done).once("close", done)
      })
  )

/** Sends bytes on a connection of their own, and gives all that comes back. */
const exchange = Effect.fnUntraced(function* (port: number, bytes: string) {
  const socket = yield* open(port)
  socket.write(bytes)
  return yield* answer(socket)
}, Effect.scoped)

/** Waits until what is sent is refused, as by a server that keeps nothing of the connection. */
const isGone = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const sending = setInterval(() => socket.write("x"), 10)
    socket.once("close", () => {
      clearInterval(sending)
      resolve()
    })
  })

const get = (target: string, ...headers: ReadonlyArray<string>): string =>
  [`GET ${target} HTTP/1.1`, "Host: localhost", ...headers, "", ""].join("\r\n")

const statuses = (text: string): ReadonlyArray<number> =>
  Array.from(text.matchAll(/HTTP\/1\.1 (\d+) /g), ([, status]) => Number(status))

const body = '{"purpose":"stt.realtime"}'

const post = (...headers: ReadonlyArray<string>): string =>
  [
    "POST /v1/credentials HTTP/1.1",
    "Host: localhost",
    "Authorization: Bearer user-ana",
    "Content-Type: application/json",
    ...headers,
    "",
    ""
  ].join("\r\n")

describe("a connection between requests", () => {
  it.live("stays open for longer than a minute, which is the idle time of proxies", () =>
    Effect.gen(function* () {
      const { port } = yield* serving()
      const socket = yield* open(port)
      socket.setEncoding("utf8").write(get("/healthz"))
      const [text] = yield* Effect.promise(() => once(socket, "data"))
      const [, seconds] = /\r\nKeep-Alive: timeout=(\d+)\r\n/.exec(text) ?? assert.fail(text)
      assert.isAbove(Number(seconds), 60)
    })
  )

  it.live("closes after the configured time, and not during a request", () =>
    Effect.gen(function* () {
      const { port, state } = yield* serving({ keepAliveTimeout: "50 millis" })
      state.next.push(Effect.sleep("1500 millis"))
      assert.deepStrictEqual(statuses(yield* exchange(port, post(`Content-Length: ${body.length}`) + body)), [201])
    })
  )

  it.live("must have a valid time", () =>
    Effect.gen(function* () {
      for (const keepAliveTimeout of [Duration.zero, Duration.infinity]) {
        const error = yield* Effect.flip(serving({ keepAliveTimeout }))
        assert.deepStrictEqual(
          error.issues.map(({ name }) => name),
          ["Node.keepAliveTimeout"]
        )
      }
    })
  )
})

describe("a request to switch protocols", () => {
  it.live("is answered as plain HTTP, and its connection closes", () =>
    Effect.gen(function* () {
      const { port } = yield* serving()
      for (const protocol of ["websocket", "h2c", "TLS/1.0", "x"]) {
        const upgrade = get("/healthz", "Connection: Upgrade", `Upgrade: ${protocol}`, "Sec-WebSocket-Version: 13")
        const text = yield* exchange(port, upgrade)
        assert.deepStrictEqual(statuses(text), [200], protocol)
        assert.match(text, /\r\nconnection: close\r\n/i)
      }
      const [status] = statuses(yield* exchange(port, get("/", "Connection: Upgrade", "Upgrade: websocket")))
      assert.strictEqual(status, 404)
      yield* exchange(port, "CONNECT vendor.example:443 HTTP/1.1\r\nHost: vendor.example:443\r\n\r\n")
    })
  )

  it.live("leaves no connection open, whether the client closes it or not", () =>
    Effect.gen(function* () {
      const { port } = yield* serving()
      const sockets = yield* Effect.forEach(Array.from({ length: 200 }), () => open(port), { concurrency: 50 })
      const upgrade = get("/v1/credentials", "Connection: Upgrade", "Upgrade: websocket")
      // The client's half stays open.
      const ended = sockets.map((socket) => once(socket.resume(), "end"))
      for (const socket of sockets) socket.write(upgrade)
      yield* Effect.promise(() => Promise.all(ended))
      yield* Effect.promise(() => Promise.all(sockets.map(isGone)))
    })
  )
})

describe("a client that does not read", () => {
  it.live("is cut off if too many of its requests wait on one connection", () =>
    Effect.gen(function* () {
      const { port } = yield* serving()
      const socket = yield* open(port)
      socket.write(get("/healthz").repeat(1000))
      assert.isBelow(statuses(yield* answer(socket)).length, 100)
    })
  )

  it.live("gets its responses in order, and none of its requests is served after it left", () =>
    Effect.gen(function* () {
      const { port, state } = yield* serving()
      state.next.push(Effect.never)
      const socket = yield* open(port)
      const request = post(`Content-Length: ${body.length}`) + body
      socket.write(request + request)
      yield* until(() => state.requests.length === 1)
      socket.destroy()
      assert.deepStrictEqual(statuses(yield* exchange(port, get("/healthz", "Connection: close"))), [200])
      assert.strictEqual(state.requests.length, 1)
    })
  )

  it.live("is cut off after a timeout", () =>
    Effect.gen(function* () {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
      yield* Effect.addFinalizer(() => Effect.sync(() => vi.useRealTimers()))
      const server = createServer(Port.inTurn((_, response) => response.end(Buffer.alloc(64 * 1024 * 1024))))
      yield* Effect.addFinalizer(() => Effect.sync(() => server.close()))
      yield* Effect.promise(() => once(server.listen(0, "127.0.0.1"), "listening"))
      const address = server.address()
      const socket = yield* open(typeof address === "object" && address !== null ? address.port : 0)
      socket.pause().write(get("/"))
      const [{ socket: taken }] = yield* Effect.promise(() => once(server, "request"))
      vi.advanceTimersByTime(29_000)
      assert.isFalse(taken.destroyed)
      vi.advanceTimersByTime(1000)
      assert.isTrue(taken.destroyed)
    })
  )

  it.live("gets small responses at paths without authentication", () =>
    Effect.gen(function* () {
      const { port } = yield* serving()
      for (const path of ["/docs", "/openapi.json", "/metrics", "/healthz", "/readyz", "/nowhere"]) {
        assert.isBelow((yield* exchange(port, get(path, "Connection: close"))).length, 64 * 1024, path)
      }
    })
  )
})

describe("a path that is not exactly one of the endpoint's", () => {
  const loose = (path: string): ReadonlyArray<string> => [
    path.toUpperCase(),
    `${path}/`,
    `/${path}`,
    `//localhost${path}`,
    `${path};a`,
    `${path};a=b`,
    `${path}#a`,
    `${path}%20`,
    `${path}%3Fa`,
    path.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
    `/x/..${path}`,
    `/.${path}`,
    path.slice(1),
    `http://localhost/${path}`,
    `http://localhost/x/..${path}`
  ]

  it.live("is not found", () =>
    Effect.gen(function* () {
      const { port, state } = yield* serving()
      for (const path of ["/metrics", "/healthz", "/readyz", "/openapi.json", "/docs"].flatMap(loose)) {
        const [status] = statuses(yield* exchange(port, get(path, "Connection: close")))
        assert.isTrue(status === 404 || status === 400, `${path}: ${status}`)
      }
      for (const path of loose("/v1/credentials")) {
        const request = post("Connection: close", `Content-Length: ${body.length}`).replace("/v1/credentials", path)
        const [status] = statuses(yield* exchange(port, request + body))
        assert.isTrue(status === 404 || status === 400, `${path}: ${status}`)
      }
      assert.strictEqual(state.requests.length, 0)
    })
  )

  it.live("may have a query, and an origin in the form for proxies", () =>
    Effect.gen(function* () {
      const { port } = yield* serving()
      for (const target of [
        "/healthz?by=probe",
        "/healthz?",
        "http://localhost/healthz",
        "HTTP://other.example/healthz?a"
      ]) {
        assert.deepStrictEqual(statuses(yield* exchange(port, get(target, "Connection: close"))), [200], target)
      }
    })
  )
})

describe("bytes that two servers could parse as different requests", () => {
  const chunked = "Transfer-Encoding: chunked"
  const refused: ReadonlyArray<readonly [what: string, bytes: string]> = [
    ["a length and chunks", `${post("Content-Length: 4", chunked)}0\r\n\r\n`],
    ["chunks and a length", `${post(chunked, "Content-Length: 4")}0\r\n\r\n`],
    ["two lengths", `${post("Content-Length: 2", "Content-Length: 3")}{}`],
    ["a signed length", `${post("Content-Length: +2")}{}`],
    ["a length with a list", `${post("Content-Length: 2, 2")}{}`],
    ["an unknown encoding after chunks", `${post("Transfer-Encoding: chunked, identity")}0\r\n\r\n`],
    ["a space before the colon", `${post(`Content-Length : ${body.length}`)}${body}`],
    ["a line that goes on", `${post("X: a\r\n b", `Content-Length : ${body.length}`)}${body}`],
    ["no host", "GET /healthz HTTP/1.1\r\n\r\n"],
    ["a bare line feed", "GET /healthz HTTP/1.1\nHost: localhost\n\n"],
    ["a chunk's length with a sign", `${post(chunked)}+2\r\n{}\r\n0\r\n\r\n`]
  ]
  it.live.each(refused)("are refused: %s", ([, bytes]) =>
    Effect.gen(function* () {
      const { port, state } = yield* serving()
      assert.deepStrictEqual(statuses(yield* exchange(port, bytes)), [400])
      assert.strictEqual(state.requests.length, 0)
    })
  )

  it.live("are one request: a body at a path that reads none", () =>
    Effect.gen(function* () {
      const { port } = yield* serving()
      const inner = get("/metrics")
      const text = yield* exchange(
        port,
        get("/healthz", `Content-Length: ${inner.length}`) + inner + get("/readyz", "Connection: close")
      )
      assert.deepStrictEqual(statuses(text), [200, 200])
      assert.notInclude(text, "tempcred_requests_total")
    })
  )

  it.live("of HTTP/1.0 get one response per connection, unless they ask for keep-alive", () =>
    Effect.gen(function* () {
      const { port } = yield* serving()
      const old = (...headers: ReadonlyArray<string>) => ["GET /healthz HTTP/1.0", ...headers, "", ""].join("\r\n")
      assert.deepStrictEqual(statuses(yield* exchange(port, old() + old())), [200])
      const kept = yield* exchange(port, old("Connection: keep-alive") + old())
      assert.deepStrictEqual(statuses(kept), [200, 200])
      const [expected] = statuses(yield* exchange(port, post("Expect: a miracle", "Connection: close")))
      assert.strictEqual(expected, 417)
    })
  )
})

describe("stopping", () => {
  it.live("answers connections that arrived just before the port closed", () =>
    Effect.gen(function* () {
      const admission = Admission.make(8, Duration.seconds(1))
      const server = Port.make((_, response) => void response.end("ok"), admission, 1000)
      yield* Port.listen(server, "127.0.0.1", 0)
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      const answers: Array<Promise<string>> = []
      const count = server.getConnections.bind(server)
      // When it has counted that there are no connections, the kernel has some that Node has not taken.
      server.getConnections = (told) =>
        count((error, open) => {
          if (answers.length === 0) {
            for (let number = 0; number < 20; number++) answers.push(Effect.runPromise(exchange(port, get("/"))))
          }
          told(error, open)
        })
      yield* Port.stop(server, admission)
      for (const text of yield* Effect.promise(() => Promise.all(answers)))
        assert.deepStrictEqual(statuses(text), [200])
    })
  )
})
