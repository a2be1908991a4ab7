import { ConfigurationError } from "@tempcred/core/ConfigurationError"
import { TempCredential } from "@tempcred/core/TempCredential"
import * as HttpClientTransport from "@tempcred/core/HttpClientTransport"
import * as Soniox from "@tempcred/emulator/Soniox"
import * as Authenticator from "@tempcred/server/Authenticator"
import * as TokenServer from "@tempcred/server/TokenServer"
import * as Vendor from "@tempcred/soniox/Soniox"
import * as EmulatorHttpClient from "@tempcred/testing/EmulatorHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { app, asks, authenticator, get, problem, until, vendor, vendorKey } from "./server.ts"

const text = (response: Response) => Effect.promise(() => response.text())

const json = (response: Response) => Effect.promise(() => response.json())

const rejection = (attempt: () => Promise<unknown>): Effect.Effect<unknown> =>
  Effect.promise(() =>
    attempt().then(
      () => assert.fail("it did not reject"),
      (error: unknown) => error
    )
  )

/** A request, and a function that disconnects its client. */
const leavable = () => {
  const controller = new AbortController()
  return { request: new Request(asks(), { signal: controller.signal }), leave: () => controller.abort() }
}

const page = "https://app.example.com"

const made = (options: TokenServer.Options = {}) => {
  const emulator = Soniox.make({ apiKey: vendorKey })
  const server = TokenServer.make({
    provider: Vendor.layer({ apiKey: Redacted.make(vendorKey) }),
    transport: Layer.provide(HttpClientTransport.layer, EmulatorHttpClient.layer(emulator)),
    authenticator,
    ...options
  })
  return { emulator, server }
}

const fetched = (server: TokenServer.TokenServer, request: Request) => Effect.promise(() => server.fetch(request))

describe("in an Effect app", () => {
  const own = Layer.mergeAll(
    HttpRouter.add("GET", "/", HttpServerResponse.text("the app's own")),
    HttpRouter.add("OPTIONS", "/*", HttpServerResponse.text("the app's own options"))
  )

  it.effect("other routes and 404 responses stay with the app", () =>
    Effect.gen(function* () {
      const ask = yield* app({ app: own, allowedOrigins: [page] })
      assert.strictEqual(yield* text(yield* ask(get("/"))), "the app's own")
      const options = yield* ask(get("/elsewhere", { method: "OPTIONS", headers: { origin: page } }))
      assert.strictEqual(yield* text(options), "the app's own options")
      assert.isNull(options.headers.get("access-control-allow-origin"))
      const missing = yield* ask(get("/nowhere"))
      assert.strictEqual(missing.status, 404)
      assert.notStrictEqual(missing.headers.get("content-type"), "application/problem+json")
      assert.strictEqual((yield* ask(asks())).status, 201)
    }).pipe(Effect.provide(Logger.layer([])))
  )

  it.effect("every path begins with the prefix", () =>
    Effect.gen(function* () {
      const ask = yield* app({ prefix: "/api/speech" })
      assert.strictEqual((yield* ask(asks(undefined, {}, "/api/speech/v1/credentials"))).status, 201)
      for (const path of ["/healthz", "/readyz", "/metrics", "/openapi.json"]) {
        assert.strictEqual((yield* ask(get(`/api/speech${path}`))).status, 200, path)
        assert.strictEqual((yield* ask(get(path))).status, 404, path)
      }
      assert.strictEqual((yield* ask(asks())).status, 404)
      const document = yield* json(yield* ask(get("/api/speech/openapi.json")))
      assert.deepStrictEqual(Object.keys(document.paths), [
        "/api/speech/v1/credentials",
        "/api/speech/healthz",
        "/api/speech/readyz"
      ])
    }).pipe(Effect.provide(Logger.layer([])))
  )

  it.effect("stopping waits for pending requests for drainTimeout at most", () =>
    Effect.gen(function* () {
      const { layer, state } = vendor()
      const left: Array<string> = []
      const stopping = Effect.scoped(
        Effect.gen(function* () {
          const ask = yield* app({ vendor: layer, drainTimeout: "3 seconds" })
          state.next.push(Effect.sleep("2 seconds"), Effect.sleep("9 seconds"))
          for (const user of ["quick", "slow"]) {
            const asked = ask(asks(undefined, { authorization: `Bearer user-${user}` }))
            yield* Effect.forkDetach(
              Effect.onExit(asked, () => Effect.sync(() => left.push(user))),
              {
                startImmediately: true
              }
            )
          }
          yield* until(() => state.requests.length === 2)
        })
      )
      const fiber = yield* Effect.forkChild(stopping)
      yield* until(() => state.requests.length === 2)
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 20)))
      yield* TestClock.adjust("2900 millis")
      yield* until(() => left.length > 0)
      assert.isUndefined(fiber.pollUnsafe())
      assert.deepStrictEqual(left, ["quick"])
      yield* TestClock.adjust("100 millis")
      yield* Fiber.join(fiber)
      yield* TestClock.adjust("9 seconds")
      yield* until(() => left.length > 1)
      assert.deepStrictEqual(left, ["quick", "slow"])
    })
  )
})

