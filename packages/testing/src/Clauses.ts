/**
 * The clauses of the contract, in the order of a mint's life: configuration, request, call, answer, refusal, bad days, secrets.
 *
 * @since 0.1.0
 */
import { assert } from "@effect/vitest"
import type { Capability } from "@tempcred/core/Capabilities"
import { ConfigurationError } from "@tempcred/core/ConfigurationError"
import * as Connection from "@tempcred/core/Connection"
import * as Purpose from "@tempcred/core/Purpose"
import type { TempCredential } from "@tempcred/core/TempCredential"
import { type Reason, TempCredentialError } from "@tempcred/core/TempCredentialError"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Formatter from "effect/Formatter"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import type { Changes, Clause, Subject, Trial } from "./Contract.ts"

type Minting = ReturnType<Trial["mint"]>

const reason = (minting: Minting): Effect.Effect<Reason, unknown> =>
  Effect.flatMap(Effect.flip(minting), (error) => {
    assert.instanceOf(error, TempCredentialError)
    return Effect.succeed(error.reason)
  })

const capability = ({ adapter, request }: Subject): Capability => {
  const found = adapter.capabilities[request.purpose]
  assert.isDefined(found, "the subject's request has a purpose that the adapter lacks")
  return found
}

/** The fault brings this reason, after that many calls under the standard number of tries. */
const fails = (name: string, fault: NonNullable<Changes["fault"]>, tags: ReadonlyArray<Reason["_tag"]>): Clause => ({
  name,
  check: Effect.fnUntraced(function* (_, trial) {
    const { mint, requests } = trial({ fault, policy: { attempts: 3, attemptTimeout: Duration.millis(60) } })
    const found = yield* reason(mint())
    assert.include(tags, found._tag)
    const retried = ["RateLimitError", "UnavailableError", "TransportError"].includes(found._tag)
    assert.strictEqual(found.isRetryable, retried)
    assert.strictEqual(requests.length, retried ? 3 : 1)
  })
})

const printed = (value: unknown): string =>
  [String(value), Formatter.formatJson(value), Formatter.format(value), value instanceof Error ? value.stack : ""].join("\n")

const lifetime = (credential: TempCredential): number =>
  Duration.toSeconds(DateTime.distance(credential.issuedAt, credential.expiresAt))

const variables = (trial: Trial, pattern: RegExp): ReadonlyArray<string> =>
  Object.keys(trial.emulator.env(trial.origin)).filter((name) => pattern.test(name))

const misconfigured = Effect.fnUntraced(function* (minting: Minting, name: string, secret: string) {
  const error = yield* Effect.flip(minting)
  assert.instanceOf(error, ConfigurationError)
  assert.include(error.message, name)
  assert.notInclude(printed(error), secret)
})

/**
 * All clauses.
 *
 * @category constants
 * @since 0.1.0
 */
