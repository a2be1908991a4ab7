import { fingerprint } from "@tempcred/core/Fingerprint"
import { TempCredential } from "@tempcred/core/TempCredential"
import * as Errors from "@tempcred/core/TempCredentialError"
import * as TokenEndpoint from "@tempcred/core/TokenEndpoint"
import * as Authenticator from "@tempcred/server/Authenticator"
import { ForbiddenError } from "@tempcred/server/IssuancePolicy"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { app, asks, authenticator, failing, problem, vendor, vendorKey, vendorMessage } from "./server.ts"

describe("a credential", () => {
  it.effect("is created for the caller, with the token in plain text and cache-control: no-store", () =>
    Effect.gen(function* () {
      const { layer, state } = vendor()
      const ask = yield* app({ vendor: layer })
      const response = yield* ask(asks({ purpose: "stt.realtime", ttlSeconds: 90 }))
      assert.strictEqual(response.status, 201)
      assert.strictEqual(response.headers.get("content-type"), "application/json")
      assert.strictEqual(response.headers.get("cache-control"), "no-store")
      const json = yield* Effect.promise(() => response.json())
      assert.strictEqual(json.token, "acme-short-lived-token-1")
      assert.strictEqual(json.fingerprint, yield* fingerprint(Redacted.make(json.token)))
      assert.isTrue(Schema.is(TokenEndpoint.Response)(json))
      const credential = yield* TempCredential.decode(json)
      assert.strictEqual(credential.subject, "ana")
      assert.strictEqual(DateTime.distance(credential.issuedAt, credential.expiresAt).pipe(Duration.toSeconds), 90)
      const [asked] = state.requests
      assert.strictEqual(asked?.exposure, "client")
      assert.strictEqual(asked?.subject, "ana")
    })
  )

  it.effect("is different for each request", () =>
    Effect.gen(function* () {
      const ask = yield* app()
      const tokens = [yield* ask(asks()), yield* ask(asks())].map((response) => response.json())
      const [first, second] = yield* Effect.promise(() => Promise.all(tokens))
      assert.notStrictEqual(first.token, second.token)
    })
  )

  it.effect("is minted with the requested minRemaining and refused fingerprint, within the caller's limits", () =>
    Effect.gen(function* () {
      const { layer, state } = vendor()
      const ask = yield* app({ vendor: layer, limits: { perMinute: 2 } })
      const refused = "66d3c74322a09f1c"
      assert.strictEqual((yield* ask(asks({ purpose: "agent", refused, minRemainingSeconds: 20 }))).status, 201)
      assert.strictEqual((yield* ask(asks({ purpose: "agent" }))).status, 201)
      yield* problem(yield* ask(asks({ purpose: "agent", refused })), 429)
      assert.deepStrictEqual(state.options, [{ refused, minRemaining: Duration.seconds(20) }, {}])
      assert.deepStrictEqual(state.requests[0], state.requests[1])
    })
  )

  it.effect("is for the account that the authenticator returns, which a client cannot set", () =>
    Effect.gen(function* () {
      const { layer, state } = vendor()
      const ask = yield* app({
        vendor: layer,
        limits: { perMinute: 1 },
        authenticator: Authenticator.layerPromise(async ({ headers }) => ({
          subject: "ana",
          account: headers.get("x-company") ?? undefined
        }))
      })
      const of = (company: string, body = {}) => ask(asks({ purpose: "agent", ...body }, { "x-company": company }))
      assert.strictEqual((yield* of("acme")).status, 201)
      assert.strictEqual((yield* of("globex")).status, 201)
      assert.strictEqual((yield* ask(asks({ purpose: "agent" }))).status, 201)
      yield* problem(yield* of("acme"), 429)
      yield* problem(yield* of("initech", { account: "acme" }), 400)
      yield* problem(yield* of("x".repeat(257)), 401)
      assert.deepStrictEqual(state.options, [{ account: "acme" }, { account: "globex" }, {}])
    }).pipe(Effect.provide(Logger.layer([])))
  )

  it.effect("is not issued if the app's function fails; the log says where, without the message", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.layer([Logger.make(({ message }) => void lines.push(String(message)))])
      yield* Effect.gen(function* () {
        const authenticator = Authenticator.layerPromise(() => Promise.reject(new TypeError(vendorMessage)))
        const refused = yield* (yield* app({ authenticator }))(asks())
        assert.notInclude(JSON.stringify(yield* problem(refused, 503)), vendorKey)
      }).pipe(Effect.provide(logger))
      assert.lengthOf(lines, 1)
      assert.match(lines[0] ?? "", /^Authenticator: authentication is unavailable.*TypeError\\n.*TokenServer\.test\.ts/)
      assert.notInclude(lines[0] ?? "", vendorKey)
    })
  )

  it.effect("has the policy's session configuration and usableFor, which a client cannot set", () =>
    Effect.gen(function* () {
      const { layer, state } = vendor()
      const session = { config: { instructions: "be brief" }, lock: "all" } as const
      const terms = { session: { agent: session }, usableFor: { agent: "10 minutes" } } as const
      const ask = yield* app({ vendor: layer, policy: { terms } })
      assert.strictEqual((yield* ask(asks({ purpose: "agent" }))).status, 201)
      const [asked] = state.requests
      assert.deepStrictEqual(asked?.session, session)
      assert.deepStrictEqual(asked?.usableFor, Duration.minutes(10))
      for (const field of ["session", "usableFor", "usableForSeconds"]) {
        const refused = yield* problem(yield* ask(asks({ purpose: "agent", [field]: session })), 400)
        assert.strictEqual(refused.issues?.[0]?.field, field)
      }
      assert.lengthOf(state.requests, 1)
    })
  )

  it.effect("is not issued to an unknown caller, who gets 401", () =>
    Effect.gen(function* () {
      const { layer, state } = vendor()
      const ask = yield* app({ vendor: layer })
      const anonymous = yield* ask(asks({}, { authorization: "" }))
      assert.strictEqual(anonymous.headers.get("www-authenticate"), "Bearer")
      assert.strictEqual((yield* problem(anonymous, 401)).detail, "log in first")
      const unknown = yield* ask(asks({}, { authorization: "Bearer stolen-secret" }))
      assert.strictEqual(unknown.headers.get("www-authenticate"), 'Bearer error="invalid_token"')
      const refused = yield* problem(unknown, 401)
      assert.strictEqual(refused.reason, "UnauthenticatedError")
      assert.notInclude(JSON.stringify(refused), "stolen")
      assert.deepStrictEqual(state.requests, [])
    })
  )

  it.effect("is not issued while authentication is unavailable or too slow: 503", () =>
    Effect.gen(function* () {
      const down = new Authenticator.AuthenticatorUnavailableError({ problem: "http://jwks.internal is down" })
      const ask = yield* app({ authenticator: Authenticator.layer(() => Effect.fail(down)) })
      const refused = yield* problem(yield* ask(asks()), 503)
      assert.strictEqual(refused.reason, "UnavailableError")
      assert.notInclude(JSON.stringify(refused), "internal")
      const waiting = yield* app({ authenticator: Authenticator.layer(() => Effect.never) })
      const fiber = yield* Effect.forkChild(waiting(asks()))
      yield* TestClock.adjust("10 seconds")
      yield* problem(yield* Fiber.join(fiber), 503)
    })
  )

  it.effect("is not issued while authentication is unavailable: one log line a minute says so", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.layer([
        Logger.make(({ logLevel, message }) => void lines.push(`${logLevel} ${String(message)}`))
      ])
      yield* Effect.gen(function* () {
        const problems = [`sessions are down\nError: forged ${"x".repeat(999)}`]
        const ask = yield* app({
          authenticator: Authenticator.layer(() => {
            const next = problems.shift()
            return next === undefined
              ? Effect.never
              : Effect.fail(new Authenticator.AuthenticatorUnavailableError({ problem: next }))
          })
        })
        yield* problem(yield* ask(asks()), 503)
        assert.lengthOf(lines, 1)
        assert.match(
          lines[0] ?? "",
          /^Warn Authenticator: authentication is unavailable, .*"sessions are down\\nError: forged x{200,300}"$/
        )
        const late = Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(ask(asks()), { startImmediately: true })
          yield* TestClock.adjust("10 seconds")
          yield* problem(yield* Fiber.join(fiber), 503)
        })
        yield* Effect.repeat(late, { times: 4 })
        assert.lengthOf(lines, 1)
        yield* late
        assert.match(lines[1] ?? "", /"no answer within 10s"$/)
        assert.lengthOf(lines, 2)
      }).pipe(Effect.provide(logger))
    })
  )

  it.effect("is not issued if the app's authenticator returns an invalid subject; a warning is logged", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.layer([
        Logger.make(({ logLevel, message }) => void lines.push(`${logLevel} ${String(message)}`))
      ])
      const { layer, state } = vendor()
      const identities: ReadonlyArray<unknown> = [
        ...[undefined, null, "", 7, {}, "x".repeat(257), "ana\ud800"].map((subject) => ({ subject, claims: {} })),
        undefined,
        "ana"
      ]
      yield* Effect.gen(function* () {
        for (const identity of identities) {
          const named = Authenticator.layer(() => Effect.succeed(identity as Authenticator.Identity))
          const ask = yield* app({ vendor: layer, authenticator: named })
          const { detail } = yield* problem(yield* ask(asks()), 401)
          assert.match(detail, /^the caller's subject and account must be text of 1 to 256 characters/)
        }
      }).pipe(Effect.provide(logger))
      assert.deepStrictEqual(state.requests, [])
      assert.lengthOf(lines, identities.length)
      for (const line of lines) assert.match(line, /^Warn Authenticator: it returned an invalid subject/)
    })
  )

  it.effect("is issued to a caller without claims; the policy gets an empty object", () =>
    Effect.gen(function* () {
      for (const claims of [undefined, null, "pro", 7]) {
        const untyped = { subject: "ana", claims } as unknown as Authenticator.Identity
        const ask = yield* app({
          authenticator: Authenticator.layer(() => Effect.succeed(untyped)),
          policy: {
            terms: ({ claims }) => Effect.succeed({ maxTtl: claims["plan"] === "pro" ? "1 hour" : "1 minute" })
          }
        })
        assert.strictEqual((yield* ask(asks({ purpose: "agent" }))).status, 201)
      }
    })
  )

  it.effect("is issued to a caller that the app identifies by headers", () =>
    Effect.gen(function* () {
      const { layer, state } = vendor()
      const ask = yield* app({
        vendor: layer,
        authenticator: Authenticator.layer(({ headers, token }) =>
          token === undefined
            ? Effect.succeed({ subject: headers["cookie"] ?? "nobody", claims: {} })
            : Effect.die("there is a token")
        )
      })
      assert.strictEqual((yield* ask(asks(undefined, { authorization: "", cookie: "session=7" }))).status, 201)
      assert.strictEqual(state.requests[0]?.subject, "session=7")
    })
  )

  it.effect("is within the policy of each identity", () =>
    Effect.gen(function* () {
      const { layer, state } = vendor()
      const ask = yield* app({
        vendor: layer,
        policy: {
          terms: ({ subject }) =>
            subject === "ana"
              ? Effect.succeed({ maxTtl: "30 seconds", singleUse: "required" })
              : Effect.fail(new ForbiddenError({ issues: [] }))
        }
      })
      const { issues, reason } = yield* problem(yield* ask(asks({ purpose: "agent", ttlSeconds: 31 })), 403)
      assert.strictEqual(reason, "ForbiddenError")
      assert.deepStrictEqual(issues, [{ field: "ttlSeconds", message: "must be at most 30" }])
      yield* problem(yield* ask(asks({ purpose: "agent" }, { authorization: "Bearer user-bob" })), 403)
      assert.deepStrictEqual(state.requests, [])
      assert.strictEqual((yield* ask(asks({ purpose: "agent", singleUse: false }))).status, 201)
      assert.strictEqual(state.requests[0]?.singleUse, true)
    })
  )

  it.effect("is not issued beyond the caller's limits", () =>
    Effect.gen(function* () {
      const { layer, state } = vendor()
      const ask = yield* app({ vendor: layer, limits: { perMinute: 2 } })
      const statuses = [yield* ask(asks()), yield* ask(asks())].map(({ status }) => status)
      assert.deepStrictEqual(statuses, [201, 201])
      const refused = yield* problem(yield* ask(asks()), 429)
      assert.strictEqual(refused.reason, "RateLimitError")
      assert.isAtLeast(refused.retryAfter ?? 0, 1)
      assert.strictEqual(state.requests.length, 2)
      assert.strictEqual((yield* ask(asks(undefined, { authorization: "Bearer user-bob" }))).status, 201)
    })
  )
})

