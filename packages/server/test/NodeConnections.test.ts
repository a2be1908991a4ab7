/** Limits of connections to the port, and rejection of ambiguous requests. */
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

/** All text from the server until it ends the connection. */
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

/** Sends bytes on a new connection, and returns the whole response. */
const exchange = Effect.fnUntraced(function* (port: number, bytes: string) {
  const socket = yield* open(port)
  socket.write(bytes)
  return yield* answer(socket)
}, Effect.scoped)

/** Waits until the server has released the connection, so that a write fails. */
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
  it.live("stays open for longer than a minute, the usual idle time-out of proxies", () =>
    Effect.gen(function* () {
      const { port } = yield* serving()
      const socket = yield* open(port)
      socket.setEncoding("utf8").write(get("/healthz"))
      const [text] = yield* Effect.promise(() => once(socket, "data"))
      const [, seconds] = /\r\nKeep-Alive: timeout=(\d+)\r\n/.exec(text) ?? assert.fail(text)
      assert.isAbove(Number(seconds), 60)
    })
  )

  it.live("closes after keepAliveTimeout, and not during a request", () =>
    Effect.gen(function* () {
      const { port, state } = yield* serving({ keepAliveTimeout: "50 millis" })
      state.next.push(Effect.sleep("1500 millis"))
      assert.deepStrictEqual(statuses(yield* exchange(port, post(`Content-Length: ${body.length}`) + body)), [201])
    })
  )

  it.live("rejects an invalid keepAliveTimeout", () =>
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

  it.live("leaves no connection open, even if the client does not close it", () =>
    Effect.gen(function* () {
      const { port } = yield* serving()
      const sockets = yield* Effect.forEach(Array.from({ length: 200 }), () => open(port), { concurrency: 50 })
      const upgrade = get("/v1/credentials", "Connection: Upgrade", "Upgrade: websocket")
      // The client does not close its half.
      const ended = sockets.map((socket) => once(socket.resume(), "end"))
      for (const socket of sockets) socket.write(upgrade)
      yield* Effect.promise(() => Promise.all(ended))
      yield* Effect.promise(() => Promise.all(sockets.map(isGone)))
    })
  )
})

describe("a client that does not read", () => {
  it.live("is disconnected if too many of its requests wait on one connection", () =>
    Effect.gen(function* () {
      const { port } = yield* serving()
      const socket = yield* open(port)
      socket.write(get("/healthz").repeat(1000))
      assert.isBelow(statuses(yield* answer(socket)).length, 100)
    })
  )

  it.live("has its requests served one at a time, and none after it disconnected", () =>
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

  it.live("is disconnected after 30 seconds", () =>
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

  it.live("gets only responses below 64 KiB from paths without authentication", () =>
    Effect.gen(function* () {
      const { port } = yield* serving()
      for (const path of ["/docs", "/openapi.json", "/metrics", "/healthz", "/readyz", "/nowhere"]) {
        assert.isBelow((yield* exchange(port, get(path, "Connection: close"))).length, 64 * 1024, path)
      }
    })
  )
})

describe("request paths", () => {
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

  it.live("that differ from the endpoint's paths get 404 or 400", () =>
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

  it.live("are matched with a query, or with an origin as proxies send it", () =>
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

describe("ambiguous HTTP (request smuggling)", () => {
  const chunked = "Transfer-Encoding: chunked"
  const refused: ReadonlyArray<readonly [what: string, bytes: string]> = [
    ["Content-Length before chunked encoding", `${post("Content-Length: 4", chunked)}0\r\n\r\n`],
    ["Content-Length after chunked encoding", `${post(chunked, "Content-Length: 4")}0\r\n\r\n`],
    ["two Content-Length headers", `${post("Content-Length: 2", "Content-Length: 3")}{}`],
    ["a Content-Length with a sign", `${post("Content-Length: +2")}{}`],
    ["a Content-Length with a list", `${post("Content-Length: 2, 2")}{}`],
    ["an unknown encoding after chunks", `${post("Transfer-Encoding: chunked, identity")}0\r\n\r\n`],
    ["a space before the colon", `${post(`Content-Length : ${body.length}`)}${body}`],
    ["a folded header line", `${post("X: a\r\n b", `Content-Length : ${body.length}`)}${body}`],
    ["no Host header", "GET /healthz HTTP/1.1\r\n\r\n"],
    ["a bare line feed", "GET /healthz HTTP/1.1\nHost: localhost\n\n"],
    ["a chunk size with a sign", `${post(chunked)}+2\r\n{}\r\n0\r\n\r\n`]
  ]
  it.live.each(refused)("is rejected: %s", ([, bytes]) =>
    Effect.gen(function* () {
      const { port, state } = yield* serving()
      assert.deepStrictEqual(statuses(yield* exchange(port, bytes)), [400])
      assert.strictEqual(state.requests.length, 0)
    })
  )

  it.live("is avoided for a body at a path without one: the body is not read as a request", () =>
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

  it.live(
    "is avoided with HTTP/1.0: one response per connection without keep-alive, and 417 for an unknown Expect",
    () =>
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

describe("stopping the server", () => {
  it.live("answers connections that arrived just before the port closed", () =>
    Effect.gen(function* () {
      const admission = Admission.make(8, Duration.seconds(1))
      const server = Port.make((_, response) => void response.end("ok"), admission, 1000)
      yield* Port.listen(server, "127.0.0.1", 0)
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      const answers: Array<Promise<string>> = []
      const count = server.getConnections.bind(server)
      // When Node counts no connections, the kernel has accepted some that Node has not taken yet.
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
