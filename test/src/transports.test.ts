/** Every transport treats the responses of vendors, proxies and attackers alike. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import { layer as layerTransport } from "@tempcred/core/HttpClientTransport"
import { maxBytes, Transport } from "@tempcred/core/Transport"
import * as NodeTransport from "@tempcred/core/NodeTransport"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import { once } from "node:events"
import { createServer, type IncomingMessage, type RequestListener } from "node:http"
import { createServer as createSecureServer } from "node:https"
import type { AddressInfo, Socket } from "node:net"
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from "node:zlib"
import { Agent } from "undici"
import { certificate } from "./support/certificate.ts"

/** Starts a server on a free port; `sockets` are the open ones, and `closed` waits until there is none. */
const serving = (listener: RequestListener) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const sockets = new Set<Socket>()
      const server = createServer(listener)
      server.on("connection", (socket) => {
        sockets.add(socket)
        socket.on("close", () => sockets.delete(socket))
      })
      const closed = Effect.promise(() =>
        Promise.all([...sockets].map((socket) => new Promise((resolve) => socket.once("close", resolve))))
      )
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      const { port } = server.address() as AddressInfo
      return { url: new URL(`http://127.0.0.1:${port}/v1`), sockets, closed, server }
    }),
    ({ server }) =>
      Effect.sync(() => {
        server.closeAllConnections()
        server.close()
      })
  )

/** Starts a server with an untrusted certificate. */
const servingSecurely = Effect.acquireRelease(
  Effect.promise(async () => {
    const { pem, remove } = certificate("localhost")
    remove()
    const server = createSecureServer(pem, (_, response) => response.end("{}"))
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    const { port } = server.address() as AddressInfo
    return { server, url: new URL(`https://localhost:${port}/v1`) }
  }),
  ({ server }) =>
    Effect.sync(() => {
      server.closeAllConnections()
      server.close()
    })
).pipe(Effect.map(({ url }) => url))

const send = (url: URL, body?: unknown) =>
  Transport.use((transport) => transport.send({ method: "POST", url, key: Redacted.make("the-key"), body }))

const byClient = /HTTPS_PROXY is set: check that the HttpClient of the app uses it/

/** Every transport, and its note about the proxy of the environment. */
const transports: ReadonlyArray<
  readonly [name: string, layer: Layer.Layer<Transport, ConfigurationError>, proxyNote: RegExp]
> = [
  ["the pool of Node", NodeTransport.layer, /through the proxy at proxy\.example:3128 \(HTTPS_PROXY\)/],
  ["fetch", Transport.layerFetch, /HTTPS_PROXY is set: set NODE_USE_ENV_PROXY=1 too/],
  [
    "a dispatcher of the app",
    Layer.unwrap(
      Effect.map(
        Effect.acquireRelease(
          Effect.sync(() => new Agent()),
          (agent) => Effect.promise(() => agent.destroy())
        ),
        NodeTransport.layerDispatcher
      )
    ),
    /HTTPS_PROXY is set: check that the dispatcher of the app uses it/
  ],
  ["fetch, as Effect's client", Layer.provide(layerTransport, FetchHttpClient.layer), byClient],
  ["undici, as Effect's client", Layer.provide(layerTransport, NodeHttpClient.layerUndici), byClient],
  ["node:http", Layer.provide(layerTransport, NodeHttpClient.layerNodeHttp), byClient]
]

const fast = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }

const encodings = [
  { encoding: "gzip", compress: (text: string) => gzipSync(text) },
  { encoding: "deflate", compress: (text: string) => deflateSync(text) },
  { encoding: "deflate", compress: (text: string) => deflateRawSync(text) },
  { encoding: "br", compress: (text: string) => brotliCompressSync(text, fast) }
].map((one) => ({ ...one, bomb: one.compress("x".repeat(16 * 1024 * 1024)) }))

/** Sets variables for a scope. */
const environment = (variables: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.sync(() => Object.assign(process.env, variables)),
    () =>
      Effect.sync(() => {
        for (const name of Object.keys(variables)) delete process.env[name]
      })
  )

it.effect("a key is never sent to another machine without TLS", () =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(send(new URL("http://api.acme.example/v1")))
    assert.strictEqual(error._tag, "InvalidRequestError")
    assert.match(error.message, /url: must begin with https:/)
  }).pipe(Effect.provide(Transport.layerFetch))
)