describe("a path that differs from the endpoint's paths", () => {
  it.effect("gets 404, in an Effect app and from fetch", () =>
    Effect.gen(function* () {
      const ask = yield* app({ prefix: "/api" })
      for (const path of ["/metrics", "/healthz", "/docs", "/openapi.json", "/v1/credentials"]) {
        const loose = [`/API${path}`, `/api${path.toUpperCase()}`, `/api${path}/`, `//api${path}`, `/api/${path}`]
        const encoded = [`/api${path};a`, `/%61pi${path}`, `/api${path}%20`]
        for (const target of [...loose, ...encoded]) {
          const method = path === "/v1/credentials" ? "POST" : "GET"
          const response = yield* ask(get(target, { method }))
          assert.strictEqual(response.status, 404, target)
        }
      }
      const { server } = made()
      for (const path of ["/HEALTHZ", "//healthz", "/healthz/", "/healthz;a", "/%68ealthz"]) {
        yield* problem(yield* fetched(server, get(path)), 404)
      }
      yield* Effect.promise(server.close)
    }).pipe(Effect.provide(Logger.layer([])))
  )
})

describe("a wrong method", () => {
  it.effect("gets 405 with the allowed methods", () =>
    Effect.gen(function* () {
      const ask = yield* app()
      for (const method of ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
        const refused = yield* ask(get("/v1/credentials", { method }))
        assert.strictEqual(refused.headers.get("allow"), "POST")
        yield* problem(refused, 405)
      }
      const refused = yield* ask(get("/healthz", { method: "POST" }))
      assert.strictEqual(refused.headers.get("allow"), "GET, HEAD")
      yield* problem(refused, 405)
    })
  )
})

