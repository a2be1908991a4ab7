/** The plain endpoint: authentication, policy, limits, mounts. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { inspect } from "node:util"
import { SignJWT } from "jose"
import { assert, describe, it } from "vitest"
import { ConfigurationError, TempcredError } from "../src/index.ts"
import { bearer, createEndpoint, jwt } from "../src/server.ts"
import type { AccessLogEntry, Authenticate, EndpointOptions } from "../src/server.ts"
import { fakeMinter } from "../src/testing.ts"
import { emulated } from "./emulated.ts"

const ask = (
  path = "/speech-token",
  body: object = { purpose: "stt.realtime" },
  headers: Record<string, string> = {}
) =>
  new Request(`https://app.example${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body)
  })

const secret = "a-secret-of-thirty-two-bytes-or-more"

/** What code without types may pass. */
const untyped = (options: object): Partial<EndpointOptions> => Object.assign({}, options)

/** Knows callers by a header of the test. */
const byHeader: Authenticate = (request) => {
  const subject = request.headers.get("x-user")
  return subject === null ? undefined : { subject }
}

const ana = { "x-user": "ana" }

const endpointOf = (options: Partial<EndpointOptions> = {}) => {
  const { minter, soniox } = emulated()
  const endpoint = createEndpoint({ minter, authenticate: byHeader, ...options })
  const close = async () => {
    await endpoint.close()
    await minter.close()
  }
  return { endpoint, minter, soniox, close }
}