for (const [name, layer, proxyNote] of transports) {
  describe(`over ${name}`, () => {
    it.live("sends the key as a bearer token and the body as JSON, and reads the whole response", () =>
      Effect.gen(function* () {
        const seen: Array<IncomingMessage & { text?: string }> = []
        const { url } = yield* serving(async (request, response) => {
          seen.push(request)
          response.writeHead(201, { "x-request-id": "r1" }).write('{"a"')
          setTimeout(() => response.end(":1}"), 20)
        })
        const answer = yield* send(url, { ttl: 60 })
        assert.strictEqual(answer.status, 201)
        assert.strictEqual(answer.text, '{"a":1}')
        assert.strictEqual(answer.headers["x-request-id"], "r1")
        assert.isTrue(answer.sentAt <= answer.receivedAt)
        assert.strictEqual(seen[0]?.headers.authorization, "Bearer the-key")
        assert.match(seen[0]?.headers["content-type"] ?? "", /application\/json/)
      }).pipe(Effect.provide(layer))
    )

    it.live("no trace headers go to vendors, and no span of the client holds headers", () =>
      Effect.gen(function* () {
        const headers: Array<string> = []
        const spans: Array<string> = []
        const tracer = Tracer.make({
          span: (options) => {
            spans.push(options.name)
            return new Tracer.NativeSpan(options)
          }
        })
        const { url } = yield* serving((request, response) => {
          headers.push(...Object.keys(request.headers))
          response.end("{}")
        })
        yield* send(url).pipe(Effect.withSpan("outer"), Effect.provideService(Tracer.Tracer, tracer))
        assert.deepStrictEqual(
          headers.filter((header) => /trace|b3|baggage/.test(header)),
          []
        )
        assert.deepStrictEqual(spans, ["outer"])
      }).pipe(Effect.provide(layer))
    )

    it.live("a redirect is refused and the key goes nowhere else", () =>
      Effect.gen(function* () {
        let elsewhere = 0
        const other = yield* serving((_, response) => {
          elsewhere += 1
          response.end("{}")
        })
        for (const status of [301, 302, 303, 307, 308]) {
          const { url } = yield* serving((_, response) => {
            response.writeHead(status, { location: other.url.href }).end()
          })
          const error = yield* Effect.flip(send(url, {}))
          assert.strictEqual(error._tag, "InvalidResponseError")
          assert.strictEqual(error.status, status)
        }
        assert.strictEqual(elsewhere, 0)
      }).pipe(Effect.provide(layer))
    )

    it.live("a response over 64 KiB is refused, with or without Content-Length, and the socket is closed", () =>
      Effect.gen(function* () {
        for (const told of [true, false]) {
          const { closed, url } = yield* serving((_, response) => {
            response.writeHead(200, told ? { "content-length": String(maxBytes * 100) } : {})
            const more = () => {
              while (response.write("x".repeat(4096)));
              response.once("drain", more)
            }
            more()
          })
          const error = yield* Effect.flip(send(url))
          assert.strictEqual(error._tag, "InvalidResponseError")
          assert.match(error.message, /over 65536 bytes/)
          yield* closed
        }
      }).pipe(Effect.provide(layer))
    )

    it.live("a response of exactly 64 KiB is read, and one of a byte more is refused", () =>
      Effect.gen(function* () {
        const { url } = yield* serving((_, response) => response.end("x".repeat(maxBytes)))
        assert.strictEqual((yield* send(url)).text.length, maxBytes)
        const more = yield* serving((_, response) => {
          // In two pieces, without Content-Length.
          response.write("x".repeat(maxBytes))
          setTimeout(() => response.end("x"), 20)
        })
        assert.match((yield* Effect.flip(send(more.url))).message, /over 65536 bytes/)
      }).pipe(Effect.provide(layer))
    )

    it.live("a lost connection is a TransportError with the platform's code and the host, without the path", () =>
      Effect.gen(function* () {
        const closed = yield* Effect.scoped(serving(() => {}))
        const refused = yield* Effect.flip(send(closed.url))
        assert.strictEqual(refused._tag, "TransportError")
        assert.strictEqual(refused.code, "ECONNREFUSED")
        assert.strictEqual(refused.detail, `127.0.0.1:${closed.url.port} cannot be reached`)
        const nowhere = yield* Effect.flip(send(new URL("https://nowhere.invalid/v1?jwt=secret")))
        assert.strictEqual(
          nowhere.message,
          "no complete response from the vendor (ENOTFOUND): nowhere.invalid:443 cannot be reached"
        )
        const reset = yield* serving((request) => request.socket.destroy())
        assert.strictEqual((yield* Effect.flip(send(reset.url)))._tag, "TransportError")
        const cut = yield* serving((_, response) => {
          response.writeHead(200, { "content-length": "10" }).write("abc")
          setTimeout(() => response.destroy(), 20)
        })
        const error = yield* Effect.flip(send(cut.url))
        assert.strictEqual(error._tag, "TransportError")
        assert.match(error.message, /the answer of 127\.0\.0\.1:\d+ was cut off/)
      }).pipe(Effect.provide(layer))
    )

    it.live("a host without TLS, or with an untrusted certificate, is named in the error", () =>
      Effect.gen(function* () {
        const plain = yield* serving((_, response) => response.end("{}"))
        const url = new URL(plain.url.href.replace("http:", "https:"))
        const error = yield* Effect.flip(send(url))
        assert.include(error, { _tag: "TransportError", detail: `${url.host} cannot be reached` })
        const secure = yield* servingSecurely
        const untrusted = yield* Effect.flip(send(secure))
        assert.include(untrusted, {
          _tag: "TransportError",
          code: "DEPTH_ZERO_SELF_SIGNED_CERT",
          detail: `${secure.host} has a certificate that is not trusted`
        })
      }).pipe(Effect.provide(layer))
    )

    it.live("the error names the configured proxy without its password, and says what to do where it is not used", () =>
      Effect.gen(function* () {
        yield* environment({ HTTPS_PROXY: "http://user:pass-word@proxy.example:3128", NO_PROXY: "other.invalid" })
        const sent = (url: string) => Effect.flip(Effect.provide(send(new URL(url)), layer))
        const error = yield* sent("https://nowhere.invalid/v1")
        assert.match(error.message, proxyNote)
        assert.notInclude(JSON.stringify(error), "pass-word")
        assert.notInclude((yield* sent("https://api.other.invalid/v1")).message, "PROXY")
      })
    )

    it.live("asks for an uncompressed response", () =>
      Effect.gen(function* () {
        let asked: unknown
        const { url } = yield* serving((request, response) => {
          asked = request.headers["accept-encoding"]
          response.end("{}")
        })
        yield* send(url)
        assert.strictEqual(asked, "identity")
      }).pipe(Effect.provide(layer))
    )

    for (const { bomb, compress, encoding } of encodings) {
      it.live(`a response that is compressed all the same is read: ${encoding}`, () =>
        Effect.gen(function* () {
          const { url } = yield* serving((_, response) => {
            response.writeHead(201, { "content-encoding": encoding }).end(compress('{"token":"é"}'))
          })
          assert.strictEqual((yield* send(url)).text, '{"token":"é"}')
        }).pipe(Effect.provide(layer))
      )

      it.live(`a compression bomb is cut off after 64 KiB of unpacked content: ${encoding}`, () =>
        Effect.gen(function* () {
          const exact = yield* serving((_, response) => {
            response.writeHead(201, { "content-encoding": encoding }).end(compress("x".repeat(maxBytes)))
          })
          assert.strictEqual((yield* send(exact.url)).text.length, maxBytes)
          const bombing = yield* serving((_, response) => {
            response.writeHead(201, { "content-encoding": encoding }).end(bomb)
          })
          const error = yield* Effect.flip(send(bombing.url))
          assert.include(error, { _tag: "InvalidResponseError", detail: "the response is over 65536 bytes" })
        }).pipe(Effect.provide(layer))
      )
    }

    it.live("interruption closes the socket, before the headers and in the body", () =>
      Effect.gen(function* () {
        for (const headers of [false, true]) {
          const arrived = yield* Deferred.make<void>()
          const { closed, sockets, url } = yield* serving((_, response) => {
            if (headers) response.writeHead(200).write("{")
            Deferred.doneUnsafe(arrived, Effect.void)
          })
          const other = yield* serving((_, response) => response.end("{}"))
          const fiber = yield* Effect.forkChild(send(url), { startImmediately: true })
          yield* Deferred.await(arrived)
          // One request later, the client has read the headers too.
          yield* send(other.url)
          assert.strictEqual(sockets.size, 1)
          yield* Fiber.interrupt(fiber)
          yield* closed
        }
      }).pipe(Effect.provide(layer))
    )

    it.live("a hundred refused requests share a few connections", () =>
      Effect.gen(function* () {
        let connections = 0
        const { server, url } = yield* serving((_, response) => {
          response.writeHead(503).end('{"message":"busy"}')
        })
        server.on("connection", () => (connections += 1))
        for (let round = 0; round < 100; round++) yield* send(url)
        assert.isBelow(connections, name === "node:http" ? 101 : 5)
      }).pipe(Effect.provide(layer))
    )
  })
}
