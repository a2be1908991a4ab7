/** The endpoint on a real port, with raw sockets for clients that misbehave. */
import { ConfigurationError } from "@tempcred/core/ConfigurationError"
import * as Node from "@tempcred/server/Node"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { authenticator, problem, until, vendor } from "./server.ts"

const serving = Effect.fnUntraced(function* (options: Node.Options = {}) {
  const { layer: provider, state } = vendor()
  const scope = yield* Effect.acquireRelease(Scope.make(), (opened) => Scope.close(opened, Exit.void))
  const layer = Node.layer({ port: 0, ...options }).pipe(Layer.provide([provider, authenticator]))
  const listening = Context.get(yield* Layer.buildWithScope(layer, scope), Node.Listening)
  return { ...listening, state, stop: Scope.close(scope, Exit.void) }
})

const post = (origin: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${origin}/v1/credentials`, {
    method: "POST",
    headers: { authorization: "Bearer user-ana", "content-type": "application/json" },
    body: '{"purpose":"stt.realtime"}',
    ...init
  })

const head = (length: number | string): string =>
  [
    "POST /v1/credentials HTTP/1.1",
    "Host: localhost",
    "Authorization: Bearer user-ana",
    "Content-Type: application/json",
    typeof length === "number" ? `Content-Length: ${length}` : length,
    "",
    ""
  ].join("\r\n")

const body = '{"purpose":"stt.realtime"}'

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

describe("a port", () => {
  it.live("serves credentials, and answers unknown paths with problems", () =>
    Effect.gen(function* () {
      const { origin } = yield* serving()
      assert.match(origin, /^http:\/\/127\.0\.0\.1:\d+$/)
      const created = yield* Effect.promise(() => post(origin))
      assert.strictEqual(created.status, 201)
      assert.isNotNull(created.headers.get("date"))
      yield* problem(yield* Effect.promise(() => fetch(`${origin}/nowhere`)), 404)
      yield* problem(yield* Effect.promise(() => fetch(`${origin}/v1/credentials`)), 405)
      assert.strictEqual((yield* Effect.promise(() => fetch(`${origin}/readyz`))).status, 200)
    })
  )

  it.live("serves a page on its API, unless docs are off", () =>
    Effect.gen(function* () {
      const { origin } = yield* serving({ prefix: "/api" })
      const page = yield* Effect.promise(() => fetch(`${origin}/api/docs`))
      assert.match(yield* Effect.promise(() => page.text()), /<html[^]*tempcred token endpoint/)
      const bare = yield* serving({ docs: false })
      for (const path of ["/docs", "/openapi.json"]) {
        yield* problem(yield* Effect.promise(() => fetch(bare.origin + path)), 404)
      }
    })
  )

  it.live("or host that is in use or invalid fails the layer with the option's name", () =>
    Effect.gen(function* () {
      const { port } = yield* serving()
      const wrong: ReadonlyArray<readonly [name: string, options: Node.Options]> = [
        ["port", { port }],
        ["port", { port: 65_536 }],
        ["port", { port: -1 }],
        ["host", { host: "203.0.113.7" }]
      ]
      for (const [name, options] of wrong) {
        const error = yield* Effect.flip(serving(options))
        assert.instanceOf(error, ConfigurationError)
        assert.deepStrictEqual(
          error.issues.map((issue) => issue.name),
          [`Node.${name}`]
        )
      }
    })
  )
})

describe("a client with a raw socket", () => {
  it.live("that sends invalid HTTP or too long headers gets an error and is disconnected", () =>
    Effect.gen(function* () {
      const { origin, port } = yield* serving()
      const wrong = [
        ["\u0016\u0003\u0001 no HTTP at all\r\n\r\n", 400],
        ["POST /v1/credentials HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400],
        [head("Content-Length: 5\r\nTransfer-Encoding: chunked"), 400],
        [head("Transfer-Encoding: chunked") + "not a length\r\n", 400],
        [`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}`, 431]
      ] as const
      for (const [bytes, status] of wrong) {
        const socket = yield* open(port)
        socket.write(bytes)
        assert.match(yield* answer(socket), new RegExp(`^HTTP/1\\.1 ${status} `), bytes.slice(0, 60))
      }
      assert.strictEqual((yield* Effect.promise(() => post(origin))).status, 201)
    })
  )

  it.live("that sends too large a body gets 413 before its end, and is disconnected", () =>
    Effect.gen(function* () {
      const { port } = yield* serving()
      const declared = yield* open(port)
      declared.write(head(1_000_000_000))
      assert.match(yield* answer(declared), /^HTTP\/1\.1 413 [^]*application\/problem\+json[^]*at most 16384 bytes/)
      const chunked = yield* open(port)
      chunked.write(head("Transfer-Encoding: chunked"))
      const chunk = `1000\r\n${"x".repeat(4096)}\r\n`
      const sending = setInterval(() => chunked.write(chunk), 1)
      assert.match(yield* answer(chunked), /^HTTP\/1\.1 413 /)
      clearInterval(sending)
    })
  )

  it.live("that expects 100 Continue gets it, or the error", () =>
    Effect.gen(function* () {
      const { port } = yield* serving()
      const socket = yield* open(port)
      socket.once("data", () => socket.write(body))
      socket.write(head(`Content-Length: ${body.length}\r\nConnection: close\r\nExpect: 100-continue`))
      assert.match(yield* answer(socket), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 201 /)
      const refused = yield* open(port)
      refused.write(head("Content-Length: 99999\r\nExpect: 100-continue"))
      assert.match(yield* answer(refused), /^HTTP\/1\.1 413 /)
    })
  )

  it.live("that sends its body slowly gets 408 after bodyTimeout, and frees its slot", () =>
    Effect.gen(function* () {
      const { origin, port } = yield* serving({ bodyTimeout: "50 millis", maxInFlight: 1 })
      const socket = yield* open(port)
      socket.write(head(body.length) + body.slice(0, 5))
      const dripping = setInterval(() => socket.write(" "), 20)
      assert.match(yield* answer(socket), /^HTTP\/1\.1 408 [^]*application\/problem\+json/)
      clearInterval(dripping)
      assert.strictEqual((yield* Effect.promise(() => post(origin))).status, 201)
    })
  )

  it.live("that sends many bodies slowly uses up its own limit, and others are served", () =>
    Effect.gen(function* () {
      const { origin, port } = yield* serving({ maxInFlight: 12, limits: { concurrent: 8 } })
      const sockets = yield* Effect.forEach(Array.from({ length: 8 }), () => open(port))
      for (const socket of sockets) socket.write(head(body.length) + body.slice(0, 5))
      yield* Effect.promise(async () => {
        while ((await post(origin, { headers: { authorization: "Bearer user-ana" } })).status !== 429);
      })
      for (const socket of yield* Effect.forEach(Array.from({ length: 20 }), () => open(port))) {
        socket.write(head(`Content-Length: ${body.length}\r\nConnection: close`) + body.slice(0, 5))
        assert.match(yield* answer(socket), /^HTTP\/1\.1 429 [^]*application\/problem\+json/)
      }
      const headers = { authorization: "Bearer user-bob", "content-type": "application/json" }
      assert.strictEqual((yield* Effect.promise(() => post(origin, { headers }))).status, 201)
    })
  )

  it.live("that uses an unusual method gets 405 with the allowed one", () =>
    Effect.gen(function* () {
      const { port } = yield* serving()
      for (const method of ["TRACE", "PROPFIND"]) {
        const socket = yield* open(port)
        socket.write(`${method} /v1/credentials HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
        assert.match(yield* answer(socket), /^HTTP\/1\.1 405 [^]*\r\nallow: POST\r\n/i)
      }
    })
  )

  it.live("that half-closes during its body is disconnected, and frees its slot", () =>
    Effect.gen(function* () {
      const { origin, port } = yield* serving({ maxInFlight: 1 })
      const socket = yield* open(port)
      socket.end(head(body.length) + body.slice(0, 5))
      yield* answer(socket)
      assert.strictEqual((yield* Effect.promise(() => post(origin))).status, 201)
    })
  )

  it.live("that half-closes after its request counts as disconnected", () =>
    Effect.gen(function* () {
      const { origin, port, state } = yield* serving({ maxInFlight: 1 })
      let interrupted = false
      state.next.push(Effect.onInterrupt(Effect.never, () => Effect.sync(() => void (interrupted = true))))
      const socket = yield* open(port)
      socket.end(head(body.length) + body)
      assert.strictEqual(yield* answer(socket), "")
      yield* until(() => interrupted || state.requests.length === 0)
      assert.strictEqual((yield* Effect.promise(() => post(origin))).status, 201)
    })
  )

  it.live("that disconnects interrupts its mint, and frees its slot", () =>
    Effect.gen(function* () {
      const { origin, port, state } = yield* serving({ maxInFlight: 1 })
      let interrupted = false
      state.next.push(Effect.onInterrupt(Effect.never, () => Effect.sync(() => void (interrupted = true))))
      const socket = yield* open(port)
      socket.write(head(body.length) + body)
      yield* until(() => state.requests.length === 1)
      assert.strictEqual((yield* Effect.promise(() => post(origin))).status, 503)
      socket.destroy()
      yield* until(() => interrupted)
      assert.strictEqual((yield* Effect.promise(() => post(origin))).status, 201)
    })
  )

  it.live("can pipeline requests", () =>
    Effect.gen(function* () {
      const { port } = yield* serving()
      const socket = yield* open(port)
      const request = head(body.length) + body
      socket.write(request + request + head(`Content-Length: ${body.length}\r\nConnection: close`) + body)
      assert.strictEqual((yield* answer(socket)).match(/HTTP\/1\.1 201 /g)?.length, 3)
    })
  )
})