describe("health, metrics and documentation", () => {
  it.effect("all metrics exist before the first request, at zero", () =>
    Effect.gen(function* () {
      const registry = Layer.succeed(Metric.MetricRegistry, new Map())
      const lines = yield* Effect.gen(function* () {
        const ask = yield* app()
        return yield* text(yield* ask(get("/metrics")))
      }).pipe(Effect.provide(registry))
      for (const status of [201, 401, 429, 499, 503]) {
        assert.include(lines, `tempcred_requests_total{status="${status}"} 0\n`)
      }
      assert.match(lines, /^tempcred_requests_in_flight 0$/m)
    })
  )

  it.effect("health and metrics need no authentication, and metrics contain no subject or token", () =>
    Effect.gen(function* () {
      const ask = yield* app()
      for (const path of ["/healthz", "/readyz"]) {
        assert.deepStrictEqual(yield* json(yield* ask(get(path))), { status: "ok" })
      }
      yield* ask(asks())
      yield* ask(asks("{"))
      const metrics = yield* ask(get("/metrics"))
      assert.match(metrics.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/)
      const lines = yield* text(metrics)
      assert.match(lines, /^tempcred_requests_total\{status="201"\} [1-9]\d*$/m)
      assert.match(lines, /^tempcred_requests_total\{status="400"\} [1-9]\d*$/m)
      assert.match(lines, /^tempcred_request_milliseconds_count [1-9]\d*$/m)
      assert.match(lines, /^tempcred_requests_in_flight 0$/m)
      assert.notMatch(lines, /ana|user-|acme-short/)
    })
  )

  it.effect("the OpenAPI document describes every status and the problem format", () =>
    Effect.gen(function* () {
      const ask = yield* app()
      const { components, paths } = yield* json(yield* ask(get("/openapi.json")))
      const { post } = paths["/v1/credentials"]
      const statuses = [201, 400, 401, 403, 408, 413, 415, 422, 429, 500, 502, 503, 504].map(String)
      assert.deepStrictEqual(Object.keys(post.responses), statuses)
      for (const [status, { content, description }] of Object.entries<Record<string, never>>(post.responses)) {
        assert.include(String(description), ".", status)
        if (status !== "201") assert.deepStrictEqual(Object.keys(content ?? {}), ["application/problem+json"])
      }
      assert.deepStrictEqual(post.security, [{ bearer: [] }])
      assert.strictEqual(components.securitySchemes.bearer.scheme, "Bearer")
      assert.deepStrictEqual(Object.keys(post.requestBody.content), ["application/json"])
      assert.include(JSON.stringify([post, components]), "ttlSeconds")
    })
  )

  it.effect("the OpenAPI document has the header or cookie that the token is read from", () =>
    Effect.gen(function* () {
      for (const [tokenFrom, name, scheme] of [
        [{ header: "x-access-token" }, "header", { type: "apiKey", in: "header", name: "x-access-token" }],
        [{ cookie: "__Host-session" }, "cookie", { type: "apiKey", in: "cookie", name: "__Host-session" }]
      ] as const) {
        const secret = Redacted.make("a-shared-secret-of-32-bytes-or-more")
        const fail = Effect.fail(new Authenticator.UnauthenticatedError({ hint: "log in first" }))
        const authenticators = [
          Layer.orDie(Authenticator.layerJwt({ secret, tokenFrom })),
          Authenticator.layer(() => fail, { tokenFrom })
        ]
        for (const layer of authenticators) {
          const ask = yield* app({ authenticator: layer })
          const { components, paths } = yield* json(yield* ask(get("/openapi.json")))
          assert.deepStrictEqual(paths["/v1/credentials"].post.security, [{ [name]: [] }])
          assert.include(components.securitySchemes[name], scheme)
        }
      }
    })
  )

  it.effect("the documentation page loads no resources, runs no scripts, and cannot be framed", () =>
    Effect.gen(function* () {
      const ask = yield* app({ prefix: "/api" })
      const response = yield* ask(get("/api/docs"))
      assert.strictEqual(response.headers.get("content-type"), "text/html")
      assert.strictEqual(response.headers.get("x-content-type-options"), "nosniff")
      const policy = response.headers.get("content-security-policy") ?? ""
      for (const rule of ["default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"]) {
        assert.include(policy.split("; "), rule)
      }
      assert.notMatch(policy, /unsafe|https?:|\*/)
      const html = yield* text(response)
      assert.notMatch(html, /<(script|style|link|img|iframe|form|base)|\son\w+=|\sstyle=|src=/i)
      assert.deepStrictEqual(
        Array.from(html.matchAll(/href="([^"]*)"/g), ([, target]) => target),
        ["/api/openapi.json"]
      )
      for (const said of ["POST /api/v1/credentials", "GET /api/readyz", "The body is over 16 KiB.", "ttlSeconds"]) {
        assert.include(html, said)
      }
      const refused = yield* ask(get("/api/docs", { method: "POST" }))
      assert.strictEqual(refused.headers.get("allow"), "GET, HEAD")
    })
  )

  it.effect("metrics and documentation can be switched off", () =>
    Effect.gen(function* () {
      const ask = yield* app({ metrics: false, docs: false })
      for (const path of ["/metrics", "/openapi.json", "/docs"]) {
        assert.strictEqual((yield* ask(get(path))).status, 404, path)
      }
      assert.strictEqual((yield* ask(get("/healthz"))).status, 200)
    }).pipe(Effect.provide(Logger.layer([])))
  )
})

