import { Transport } from "@tempcred/core/Transport"
import * as NodeTransport from "@tempcred/core/NodeTransport"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { execFile } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:http"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { Agent, interceptors } from "undici"

/** A server that keeps connections open for 75 s without announcing it, and counts them. */
const vendor = Effect.acquireRelease(
  Effect.promise(async () => {
    const seen = { made: 0, open: 0 }
    const server = createServer({ keepAliveTimeout: 75_000 }, (_, response) => {
      response.setHeader("connection", "keep-alive")
      response.end("{}")
    })
    server.on("connection", (socket) => {
      seen.made += 1
      seen.open += 1
      socket.on("close", () => (seen.open -= 1))
    })
    await once(server.listen(0, "127.0.0.1"), "listening")
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    return { seen, server, url: new URL(`http://127.0.0.1:${port}/v1`) }
  }),
  ({ server }) =>
    Effect.sync(() => {
      server.closeAllConnections()
      server.close()
    })
)

const send = (url: URL) =>
  Transport.use((transport) => transport.send({ method: "POST", url, key: Redacted.make("the-key"), body: {} }))

const scoped = <A, E, F>(layer: Layer.Layer<Transport, F>, program: Effect.Effect<A, E, Transport>) =>
  Effect.provide(program, layer)

it.live("the default transport on Node reuses a connection after 5 seconds, unlike fetch", () =>
  Effect.gen(function* () {
    const { seen, url } = yield* vendor
    const program = Effect.gen(function* () {
      yield* send(url)
      yield* Effect.sleep("5 seconds")
      yield* send(url)
    })
    yield* scoped(Transport.layer, program)
    assert.strictEqual(seen.made, 1)
  })
)

describe("a pooled connection", () => {
  it.live("is closed when the layer is released", () =>
    Effect.gen(function* () {
      const { seen, url } = yield* vendor
      yield* scoped(
        NodeTransport.layer,
        Effect.andThen(
          send(url),
          Effect.sync(() => assert.strictEqual(seen.open, 1))
        )
      )
      while (seen.open > 0) yield* Effect.sleep("5 millis")
    })
  )

  it.live("does not keep the process alive", () =>
    Effect.gen(function* () {
      const { url } = yield* vendor
      const program = fileURLToPath(new URL("sendOnce.ts", import.meta.url))
      const { stdout } = yield* Effect.promise(() =>
        promisify(execFile)(process.execPath, [program, url.href], { timeout: 20_000 })
      )
      assert.strictEqual(stdout, "200")
    })
  )
})

it.live("the key is not sent to another host, even if the app's dispatcher follows redirects", () =>
  Effect.gen(function* () {
    const { seen, server, url } = yield* vendor
    const elsewhere = yield* vendor
    server.prependListener("request", (_, response) => {
      response.statusCode = 307
      response.setHeader("location", elsewhere.url.href)
    })
    const agent = yield* Effect.acquireRelease(
      Effect.sync(() => new Agent()),
      (made) => Effect.promise(() => made.destroy())
    )
    const following = agent.compose(interceptors.redirect({ maxRedirections: 3 }))
    const error = yield* Effect.flip(scoped(NodeTransport.layerDispatcher(following), send(url)))
    assert.include(error, { _tag: "InvalidResponseError", status: 307 })
    assert.deepStrictEqual([seen.made, elsewhere.seen.made], [1, 0])
  })
)

it.live("the app's dispatcher is used, and stays open", () =>
  Effect.gen(function* () {
    const { seen, url } = yield* vendor
    const agent = yield* Effect.acquireRelease(
      Effect.sync(() => new Agent()),
      (made) => Effect.promise(() => made.destroy())
    )
    for (let round = 0; round < 2; round++) {
      yield* scoped(NodeTransport.layerDispatcher(agent), send(url))
      // undici waits briefly before it reuses a connection.
      yield* Effect.sleep("20 millis")
    }
    assert.deepStrictEqual(seen, { made: 1, open: 1 })
  })
)

describe("the app's dispatcher", () => {
  const acquired = <D extends { readonly destroy: () => Promise<unknown> }>(open: () => D) =>
    Effect.acquireRelease(Effect.sync(open), (dispatcher) => Effect.promise(() => dispatcher.destroy()))

  for (const [version, load] of [
    [5, () => import("undici5")],
    [6, () => import("undici6")]
  ] as const) {
    it.live(`from undici ${version} fails the layer with the supported versions`, () =>
      Effect.gen(function* () {
        const { Agent: Old, ProxyAgent } = yield* Effect.promise(load)
        const agents: ReadonlyArray<unknown> = [
          yield* acquired(() => new Old()),
          yield* acquired(() => new ProxyAgent("http://127.0.0.1:9"))
        ]
        for (const agent of agents) {
          // @ts-expect-error apps in plain JavaScript can give any dispatcher
          const layer = NodeTransport.layerDispatcher(agent)
          const error = yield* Effect.flip(scoped(layer, send(new URL("http://127.0.0.1:9"))))
          assert.strictEqual(
            error.message,
            "NodeTransport.layerDispatcher must be a dispatcher of undici 7 or 8: undici 5 and 6 speak another protocol"
          )
        }
      })
    )
  }

  it.live("from undici 7 is used", () =>
    Effect.gen(function* () {
      const { seen, url } = yield* vendor
      const { Agent: Seventh } = yield* Effect.promise(() => import("undici7"))
      const agent = yield* acquired(() => new Seventh())
      const layer = NodeTransport.layerDispatcher(agent)
      const { status } = yield* scoped(layer, send(url))
      assert.deepStrictEqual([status, seen.made], [200, 1])
    })
  )
})