describe("an endpoint", () => {
  it("answers a POST at any path with a credential of the caller", async () => {
    const { close, endpoint } = endpointOf()
    for (const path of ["/", "/speech-token", "/api/v1/token?x=1"]) {
      const response = await endpoint.fetch(ask(path, undefined, ana))
      assert.strictEqual(response.status, 201)
      assert.strictEqual(response.headers.get("cache-control"), "no-store")
      const credential = await response.json()
      assert.deepInclude(credential, { provider: "soniox", subject: "ana", uses: "once" })
      assert.match(credential.fingerprint, /^[0-9a-f]{16}$/)
    }
    await close()
  })

  it("refuses callers that it does not know, and tells the app when its function fails", async () => {
    const errors: Array<unknown> = []
    const down = new Error("the session store is down")
    const { close, endpoint, soniox } = endpointOf({
      authenticate: async (request) => {
        if (request.headers.has("x-fail")) throw down
        return byHeader(request, undefined)
      },
      onError: (error) => void errors.push(error)
    })
    assert.strictEqual((await endpoint.fetch(ask())).status, 401)
    const failed = await endpoint.fetch(ask("/", undefined, { "x-fail": "1" }))
    assert.strictEqual(failed.status, 503)
    assert.notInclude(await failed.text(), "session store")
    assert.deepStrictEqual(errors, [down])
    assert.lengthOf(soniox.log, 0)
    await close()
  })

  it("tells the app what the vendor said, and not the caller", async () => {
    const errors: Array<unknown> = []
    const { minter } = emulated({ env: { SONIOX_API_KEY: "wrong" } })
    const { close, endpoint } = endpointOf({ minter, onError: (error) => void errors.push(error) })
    const response = await endpoint.fetch(ask("/", undefined, ana))
    assert.strictEqual(response.status, 502)
    assert.notInclude(await response.text(), "SONIOX_API_KEY")
    const [error] = errors
    assert.instanceOf(error, TempcredError)
    assert.match(error.message, /check SONIOX_API_KEY/)
    await close()
    await minter.close()
  })

  it("takes JWTs and static tokens", async () => {
    const token = await new SignJWT({ sub: "ana" })
      .setProtectedHeader({ alg: "HS256" })
      .setExpirationTime("1 minute")
      .sign(new TextEncoder().encode(secret))
    for (const [authenticate, right] of [
      [jwt({ secret }), token],
      [bearer([{ token: "kiosk-7-secret-token", subject: "ana" }]), "kiosk-7-secret-token"]
    ] as const) {
      const { close, endpoint } = endpointOf({ authenticate })
      const response = await endpoint.fetch(ask("/", undefined, { authorization: `Bearer ${right}` }))
      assert.strictEqual((await response.json()).subject, "ana")
      assert.strictEqual((await endpoint.fetch(ask("/", undefined, { authorization: "Bearer a-guess" }))).status, 401)
      await close()
    }
  })

  it("keeps the policy, which can depend on the caller", async () => {
    const errors: Array<unknown> = []
    const down = new Error("the database is down")
    const { close, endpoint } = endpointOf({
      policy: {
        terms: ({ subject }) => {
          if (subject === "cy") throw down
          return subject === "ana" ? { maxTtl: "1 minute" } : undefined
        }
      },
      onError: (error) => void errors.push(error)
    })
    const long = { purpose: "stt.realtime", ttlSeconds: 120 }
    const refused = await endpoint.fetch(ask("/", long, ana))
    assert.strictEqual(refused.status, 403)
    assert.deepStrictEqual((await refused.json()).issues, [{ field: "ttlSeconds", message: "must be at most 60" }])
    assert.strictEqual((await endpoint.fetch(ask("/", undefined, ana))).status, 201)
    const unknown = await endpoint.fetch(ask("/", undefined, { "x-user": "bo" }))
    assert.strictEqual(unknown.status, 403)
    assert.strictEqual((await endpoint.fetch(ask("/", undefined, { "x-user": "cy" }))).status, 500)
    assert.deepStrictEqual(errors, [down])
    assert.deepStrictEqual((await unknown.json()).issues, [
      { field: "purpose", message: "is not allowed for this caller" }
    ])
    await close()
  })

  it("limits each caller, and writes a log without secrets", async () => {
    const entries: Array<AccessLogEntry> = []
    const { close, endpoint } = endpointOf({
      limits: { perMinute: 1 },
      onRequest: (entry) => void entries.push(entry)
    })
    const first = await (await endpoint.fetch(ask("/", undefined, ana))).json()
    const second = await endpoint.fetch(ask("/", undefined, ana))
    assert.strictEqual(second.status, 429)
    assert.isAbove(Number(second.headers.get("retry-after")), 0)
    await close()
    assert.deepStrictEqual(
      entries.map(({ status }) => status),
      [201, 429]
    )
    assert.notInclude(JSON.stringify(entries), first.token)
    assert.notInclude(JSON.stringify(entries), "ana")
  })

  it("answers the preflight of the web pages that it knows", async () => {
    const { close, endpoint } = endpointOf({ cors: { origins: ["https://page.example"], headers: ["x-user"] } })
    const headers = {
      origin: "https://page.example",
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type,x-user"
    }
    const preflight = await endpoint.fetch(new Request("https://app.example/token", { method: "OPTIONS", headers }))
    assert.strictEqual(preflight.headers.get("access-control-allow-origin"), "https://page.example")
    const other = { ...headers, origin: "https://other.example" }
    const refused = await endpoint.fetch(
      new Request("https://app.example/token", { method: "OPTIONS", headers: other })
    )
    assert.isNull(refused.headers.get("access-control-allow-origin"))
    await close()
  })

  it("gives the app its own request, with the path that the client asked", async () => {
    const seen: Array<unknown> = []
    const { close, endpoint } = endpointOf({
      authenticate: (request, incoming) => {
        seen.push(new URL(request.url).pathname, incoming)
        return { subject: "ana" }
      }
    })
    const context = { user: "ana" }
    await endpoint.fetch(ask("/speech-token"), context)
    assert.deepStrictEqual(seen, ["/speech-token", context])
    const read = ask()
    await read.text()
    const error = await endpoint.fetch(read).catch((cause: unknown) => cause)
    assert.match(String(error), /TypeError: the body of this request was read before/)
    await close()
  })

  it("answers 500 where nobody waits for its promise", async () => {
    const errors: Array<unknown> = []
    const { close, endpoint } = endpointOf({ limits: { perMinute: 0 }, onError: (error) => void errors.push(error) })
    const server = createServer(endpoint.node)
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const { port } = server.address() as AddressInfo
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST" })
    assert.strictEqual(response.status, 500)
    assert.instanceOf(errors[0], ConfigurationError)
    server.close()
    await close()
  })

  it("is a handler of Node, which gives the app its own request", async () => {
    const { close, endpoint } = endpointOf({
      authenticate: (_, incoming) =>
        typeof incoming === "object" && incoming !== null && "user" in incoming
          ? { subject: String(incoming.user) }
          : undefined
    })
    const server = createServer(
      (request, response) => void endpoint.node(Object.assign(request, { user: "ana" }), response)
    )
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const { port } = server.address() as AddressInfo
    const { headers, ...request } = ask()
    const response = await fetch(`http://127.0.0.1:${port}/anywhere`, {
      ...request,
      method: "POST",
      headers,
      body: '{"purpose":"stt.realtime"}'
    })
    assert.strictEqual((await response.json()).subject, "ana")
    server.close()
    const error = await endpoint
      .node({ headers: {} }, { statusCode: 200, end: () => undefined })
      .catch((cause: unknown) => cause)
    assert.match(String(error), /TypeError: endpoint.node takes the request and the response of node:http/)
    await close()
  })

  it("names an option that is wrong", async () => {
    for (const [options, message] of [
      [{ limits: { perMinute: 0 } }, /^createEndpoint.limits.perMinute must be a whole number/],
      [{ cors: { origins: ["https://page.example/"] } }, /^createEndpoint.cors.origins must be origins/],
      [
        { authenticate: jwt(Object.assign({ isuer: "sssh" }, { secret })) },
        /^jwt.isuer is not an option; the options are jwksUrl, /
      ],
      [{ cors: { origins: [], header: ["x-user"] } }, /^createEndpoint.cors.header is not an option/],
      [{ cors: { origins: "*" } }, /^createEndpoint.cors.origins must be a list$/],
      [{ polciy: {} }, /^createEndpoint.polciy is not an option; the options are minter, /],
      [{ policy: { term: {} } }, /^createEndpoint.policy.term is not an option/],
      [{ policy: { terms: false } }, /^createEndpoint.policy.terms must be an object of terms$/],
      [
        { policy: { hashSubjectsWith: "short" } },
        /^createEndpoint.policy.hashSubjectsWith must be 32 bytes or more in base64/
      ],
      [{ limits: { store: { kind: "redis" } } }, /^createEndpoint.limits.store must be redis\(\{ url \}\)/],
      [{ limits: { store: "redis://user:sssh@host:1" } }, /^createEndpoint.limits.store must be redis\(\{ url \}\)/],
      [{ authenticate: "sssh-token" }, /^createEndpoint.authenticate must be a function, jwt\(…\) or bearer\(…\)$/],
      [{ bodyTimeout: 5 }, /^createEndpoint.bodyTimeout must be a duration/],
      [{ minter: undefined }, /^createEndpoint.minter must be what createMinter/],
      [{ authenticate: bearer([{ token: "short", subject: "ana" }]) }, /^bearer\[0\].token/],
      [{ authenticate: jwt({ secret: "short" }) }, /^jwt.secret must be/],
      [{ minter: fakeMinter() }, /^createEndpoint.minter must be what createMinter of this copy of tempcred returned/]
    ] as const) {
      const { close, endpoint } = endpointOf(untyped(options))
      const error = await endpoint.ready().catch((cause: unknown) => cause)
      assert.instanceOf(error, ConfigurationError)
      assert.notInclude(inspect(error), "sssh")
      assert.match(error.message, message)
      await close()
    }
  })

  it("says 503 after it was closed, and leaves the minter open", async () => {
    const { endpoint, minter } = endpointOf()
    await endpoint.ready()
    await endpoint.close()
    assert.strictEqual((await endpoint.fetch(ask("/", undefined, ana))).status, 503)
    assert.strictEqual((await minter.mint({ purpose: "stt.realtime" })).provider, "soniox")
    await minter.close()
  })
})
