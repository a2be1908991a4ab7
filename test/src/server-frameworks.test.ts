/** The endpoint in apps of Fastify, Koa and plain `node:http`, mounted at a path, before and after their body parsers. */
import * as HttpClientTransport from "@tempcred/core/HttpClientTransport"
import * as Soniox from "@tempcred/emulator/Soniox"
import * as Authenticator from "@tempcred/server/Authenticator"
import * as NodeHandler from "@tempcred/server/NodeHandler"
import * as TokenServer from "@tempcred/server/TokenServer"
import * as Vendor from "@tempcred/soniox/Soniox"
import * as EmulatorHttpClient from "@tempcred/testing/EmulatorHttpClient"
import middie from "@fastify/middie"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import Fastify from "fastify"
import Koa from "koa"
import bodyParser from "koa-bodyparser"
import { once } from "node:events"
import { createServer, type IncomingMessage, type Server } from "node:http"
import { assert, describe, it } from "vitest"

const apiKey = "soniox-long-lived-key-0123456789"

interface App {
  readonly port: number
  readonly close: () => Promise<unknown>
}

type Start = (handler: NodeHandler.NodeHandler) => Promise<App>

const listening = async (server: Server): Promise<App> => {
  if (!server.listening) await once(server, "listening")
  const address = server.address()
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    close: async () => {
      server.closeAllConnections()
      server.close()
    }
  }
}

/** Fastify's own server, whose parser reads bodies of JSON and text before a route. */
const fastify: Start = async (handler) => {
  const app = Fastify()
  app.all("/speech/*", async (request, reply) => {
    reply.hijack()
    await handler(Object.assign(request.raw, { body: request.body, user: { id: "ana" } }), reply.raw)
  })
  await app.listen({ port: 0, host: "127.0.0.1" })
  return { ...(await listening(app.server)), close: () => app.close() }
}

const fastifyWithMiddie: Start = async (handler) => {
  const app = Fastify()
  await app.register(middie)
  app.use("/speech", (request, response, next) => {
    request.url = `/speech${request.url}`
    void handler(Object.assign(request, { user: { id: "ana" } }), response, next)
  })
  await app.listen({ port: 0, host: "127.0.0.1" })
  return { ...(await listening(app.server)), close: () => app.close() }
}

const koa =
  (before: ReadonlyArray<Koa.Middleware>): Start =>
  async (handler) => {
    const app = new Koa({ env: "test" })
    for (const middleware of before) app.use(middleware)
    app.use(async (context, next) => {
      if (!context.path.startsWith("/speech/")) return next()
      context.respond = false
      await handler(Object.assign(context.req, { body: context.request.body, user: { id: "ana" } }), context.res)
    })
    app.use((context) => void (context.body = "the app's own"))
    return listening(app.listen(0, "127.0.0.1"))
  }

const nodeHttp: Start = (handler) =>
  listening(
    createServer((request, response) => {
      if (request.url === "/") response.end("the app's own")
      else void handler(Object.assign(request, { user: { id: "ana" } }), response)
    }).listen(0, "127.0.0.1")
  )

/** Knows the user that the app has added to Node's request, and the session that a browser sends. */
const authenticator = Authenticator.layerPromise(async ({ headers, url }, incoming) => {
  const { user } = incoming as IncomingMessage & { readonly user: { readonly id: string } }
  assert.strictEqual(new URL(url).pathname, "/speech/v1/credentials")
  return headers.get("cookie") === "session=7f3a" ? { subject: user.id } : undefined
})

const serve = async (start: Start) => {
  const emulator = Soniox.make({ apiKey })
  const server = TokenServer.make({
    provider: Vendor.layer({ apiKey: Redacted.make(apiKey) }),
    transport: Layer.provide(HttpClientTransport.layer, EmulatorHttpClient.layer(emulator)),
    authenticator,
    prefix: "/speech"
  })
  await server.ready()
  const app = await start(NodeHandler.make(server))
  const origin = `http://127.0.0.1:${app.port}`
  return {
    emulator,
    origin,
    post: (body: string, headers: Readonly<Record<string, string>> = {}) =>
      fetch(`${origin}/speech/v1/credentials`, {
        method: "POST",
        headers: { cookie: "session=7f3a", "content-type": "application/json", ...headers },
        body
      }),
    [Symbol.asyncDispose]: async () => {
      await app.close()
      await server.close()
    }
  }
}

const body = '{"purpose":"stt.realtime","ttlSeconds":60}'

const apps: ReadonlyArray<readonly [name: string, start: Start]> = [
  ["Fastify, after its own parser", fastify],
  ["Fastify with middie, before its parser", fastifyWithMiddie],
  ["Koa", koa([])],
  ["Koa after koa-bodyparser", koa([bodyParser()])],
  ["node:http", nodeHttp]
]

describe.each(apps)("%s", (_, start) => {
  it("serves credentials to the app's users, and refuses what is wrong", async () => {
    await using served = await serve(start)
    const created = await served.post(body)
    assert.strictEqual(created.status, 201)
    assert.strictEqual(created.headers.get("cache-control"), "no-store")
    assert.strictEqual((await created.json()).subject, "ana")
    assert.strictEqual((await served.post(body, { cookie: "" })).status, 401)
    const refused = await served.post('{"purpose":"no such"}')
    assert.deepStrictEqual([refused.status, (await refused.json()).reason], [400, "InvalidRequestError"])
    assert.strictEqual((await served.post(body, { "content-type": "text/plain" })).status, 415)
    const large = await served.post(JSON.stringify({ purpose: "x".repeat(20_000) }))
    assert.deepStrictEqual([large.status, (await large.json()).status], [413, 413])
    assert.strictEqual((await fetch(`${served.origin}/speech/readyz`)).status, 200)
    assert.strictEqual(served.emulator.log.length, 1)
  })

  it("ends the mint of a client that goes away", async () => {
    await using served = await serve(start)
    served.emulator.faults.add(Soniox.mintRoute, { hang: true })
    const leaving = new AbortController()
    const asking = fetch(`${served.origin}/speech/v1/credentials`, {
      method: "POST",
      headers: { cookie: "session=7f3a", "content-type": "application/json" },
      body,
      signal: leaving.signal
    }).catch((error: Error) => error.name)
    while (served.emulator.log.length === 0) await new Promise((resolve) => setImmediate(resolve))
    leaving.abort()
    assert.strictEqual(await asking, "AbortError")
    const inFlight = async () => {
      const lines = await (await fetch(`${served.origin}/speech/metrics`)).text()
      return /^tempcred_requests_in_flight (\d+)$/m.exec(lines)?.[1]
    }
    while ((await inFlight()) !== "0");
  })
})

it("a body that a parser has read and not passed on is an error of the app, which says what to do", async () => {
  const forgetful: Start = (handler) =>
    listening(
      createServer(async (request, response) => {
        for await (const _ of request);
        await handler(request, response).catch((error: Error) => response.writeHead(500).end(error.message))
      }).listen(0, "127.0.0.1")
    )
  await using served = await serve(forgetful)
  const answer = await served.post(body)
  assert.strictEqual(answer.status, 500)
  assert.match(await answer.text(), /^a parser of the app has read the body: pass it on with Object\.assign/)
})