export const clauses: ReadonlyArray<Clause> = [
  {
    name: "a missing or malformed key fails by its variable's name, before any request",
    check: Effect.fnUntraced(function* (_, trial) {
      const names = variables(trial(), /_API_KEY$/)
      assert.isAbove(names.length, 0)
      for (const name of names) {
        for (const value of [undefined, "first\nsecret"]) {
          const { mint, requests } = trial({ env: { [name]: value } })
          yield* misconfigured(mint(), name, "secret")
          assert.strictEqual(requests.length, 0)
        }
      }
    })
  },
  {
    name: "a URL that is not encrypted is refused by its variable's name, except on loopback",
    check: Effect.fnUntraced(function* (_, trial) {
      for (const name of variables(trial(), /URL$/)) {
        for (const scheme of ["http", "ws"]) {
          yield* misconfigured(trial({ env: { [name]: `${scheme}://vendor.example/` } }).mint(), name, "vendor.example")
        }
      }
    })
  },
  {
    name: "the configured address is called, and no other",
    check: Effect.fnUntraced(function* (_, trial) {
      const { mint, origin, requests } = trial()
      yield* mint()
      for (const request of requests) assert.strictEqual(new URL(request.url).origin, origin)
    })
  },
  {
    name: "every purpose that it declares is served, and every other is refused without a call",
    check: Effect.fnUntraced(function* ({ adapter }, trial) {
      for (const purpose of Purpose.all) {
        const { mint, requests } = trial()
        if (adapter.capabilities[purpose] !== undefined) {
          const credential = yield* mint({ purpose, subject: "user-1" })
          assert.strictEqual(credential.purpose, purpose)
          assert.strictEqual(credential.provider, adapter.id)
        } else {
          assert.strictEqual((yield* reason(mint({ purpose })))._tag, "UnsupportedError")
          assert.strictEqual(requests.length, 0)
        }
      }
    })
  },
  {
    name: "a ttl outside the range is refused without a call and names the range",
    check: Effect.fnUntraced(function* (subject, trial) {
      const { max, min } = capability(subject).ttlSeconds
      for (const seconds of [min - 1, max + 1]) {
        const { mint, requests } = trial()
        const refused = yield* reason(mint({ ttl: Duration.seconds(seconds) }))
        assert.include(["UnsupportedError", "InvalidRequestError"], refused._tag)
        assert.include(refused.message, `${min} to ${max}`)
        assert.strictEqual(requests.length, 0)
      }
    })
  },
  {
    name: "both ends of the ttl range are served, and the credential lives as long as was asked",
    check: Effect.fnUntraced(function* (subject, trial) {
      const { max, min } = capability(subject).ttlSeconds
      for (const seconds of [min, max]) {
        const credential = yield* trial().mint({ ttl: Duration.seconds(seconds) })
        assert.closeTo(lifetime(credential), seconds, 1.5)
        assert.deepStrictEqual(credential.relaxed, [])
      }
    })
  },
  {
    name: "a ttl that is relaxed is listed and is the nearest one allowed",
    check: Effect.fnUntraced(function* (subject, trial) {
      const { max } = capability(subject).ttlSeconds
      const credential = yield* trial().mint({ ttl: Duration.seconds(max + 1), onUnsupported: "relax" })
      assert.deepStrictEqual(credential.relaxed, ["ttl"])
      assert.closeTo(lifetime(credential), max, 1.5)
    })
  },
  {
    name: "single use is enforced, or refused without a call, or relaxed and listed",
    check: Effect.fnUntraced(function* (subject, trial) {
      if (capability(subject).singleUse) {
        assert.strictEqual((yield* trial().mint({ singleUse: true })).uses, "once")
        return
      }
      const { mint, requests } = trial()
      assert.strictEqual((yield* reason(mint({ singleUse: true })))._tag, "UnsupportedError")
      assert.strictEqual(requests.length, 0)
      const relaxed = yield* mint({ singleUse: true, onUnsupported: "relax" })
      assert.deepStrictEqual([relaxed.uses, relaxed.relaxed], ["many", ["singleUse"]])
    })
  },
  {
    name: "a session limit is enforced, or refused without a call",
    check: Effect.fnUntraced(function* (subject, trial) {
      const { mint, requests } = trial()
      const maxSession = "90 seconds"
      if (capability(subject).maxSessionSeconds !== undefined) {
        assert.deepStrictEqual((yield* mint({ maxSession })).maxSession, Duration.seconds(90))
        return
      }
      assert.strictEqual((yield* reason(mint({ maxSession })))._tag, "UnsupportedError")
      assert.strictEqual(requests.length, 0)
    })
  },
  {
    name: "one mint is one call, with the key in a header and no trace headers",
    check: Effect.fnUntraced(function* (_, trial) {
      const { emulator, mint, requests } = trial()
      yield* Effect.withSpan(mint(), "outer")
      assert.strictEqual(requests.length, 1)
      const [entry] = emulator.log
      assert.notInclude(`${entry?.url}${entry?.body}`, emulator.apiKey)
      assert.include(JSON.stringify(entry?.headers), emulator.apiKey)
      for (const name of ["traceparent", "b3", "x-b3-traceid", "baggage"]) assert.isUndefined(entry?.headers[name])
    })
  },
  {
    name: "it says how to connect, with a placeholder for the token",
    check: Effect.fnUntraced(function* ({ adapter }, trial) {
      for (const purpose of Purpose.all.filter((one) => adapter.capabilities[one] !== undefined)) {
        const { connections, token } = yield* trial().mint({ purpose, subject: "user-1" })
        assert.isAbove(connections.length, 0)
        assert.notInclude(JSON.stringify(connections), Redacted.value(token))
        for (const connection of connections) {
          const filled = JSON.stringify(Connection.fill(connection, token))
          assert.include(filled, Redacted.value(token))
          assert.match(connection.url, connection.kind === "websocket" ? /^wss?:/ : /^https?:/)
        }
        assert.isTrue(connections.some((one) => one.where !== "server"))
      }
    })
  },
  {
    name: "a vendor's clock that is ten minutes off moves no expiry",
    check: Effect.fnUntraced(function* (_, trial) {
      for (const offset of [600_000, -600_000]) {
        const clock = { now: () => Date.now() + offset, after: (_: number, run: () => void) => (run(), () => {}) }
        const credential = yield* trial({ emulator: { clock } }).mint({ ttl: "5 minutes" })
        assert.closeTo(lifetime(credential), 300, 3)
      }
    })
  },
  {
    name: "fields that it does not know are tolerated in an answer",
    check: Effect.fnUntraced(function* (_, trial) {
      const reply = async (response: Response) =>
        Response.json({ ...(await response.json()), unexpected: { deep: [1] } }, { status: response.status })
      yield* trial({ reply }).mint()
    })
  },
  {
    name: "an answer without the token is refused, and not asked for again",
    check: Effect.fnUntraced(function* (_, trial) {
      const reply = async (response: Response) => Response.json({}, { status: response.status })
      const { mint, requests } = trial({ reply, policy: { attempts: 3 } })
      const found = yield* reason(mint())
      assert.strictEqual(found._tag, "InvalidResponseError")
      assert.isFalse(found.isRetryable)
      assert.strictEqual(requests.length, 1)
    })
  },
  {
    name: "a refused key is an AuthenticationError with the vendor's own words, after one call",
    check: Effect.fnUntraced(function* (_, trial) {
      const [name = ""] = variables(trial(), /_API_KEY$/)
      const { mint, requests } = trial({ env: { [name]: "wrong-key" }, policy: { attempts: 3 } })
      const found = yield* reason(mint())
      assert.strictEqual(found._tag, "AuthenticationError")
      assert.include([401, 403], found.status)
      assert.isAbove(found.detail?.length ?? 0, 0)
      assert.strictEqual(requests.length, 1)
    })
  },
  {
    name: "a Retry-After of a 429 is kept, in seconds and as a date",
    check: Effect.fnUntraced(function* (_, trial) {
      for (const retryAfter of ["seconds", "date"] as const) {
        const { mint } = trial({ emulator: { mintsPerMinute: 1, retryAfter } })
        yield* mint()
        const found = yield* reason(mint())
        assert.strictEqual(found._tag, "RateLimitError")
        assert.closeTo(Duration.toSeconds(found.retryAfter ?? Duration.zero), 60, 2)
      }
    })
  },
  fails("400 is an InvalidRequestError", { status: 400 }, ["InvalidRequestError"]),
  fails("422 is an InvalidRequestError", { status: 422 }, ["InvalidRequestError"]),
  fails("401 is an AuthenticationError", { status: 401 }, ["AuthenticationError"]),
  fails("402 is a QuotaError", { status: 402 }, ["QuotaError"]),
  fails("403 is about the key", { status: 403 }, ["PermissionError", "AuthenticationError"]),
  fails("429 is a RateLimitError and is retried", { status: 429 }, ["RateLimitError"]),
  fails("500 is an UnavailableError and is retried", { status: 500 }, ["UnavailableError"]),
  fails("503 is an UnavailableError and is retried", { status: 503, body: "<html>" }, ["UnavailableError"]),
  fails("a reset is a TransportError and is retried", { reset: true }, ["TransportError"]),
  fails("an answer cut off in the body is a TransportError and is retried", { cut: 5 }, ["TransportError"]),
  fails("a vendor that hangs is a TransportError and is retried", { hang: true }, ["TransportError"]),
  fails("a body that drips past the time-out is a TransportError", { drip: 10 }, ["TransportError"]),
  fails("a 200 that is no JSON is an InvalidResponseError", { garbage: true }, ["InvalidResponseError"]),
  fails("a 200 web page is an InvalidResponseError", { html: true }, ["InvalidResponseError"]),
  fails("an answer over 64 KiB is an InvalidResponseError", { fill: 70_000 }, ["InvalidResponseError"]),
  fails("a redirect is an InvalidResponseError", { redirect: "http://127.0.0.1:9/else" }, ["InvalidResponseError"]),
  {
    name: "interruption aborts the request",
    check: Effect.fnUntraced(function* (_, trial) {
      const { mint, requests } = trial({ fault: { hang: true }, policy: { attemptTimeout: Duration.minutes(1) } })
      const fiber = yield* Effect.forkChild(mint(), { startImmediately: true })
      while (requests.length === 0) yield* Effect.sleep("1 millis")
      yield* Fiber.interrupt(fiber)
      assert.isTrue(requests[0]?.signal.aborted)
    }, Effect.timeout("2 seconds"))
  },
  {
    name: "neither key nor token shows in a credential, an error or a span, even where the vendor echoes the key",
    check: Effect.fnUntraced(function* (_, trial) {
      const spans: Array<Tracer.NativeSpan> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      const good = trial()
      const credential = yield* Effect.provideService(good.mint(), Tracer.Tracer, tracer)
      const { apiKey } = good.emulator
      const body = {
        message: `bad ${apiKey}`,
        error: `bad ${apiKey}`,
        error_type: apiKey,
        request_id: apiKey,
        code: apiKey
      }
      const bad = trial({ fault: { status: 400, body, headers: { "x-request-id": apiKey } } })
      const error = yield* Effect.flip(Effect.provideService(bad.mint(), Tracer.Tracer, tracer))
      const text = [credential, error, ...spans.flatMap((span) => [[...span.attributes], span.status])]
        .map(printed)
        .join()
      assert.notInclude(text, apiKey)
      assert.notInclude(text, Redacted.value(credential.token))
      assert.isAbove(spans.length, 1)
    })
  }
]