describe("a request body", () => {
  const long = JSON.stringify({ purpose: "stt.realtime", region: "x".repeat(16_384) })
  const wrong: ReadonlyArray<readonly [name: string, status: number, request: () => Request, detail: RegExp]> = [
    ["that is not JSON", 400, () => asks("{"), /not JSON/],
    ["that is empty", 400, () => asks(""), /not JSON/],
    ["with another content type", 415, () => asks("{}", { "content-type": "text/plain" }), /must be JSON/],
    [
      "with a content type that only begins like JSON's",
      415,
      () => asks("{}", { "content-type": "application/jsonx" }),
      /must be JSON/
    ],
    ["with too large a Content-Length", 413, () => asks("{}", { "content-length": "16385" }), /at most 16384 bytes/],
    ["that is too large without a Content-Length", 413, () => asks(long), /at most 16384 bytes/],
    ["with an unknown field", 400, () => asks({ purpose: "agent", subject: "bob" }), /invalid/],
    ["that is not an object", 400, () => asks("[]"), /invalid/]
  ]
  it.effect.each(wrong)("%s is rejected", ([, status, request, detail]) =>
    Effect.gen(function* () {
      const { layer, state } = vendor()
      const ask = yield* app({ vendor: layer })
      const refused = yield* problem(yield* ask(request()), status)
      assert.strictEqual(refused.reason, "InvalidRequestError")
      assert.match(refused.detail, detail)
      assert.deepStrictEqual(state.requests, [])
    })
  )

  it.effect("with invalid fields is rejected with their names", () =>
    Effect.gen(function* () {
      const ask = yield* app()
      const { issues } = yield* problem(yield* ask(asks({ purpose: "agent", ttlSeconds: 0.5 })), 400)
      assert.deepStrictEqual(
        issues?.map(({ field }) => field),
        ["ttlSeconds"]
      )
    })
  )

  it.effect("can have a content type with a charset", () =>
    Effect.gen(function* () {
      const ask = yield* app()
      const response = yield* ask(asks(undefined, { "content-type": "Application/JSON; charset=utf-8" }))
      assert.strictEqual(response.status, 201)
    })
  )

  it.effect("of exactly 16 KiB is accepted, and a larger one gets 413", () =>
    Effect.gen(function* () {
      const ask = yield* app()
      const body = '{"purpose":"stt.realtime"}'
      assert.strictEqual((yield* ask(asks(body.padEnd(16_384)))).status, 201)
      yield* problem(yield* ask(asks(body.padEnd(16_385))), 413)
    })
  )

  it.effect("that does not end gets 408 after bodyTimeout", () =>
    Effect.gen(function* () {
      const ask = yield* app({ bodyTimeout: "3 seconds" })
      const { readable } = new TransformStream<Uint8Array, Uint8Array>()
      const request = new Request(asks(), { body: readable, duplex: "half" } as RequestInit)
      const fiber = yield* Effect.forkChild(ask(request), { startImmediately: true })
      yield* TestClock.adjust("2900 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("100 millis")
      const response = yield* Fiber.join(fiber)
      assert.strictEqual(response.headers.get("connection"), "close")
      assert.match((yield* problem(response, 408)).detail, /within 3s/)
    })
  )
})

describe("request bodies that do not arrive", () => {
  const slow = (user = "ana") => {
    const { readable } = new TransformStream<Uint8Array, Uint8Array>()
    const request = asks(undefined, { authorization: `Bearer user-${user}` })
    return new Request(request, { body: readable, duplex: "half" } as RequestInit)
  }
  const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

  it.effect("use up the concurrent limit of their own caller, and others are served", () =>
    Effect.gen(function* () {
      const ask = yield* app({ maxInFlight: 10, limits: { concurrent: 3 } })
      const asked = yield* Effect.forEach(Array.from({ length: 20 }), () =>
        Effect.forkChild(ask(slow()), { startImmediately: true })
      )
      yield* turn
      const answered = asked.filter((fiber) => fiber.pollUnsafe() !== undefined)
      assert.lengthOf(answered, 17)
      for (const fiber of answered) yield* problem(yield* Fiber.join(fiber), 429)
      assert.strictEqual((yield* ask(asks(undefined, { authorization: "Bearer user-bob" }))).status, 201)
      yield* problem(yield* ask(asks()), 429)
      yield* TestClock.adjust("5 seconds")
      for (const fiber of asked.filter((one) => !answered.includes(one))) yield* problem(yield* Fiber.join(fiber), 408)
      assert.strictEqual((yield* ask(asks())).status, 201)
    })
  )

  it.effect("count toward the limit per minute, like every request of a caller", () =>
    Effect.gen(function* () {
      const ask = yield* app({ limits: { perMinute: 3 } })
      const fiber = yield* Effect.forkChild(ask(slow()), { startImmediately: true })
      yield* problem(yield* ask(asks("{")), 400)
      yield* problem(yield* ask(asks("", { "content-type": "text/plain" })), 415)
      yield* problem(yield* ask(asks("not even read")), 429)
      yield* Fiber.interrupt(fiber)
    })
  )
})

describe("the response to a vendor's error does not contain the vendor's message", () => {
  const common = { status: 418, code: "acme_code", requestId: "request-7", detail: vendorMessage } as const
  const reasons: ReadonlyArray<readonly [reason: Errors.Reason, status: number]> = [
    [new Errors.AuthenticationError(common), 502],
    [new Errors.PermissionError(common), 502],
    [new Errors.QuotaError(common), 503],
    [new Errors.RateLimitError({ ...common, retryAfter: Duration.millis(1500) }), 503],
    [new Errors.UnavailableError(common), 503],
    [new Errors.TransportError({ ...common, timedOut: true }), 504],
    [new Errors.TransportError({ ...common, timedOut: false }), 502],
    [new Errors.InvalidResponseError(common), 502],
    [new Errors.InvalidRequestError({ ...common, issues: [] }), 502],
    [new Errors.UnsupportedError({ feature: "region", detail: vendorMessage }), 422]
  ]
  it.effect.each(reasons)("%s", ([reason, status]) =>
    Effect.gen(function* () {
      const { layer, state } = vendor()
      const ask = yield* app({ vendor: layer })
      state.next.push(failing(reason))
      const told = yield* problem(yield* ask(asks()), status)
      assert.strictEqual(told.reason, reason._tag)
      assert.strictEqual(told.provider, "acme")
      if (reason._tag !== "UnsupportedError") assert.strictEqual(told.requestId, "request-7")
      const printed = JSON.stringify(told)
      for (const secret of [vendorKey, "not welcome", "acme_code"]) assert.notInclude(printed, secret)
    })
  )
})

describe("a defect", () => {
  it.effect("gets 500, and is logged with its stack, without its message", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.layer([Logger.make(({ message }) => void lines.push(String(message)))])
      const { layer, state } = vendor()
      yield* Effect.gen(function* () {
        const ask = yield* app({ vendor: layer })
        state.next.push(Effect.die(new TypeError(`undefined is no ${vendorKey}`)), Effect.die(vendorMessage))
        const responses = [yield* ask(asks()), yield* ask(asks())]
        for (const response of responses) assert.notInclude(JSON.stringify(yield* problem(response, 500)), vendorKey)
        assert.strictEqual((yield* ask(asks())).status, 201)
      }).pipe(Effect.provide(logger))
      assert.match(lines.join("\n"), /TypeError\n.*TokenServer\.test\.ts/)
      assert.notInclude(lines.join("\n"), vendorKey)
    })
  )

  it.effect("of the app's authenticator gets 500 too", () =>
    Effect.gen(function* () {
      const ask = yield* app({ authenticator: Authenticator.layer(() => Effect.die(vendorMessage)) })
      assert.notInclude(JSON.stringify(yield* problem(yield* ask(asks()), 500)), vendorKey)
    }).pipe(Effect.provide(Logger.layer([])))
  )
})

