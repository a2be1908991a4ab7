/** The endpoint in an Express app, whose body parsers may have read a request before. */
import { ConfigurationError } from "@tempcred/core/ConfigurationError"
import * as HttpClientTransport from "@tempcred/core/HttpClientTransport"
import * as Soniox from "@tempcred/emulator/Soniox"
import * as Authenticator from "@tempcred/server/Authenticator"
import * as NodeHandler from "@tempcred/server/NodeHandler"
import * as TokenServer from "@tempcred/server/TokenServer"
import * as Vendor from "@tempcred/soniox/Soniox"
import * as EmulatorHttpClient from "@tempcred/testing/EmulatorHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import express, { type RequestHandler } from "express"
import express4 from "express4"
import { once } from "node:events"
import { request } from "node:http"
import { connect } from "node:net"
import { assert, describe, it } from "vitest"

const apiKey = "soniox-long-lived-key-0123456789"

interface Served extends AsyncDisposable {
  readonly emulator: Soniox.Soniox
  readonly port: number
  readonly post: (body: string, headers?: Readonly<Record<string, string>>, path?: string) => Promise<Response>
}

const serve = async (framework: typeof express, ...before: ReadonlyArray<RequestHandler>): Promise<Served> =>
  serveFor(
    Authenticator.layerBearer([{ token: Redacted.make("ana-secret-token"), subject: "ana" }]),
    framework,
    ...before
  )

const serveFor = async (
  authenticator: Parameters<typeof TokenServer.make>[0]["authenticator"],
  framework: typeof express,
  ...before: ReadonlyArray<RequestHandler>
): Promise<Served> => {
  const emulator = Soniox.make({ apiKey })
  const server = TokenServer.make({
    provider: Vendor.layer({ apiKey: Redacted.make(apiKey) }),
    transport: Layer.provide(HttpClientTransport.layer, EmulatorHttpClient.layer(emulator)),
    authenticator
  })
  await server.ready()
  const app = framework()
  if (before.length > 0) app.use(...before)
  app.get("/", (_, response) => void response.send("the app's own"))
  app.use("/speech", NodeHandler.make(server))
  const http = app.listen(0, "127.0.0.1")
  await once(http, "listening")
  const address = http.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return {
    emulator,
    port,
    post: (body, headers = {}, path = "/speech/v1/credentials") =>
      fetch(`http://127.0.0.1:${port}${path}`, {
        method: "POST",
        headers: { authorization: "Bearer ana-secret-token", "content-type": "application/json", ...headers },
        body
      }),
    [Symbol.asyncDispose]: async () => {
      http.closeAllConnections()
      http.close()
      await server.close()
    }
  }
}

const body = '{"purpose":"stt.realtime","ttlSeconds":60}'