describe("web pages of other origins (CORS)", () => {
  const preflight = (origin: string) =>
    get("/v1/credentials", {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization" }
    })

  it.effect("can make requests if they are in allowedOrigins, and read Retry-After", () =>
    Effect.gen(function* () {
      const ask = yield* app({ allowedOrigins: [page, "capacitor://localhost"], limits: { perMinute: 1 } })
      const { headers, status } = yield* ask(preflight(page))
      assert.strictEqual(status, 204)
      assert.strictEqual(headers.get("access-control-allow-origin"), page)
      assert.strictEqual(headers.get("access-control-allow-methods"), "POST")
      assert.strictEqual(headers.get("access-control-allow-headers"), "authorization,content-type")
      assert.strictEqual(headers.get("vary"), "Origin")
      const answers = [
        yield* ask(asks(undefined, { origin: page })),
        yield* ask(asks(undefined, { origin: page })),
        yield* ask(asks(undefined, { origin: page, authorization: "" })),
        yield* ask(get("/v1/credentials", { headers: { origin: page } }))
      ]
      assert.deepStrictEqual(
        answers.map((answer) => answer.status),
        [201, 429, 401, 405]
      )
      for (const answer of answers) {
        assert.strictEqual(answer.headers.get("access-control-allow-origin"), page)
        assert.strictEqual(answer.headers.get("access-control-expose-headers"), "Retry-After,Date")
        assert.isNull(answer.headers.get("access-control-allow-credentials"))
      }
      const capacitor = yield* ask(preflight("capacitor://localhost"))
      assert.strictEqual(capacitor.headers.get("access-control-allow-origin"), "capacitor://localhost")
    })
  )

  it.effect("can send the headers in allowedHeaders", () =>
    Effect.gen(function* () {
      const allowedHeaders = ["baggage", "traceparent", "sentry-trace"]
      const ask = yield* app({ allowedOrigins: [page], allowedHeaders })
      const { headers } = yield* ask(preflight(page))
      assert.strictEqual(
        headers.get("access-control-allow-headers"),
        "authorization,content-type,baggage,traceparent,sentry-trace"
      )
      assert.isNull(headers.get("access-control-allow-credentials"))
      for (const name of ["*", "", "trace parent", "x\r\ny"]) {
        const refused = yield* Effect.flip(app({ allowedHeaders: [name] }))
        assert.match(refused.message, /^TokenServer.allowedHeaders must be the names of headers/)
      }
    })
  )

  it.effect("can read the endpoint's errors", () =>
    Effect.gen(function* () {
      const { layer, state } = vendor()
      const ask = yield* app({ allowedOrigins: [page], maxInFlight: 1, vendor: layer })
      state.next.push(Effect.die("no"), Effect.never)
      const died = yield* ask(asks(undefined, { origin: page }))
      const running = yield* Effect.forkChild(ask(asks()), { startImmediately: true })
      yield* until(() => state.requests.length === 2)
      const full = yield* ask(asks(undefined, { origin: page }))
      for (const [answer, status] of [
        [died, 500],
        [full, 503]
      ] as const) {
        assert.strictEqual(answer.headers.get("access-control-allow-origin"), page)
        yield* problem(answer, status)
      }
      yield* Fiber.interrupt(running)
    }).pipe(Effect.provide(Logger.layer([])))
  )

  const others = ["https://app.example.com.evil.example", "http://app.example.com", "null", "https://APP.example.com"]
  it.effect.each(others)("get no CORS headers if they are not in allowedOrigins: %s", (origin) =>
    Effect.gen(function* () {
      for (const origins of [[], [page], [page, "https://other.example.com"]]) {
        const ask = yield* app({ allowedOrigins: origins })
        for (const request of [preflight(origin), asks(undefined, { origin })]) {
          assert.isNull((yield* ask(request)).headers.get("access-control-allow-origin"))
        }
      }
    })
  )
})