describe("stopping the server", () => {
  it.live("finishes requests in flight, refuses new ones on the open port, and then closes it", () =>
    Effect.gen(function* () {
      const { origin, port, state, stop } = yield* serving()
      let finish = () => {}
      state.next.push(Effect.promise(() => new Promise<void>((resolve) => (finish = resolve))))
      const running = post(origin)
      yield* until(() => state.requests.length === 1)
      const idle = yield* open(port)
      const stopping = yield* Effect.forkChild(stop, { startImmediately: true })
      const refused = yield* Effect.promise(async () => {
        const ready = () => fetch(`${origin}/readyz`)
        while ((await ready()).status !== 503);
        return post(origin)
      })
      assert.strictEqual((yield* problem(refused, 503)).retryAfter, 1)
      finish()
      const answered = yield* Effect.promise(() => running)
      assert.strictEqual(answered.status, 201)
      assert.strictEqual(answered.headers.get("connection"), "close")
      yield* Fiber.join(stopping)
      yield* answer(idle)
      const after = yield* Effect.promise(() => post(origin).catch((error: Error) => error.cause))
      assert.match(String(after), /ECONNREFUSED/)
    })
  )

  it.live("waits for incomplete requests for drainTimeout at most", () =>
    Effect.gen(function* () {
      const { port, stop } = yield* serving({ drainTimeout: "100 millis" })
      const headless = yield* open(port)
      headless.write("POST /v1/credentials HTTP/1.1\r\nHost:")
      const bodiless = yield* open(port)
      bodiless.write(head(body.length))
      yield* Effect.sleep("20 millis")
      const began = performance.now()
      yield* stop
      assert.isBelow(performance.now() - began, 4000)
      yield* answer(headless)
    })
  )
})