describe.each([
  ["4", express4],
  ["5", express]
])("Express %s", (_, framework) => {
  const parsers: ReadonlyArray<readonly [name: string, before: ReadonlyArray<RequestHandler>]> = [
    ["no parser", []],
    ["json()", [framework.json()]],
    ["text()", [framework.text({ type: "*/*" })]],
    ["raw()", [framework.raw({ type: "*/*" })]],
    ["a parser that does not apply", [framework.urlencoded({ extended: true })]]
  ]
  it.each(parsers)("serves credentials after %s", async (_, before) => {
    await using served = await serve(framework, ...before)
    const created = await served.post(body)
    assert.strictEqual(created.status, 201)
    assert.strictEqual(created.headers.get("cache-control"), "no-store")
    assert.strictEqual((await created.json()).subject, "ana")
    const refused = await served.post('{"purpose":"no such"}')
    assert.deepStrictEqual([refused.status, (await refused.json()).reason], [400, "InvalidRequestError"])
    assert.strictEqual((await served.post(body, { "content-type": "text/plain" })).status, 415)
    assert.strictEqual((await served.post(body, { authorization: "Bearer nobody" })).status, 401)
    const large = await served.post(JSON.stringify({ purpose: "x".repeat(20_000) }))
    assert.deepStrictEqual([large.status, (await large.json()).status], [413, 413])
    assert.strictEqual(served.emulator.log.length, 1)
  })

  it("knows the user that the app's own middleware has found", async () => {
    const login: RequestHandler = (request, _, next) => {
      if (request.headers.cookie === "session=7f3a") Object.assign(request, { user: { id: "ana" } })
      next()
    }
    const authenticator = Authenticator.layerPromise(async ({ headers, method }, incoming) => {
      const { user } = incoming as { readonly user?: { readonly id: string } }
      assert.strictEqual(method, "POST")
      return user === undefined ? undefined : { subject: `${user.id} ${headers.get("accept-language")}` }
    })
    await using served = await serveFor(authenticator, framework, framework.json(), login)
    const created = await served.post(body, { cookie: "session=7f3a", "accept-language": "de" })
    assert.deepStrictEqual([created.status, (await created.json()).subject], [201, "ana de"])
    assert.strictEqual((await served.post(body)).status, 401)
  })

  it("keeps its other routes, and gives the endpoint its paths as they were sent", async () => {
    await using served = await serve(framework)
    const origin = `http://127.0.0.1:${served.port}`
    assert.strictEqual(await (await fetch(origin)).text(), "the app's own")
    assert.strictEqual((await fetch(`${origin}/speech/readyz?by=probe`)).status, 200)
    assert.strictEqual((await fetch(`${origin}/speech/readyz`, { method: "HEAD" })).status, 200)
    assert.strictEqual((await fetch(`${origin}/speech/v1/credentials`)).status, 405)
    for (const path of ["/speech/METRICS", "/speech/metrics/", "/speech/x/../metrics", "/speech/%6detrics"]) {
      const socket = connect(served.port, "127.0.0.1").setEncoding("utf8")
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
      const [text] = await once(socket, "data")
      assert.match(text, /^HTTP\/1\.1 404 /, path)
    }
    const traced = request({ port: served.port, path: "/speech/v1/credentials", method: "TRACE" }).end()
    const [{ statusCode }] = await once(traced, "response")
    assert.strictEqual(statusCode, 405)
  })

  it("ends the mint of a client that goes away", async () => {
    await using served = await serve(framework, framework.json())
    served.emulator.faults.add(Soniox.mintRoute, { hang: true })
    const leaving = new AbortController()
    const asking = fetch(`http://127.0.0.1:${served.port}/speech/v1/credentials`, {
      method: "POST",
      headers: { authorization: "Bearer ana-secret-token", "content-type": "application/json" },
      body,
      signal: leaving.signal
    }).catch((error: Error) => error.name)
    while (served.emulator.log.length === 0) await new Promise((resolve) => setImmediate(resolve))
    leaving.abort()
    assert.strictEqual(await asking, "AbortError")
    const inFlight = async () => {
      const lines = await (await fetch(`http://127.0.0.1:${served.port}/speech/metrics`)).text()
      return /^tempcred_requests_in_flight (\d+)$/m.exec(lines)?.[1]
    }
    while ((await inFlight()) !== "0");
  })
})

it("a configuration that cannot be used goes to the app's error handler", async () => {
  const server = TokenServer.make({
    provider: Vendor.layer({ apiKey: Redacted.make("") }),
    authenticator: Authenticator.layerBearer([{ token: Redacted.make("ana-secret-token"), subject: "ana" }])
  })
  const app = express()
  app.use(NodeHandler.make(server))
  const told: express.ErrorRequestHandler = (error, _, response, next) =>
    error instanceof ConfigurationError ? void response.status(500).send("check the configuration") : next(error)
  app.use(told)
  const http = app.listen(0, "127.0.0.1")
  await once(http, "listening")
  const address = http.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const answer = await fetch(`http://127.0.0.1:${port}/healthz`)
  assert.deepStrictEqual([answer.status, await answer.text()], [500, "check the configuration"])
  http.close()
  await server.close()
})