describe("concurrent requests", () => {
  it.effect("are served up to maxInFlight, and the next one gets 503 at once", () =>
    Effect.gen(function* () {
      const { layer, state } = vendor()
      const ask = yield* app({ vendor: layer, maxInFlight: 2 })
      state.next.push(Effect.sleep("1 second"), Effect.sleep("1 second"))
      const served = yield* Effect.forkChild(Effect.all([ask(asks()), ask(asks())], { concurrency: 2 }), {
        startImmediately: true
      })
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      const refused = yield* problem(yield* ask(asks("not even read")), 503)
      assert.strictEqual(refused.reason, "UnavailableError")
      assert.strictEqual(refused.retryAfter, 1)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(
        (yield* Fiber.join(served)).map(({ status }) => status),
        [201, 201]
      )
      assert.strictEqual((yield* ask(asks())).status, 201)
    })
  )

  it.effect("free their slot after an interruption, a defect or an error", () =>
    Effect.gen(function* () {
      const { layer, state } = vendor()
      const ask = yield* app({ vendor: layer, authenticator, maxInFlight: 1 })
      state.next.push(Effect.never)
      const fiber = yield* Effect.forkChild(ask(asks()), { startImmediately: true })
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      yield* problem(yield* ask(asks()), 503)
      yield* Fiber.interrupt(fiber)
      state.next.push(Effect.die("no"))
      yield* problem(yield* ask(asks()), 500)
      yield* problem(yield* ask(asks("{")), 400)
      assert.strictEqual((yield* ask(asks())).status, 201)
    }).pipe(Effect.provide(Logger.layer([])))
  )
})