describe("an invalid option fails the layer", () => {
  const wrong: ReadonlyArray<readonly [name: string, options: TokenServer.Options]> = [
    ["maxInFlight", { maxInFlight: 0 }],
    ["bodyTimeout", { bodyTimeout: "0 seconds" }],
    ["drainTimeout", { drainTimeout: "-1 seconds" }],
    ["prefix", { prefix: "/api/" }],
    ["prefix", { prefix: "/:tenant" }],
    ...["*", "https://app.example.com/", "app.example.com", "https://App.example.com", "https://x.example:443", ""].map(
      (origin) => ["allowedOrigins", { allowedOrigins: [origin] }] as const
    )
  ]
  it.effect.each(wrong)("%s: %j", ([name, options]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(app(options))
      assert.instanceOf(error, ConfigurationError)
      assert.deepStrictEqual(
        error.issues.map((issue) => issue.name),
        [`TokenServer.${name}`]
      )
    })
  )
})

describe("TokenServer.make", () => {
  it.effect("fetch creates credentials, and responds to unknown paths and methods with problems", () =>
    Effect.gen(function* () {
      const { server } = made()
      yield* Effect.promise(server.ready)
      const created = yield* fetched(server, asks())
      assert.strictEqual(created.status, 201)
      const credential = yield* TempCredential.decode(yield* json(created))
      assert.strictEqual(credential.provider, "soniox")
      yield* problem(yield* fetched(server, get("/nowhere")), 404)
      yield* problem(yield* fetched(server, get("/v1/credentials/more", { method: "POST" })), 404)
      yield* problem(yield* fetched(server, get("/v1/credentials")), 405)
      for (const [path, allow] of [
        ["/v1/credentials?by=probe", "POST"],
        ["/healthz", "GET, HEAD"]
      ] as const) {
        const unusual = yield* fetched(server, get(path, { method: "PROPFIND" }))
        assert.strictEqual(unusual.headers.get("allow"), allow)
        yield* problem(unusual, 405)
      }
      yield* problem(yield* fetched(server, get("/nowhere", { method: "PROPFIND" })), 404)
      assert.strictEqual((yield* fetched(server, get("/healthz", { method: "HEAD" }))).status, 200)
      yield* Effect.promise(server.close)
    })
  )

  it.effect("nothing is built before the first request", () =>
    Effect.gen(function* () {
      let builds = 0
      const counted = Layer.effectDiscard(Effect.sync(() => (builds += 1)))
      const server = TokenServer.make({
        provider: Vendor.layer({ apiKey: Redacted.make(vendorKey) }),
        authenticator: Layer.merge(authenticator, counted)
      })
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      assert.strictEqual(builds, 0)
      yield* Effect.all([fetched(server, get("/healthz")), fetched(server, get("/healthz"))], { concurrency: 2 })
      yield* Effect.promise(server.ready)
      assert.strictEqual(builds, 1)
      yield* Effect.promise(server.close)
    })
  )

  it.effect("ready and fetch reject with an invalid configuration", () =>
    Effect.gen(function* () {
      const { server } = made({ maxInFlight: 0 })
      const attempts: ReadonlyArray<() => Promise<unknown>> = [server.ready, () => server.fetch(asks())]
      for (const attempt of attempts) assert.instanceOf(yield* rejection(attempt), ConfigurationError)
      yield* Effect.promise(server.close)
    })
  )

  it.live("close waits for pending requests, and rejects new ones", () =>
    Effect.gen(function* () {
      const { emulator, server } = made()
      yield* Effect.promise(server.ready)
      emulator.faults.add(Soniox.mintRoute, { delay: 60 })
      const running = server.fetch(asks())
      while (emulator.log.length === 0) yield* Effect.sleep("1 millis")
      const closing = server.close()
      const ready = yield* fetched(server, get("/readyz"))
      assert.strictEqual((yield* problem(ready, 503)).detail, "this endpoint is stopping")
      const late = yield* problem(yield* fetched(server, asks()), 503)
      assert.strictEqual(late.retryAfter, 1)
      const answer = yield* Effect.promise(() => running)
      assert.strictEqual(answer.status, 201)
      yield* Effect.promise(() => closing)
      yield* problem(yield* fetched(server, asks()), 503)
      yield* Effect.promise(server.close)
      assert.strictEqual(emulator.log.length, 1)
    })
  )

  it.live("close works before the first request", () =>
    Effect.gen(function* () {
      const { server } = made()
      yield* Effect.promise(server.close)
      yield* problem(yield* fetched(server, asks()), 503)
      assert.instanceOf(yield* rejection(server.ready), TokenServer.ClosedError)
    })
  )

  it.effect("close during the build responds to the waiting requests with 503", () =>
    Effect.gen(function* () {
      const server = TokenServer.make({
        provider: Vendor.layer({ apiKey: Redacted.make(vendorKey) }),
        authenticator: Layer.effect(Authenticator.Authenticator, Effect.never)
      })
      const waiting = server.fetch(asks())
      const starting = yield* Effect.forkChild(rejection(server.ready), { startImmediately: true })
      yield* Effect.promise(server.close)
      yield* problem(yield* Effect.promise(() => waiting), 503)
      assert.instanceOf(yield* Fiber.join(starting), TokenServer.ClosedError)
    })
  )

  it.live("a client that disconnects frees its slot", () =>
    Effect.gen(function* () {
      const { emulator, server } = made({ maxInFlight: 1 })
      yield* Effect.promise(server.ready)
      emulator.faults.add(Soniox.mintRoute, { hang: true })
      const { leave, request } = leavable()
      void server.fetch(request)
      while (emulator.log.length === 0) yield* Effect.sleep("1 millis")
      yield* problem(yield* fetched(server, asks()), 503)
      leave()
      yield* Effect.sleep("1 millis")
      assert.strictEqual((yield* fetched(server, asks())).status, 201)
      yield* Effect.promise(server.close)
    })
  )

  it.effect("no response contains the long-lived key or the vendor's message", () =>
    Effect.gen(function* () {
      const { emulator, server } = made({ log: () => Effect.void })
      const words = `the key ${vendorKey} may not`
      for (const status of [400, 401, 402, 403, 404, 429, 500, 503]) {
        const body = { error_message: words, message: words, error_type: "secret_type" }
        emulator.faults.add(Soniox.mintRoute, { status, body, headers: { "retry-after": "0" } }, 3)
        const response = yield* fetched(server, asks())
        emulator.faults.clear()
        assert.isAtLeast(response.status, 500)
        const printed = JSON.stringify([yield* text(response), ...response.headers])
        for (const secret of [vendorKey, "may not", "secret_type"]) assert.notInclude(printed, secret)
      }
      const metrics = yield* text(yield* fetched(server, get("/metrics")))
      for (const secret of [vendorKey, "may not", "secret_type", "ana"]) assert.notInclude(metrics, secret)
      yield* Effect.promise(server.close)
    })
  )
})

describe("the authenticator of TokenServer.make", () => {
  it.effect("that cannot be built rejects ready with its error", () =>
    Effect.gen(function* () {
      const error = new ConfigurationError({ issues: [{ name: "key", message: "is missing" }] })
      const server = TokenServer.make({
        provider: Vendor.layer({ apiKey: Redacted.make(vendorKey) }),
        authenticator: Layer.effect(Authenticator.Authenticator, Effect.fail(error))
      })
      assert.strictEqual(yield* rejection(server.ready), error)
    })
  )
})
