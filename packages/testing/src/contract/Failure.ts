/** The clauses on failures and secrets. */
import { assert } from "@effect/vitest"
import type { Reason } from "@tempcred/core/TempCredentialError"
import type { Fault } from "@tempcred/emulator/Faults"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Formatter from "effect/Formatter"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import type { Clause } from "./Trial.ts"
import { capability, failure, purposes, reason, saying, skippingWaits, unknownKey, withUnknownKey } from "./Checks.ts"

const retryable: ReadonlyArray<Reason["_tag"]> = ["RateLimitError", "UnavailableError", "TransportError"]

/** Makes a clause on a fault: it fails for one of these reasons, which is retried if it is retryable. */
const fails = (name: string, fault: Fault, ...tags: ReadonlyArray<Reason["_tag"]>): Clause => failing(name, fault, tags)

/** Makes a clause on a fault after which the vendor may have minted. */
const loses = (what: string, fault: Fault, tag: Reason["_tag"]): Clause =>
  failing(`${what} and is retried, unless the mint has side effects`, fault, [tag], true)

const failing = (
  name: string,
  fault: Fault,
  tags: ReadonlyArray<Reason["_tag"]>,
  mayHaveMinted: boolean = false
): Clause => ({
  name,
  of: "calls",
  check: Effect.fnUntraced(function* (examined, trial) {
    const slow = "hang" in fault || "drip" in fault
    const times = slow ? { attemptTimeout: Duration.millis(60) } : patience
    const { mint, requests } = trial({ fault, policy: { attempts: 3, ...times } })
    // A slow vendor takes real time. Waiting for the next attempt takes none.
    const found = yield* reason(slow ? mint() : skippingWaits(mint()))
    assert.include(tags, found._tag, found.message)
    if ("status" in fault) assert.strictEqual(found.status, fault.status)
    assert.strictEqual(found.isRetryable, retryable.includes(found._tag))
    const isRepeated = found.isRetryable && !(mayHaveMinted && capability(examined).mintingHasSideEffects)
    assert.strictEqual(requests.length, isRepeated ? 3 : 1)
  })
})

const patience = { attemptTimeout: Duration.days(1), deadline: Duration.days(1) }

/** Prints a value in every way that a log may. */
export const printed = (value: unknown): string =>
  [String(value), Formatter.formatJson(value), Formatter.format(value), value instanceof Error ? value.stack : ""].join(
    "\n"
  )

/** Collects the text of the spans of an effect. */
export const watch = () => {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  return {
    watched: Effect.provideService(Tracer.Tracer, tracer),
    seen: () => spans.map(({ attributes, events, name, status }) => printed([name, [...attributes], events, status]))
  }
}

/** The clauses on failures and secrets. */
export const clauses: ReadonlyArray<Clause> = [
  {
    name: "a refused key is an AuthenticationError with the vendor's message, after one call",
    of: "calls",
    check: Effect.fnUntraced(function* (examined, trial) {
      // Codes stay unchanged, because they may determine the reason.
      const reply = saying((text) => (/^([a-z\d_]+|[A-Z\d_]+)$/.test(text) ? text : `${text} (its own words)`))
      const { mint, requests } = trial({ ...withUnknownKey(examined), reply, policy: { attempts: 3 } })
      const found = yield* reason(mint())
      assert.strictEqual(found._tag, "AuthenticationError", found.message)
      assert.include(found.detail, "(its own words)")
      assert.strictEqual(requests.length, 1)
    })
  },
  {
    name: "a vendor's message is cut at 300 characters and cannot forge log lines",
    of: "calls",
    check: Effect.fnUntraced(function* (examined, trial) {
      const reply = saying((text) => `${text}\r\n\u001b[2J${"x".repeat(400)}`)
      const { message } = yield* reason(trial({ ...withUnknownKey(examined), reply }).mint())
      assert.notInclude(message, "x".repeat(300))
      assert.notMatch(message, /\p{Cc}/u)
    })
  },
  {
    name: "the vendor's request id is kept",
    of: "calls",
    check: Effect.fnUntraced(function* (_, trial) {
      const { mint } = trial({ fault: { status: 500, headers: { "x-request-id": "request-1" } } })
      assert.strictEqual((yield* reason(mint())).requestId, "request-1")
    })
  },
  {
    name: "a Retry-After of a 429 is kept, in seconds and as a date",
    of: "calls",
    check: Effect.fnUntraced(function* (_, trial) {
      for (const retryAfter of ["seconds", "date"] as const) {
        const { mint } = trial({ emulator: { mintsPerMinute: 1, retryAfter } })
        yield* mint()
        const found = yield* reason(mint())
        assert.strictEqual(found._tag, "RateLimitError", found.message)
        assert.closeTo(Duration.toSeconds(found.retryAfter ?? Duration.zero), 60, 2)
      }
    })
  },
  fails("400 is an InvalidRequestError", { status: 400 }, "InvalidRequestError"),
  fails("422 is an InvalidRequestError", { status: 422 }, "InvalidRequestError"),
  fails("401 is an AuthenticationError", { status: 401 }, "AuthenticationError"),
  fails("402 is a QuotaError", { status: 402 }, "QuotaError"),
  fails(
    "403 is a PermissionError or an AuthenticationError",
    { status: 403 },
    "PermissionError",
    "AuthenticationError"
  ),
  fails("429 is a RateLimitError and is retried", { status: 429 }, "RateLimitError"),
  loses("500 is an UnavailableError", { status: 500 }, "UnavailableError"),
  fails(
    "503 with a web page is an UnavailableError and is retried",
    { status: 503, body: "<html>" },
    "UnavailableError"
  ),
  loses("a connection reset is a TransportError", { reset: true }, "TransportError"),
  loses("an incomplete response is a TransportError", { cut: 5 }, "TransportError"),
  loses("a vendor that does not respond is a TransportError", { hang: true }, "TransportError"),
  loses("a response that is slower than the time-out is a TransportError", { drip: 5 }, "TransportError"),
  {
    name: "after a lost response, a mint is retried only for purposes without side effects",
    of: "calls",
    check: Effect.fnUntraced(function* ({ adapter }, trial) {
      for (const [purpose, { mintingHasSideEffects }] of purposes(adapter.capabilities)) {
        const reply = async () => Response.json({}, { status: 502 })
        const { mint, requests } = trial({ reply, policy: { attempts: 3 } })
        yield* failure(mint({ purpose, subject: "user-1" }))
        assert.strictEqual(requests.length, mintingHasSideEffects ? 1 : 3, purpose)
      }
    })
  },
  fails("a 200 that is not JSON is an InvalidResponseError", { garbage: true }, "InvalidResponseError"),
  fails("a 200 with a web page is an InvalidResponseError", { html: true }, "InvalidResponseError"),
  fails("a redirect is an InvalidResponseError", { redirect: "http://127.0.0.1:9/else" }, "InvalidResponseError"),
  {
    name: "interruption aborts the call",
    of: "calls",
    check: Effect.fnUntraced(function* (_, trial) {
      const { mint, requests } = trial({ fault: { hang: true } })
      const fiber = yield* Effect.forkChild(mint(), { startImmediately: true })
      const arrived = Effect.whileLoop({
        while: () => requests.length === 0,
        body: () => Effect.sleep("1 millis"),
        step: () => {}
      })
      yield* Effect.raceFirst(Fiber.join(fiber), arrived)
      yield* Fiber.interrupt(fiber)
      assert.isTrue(requests[0]?.signal.aborted)
    }, Effect.timeout("2 seconds"))
  },
  {
    name: "neither key nor token appears in a credential, an error or a span, even if the vendor echoes the key",
    of: "calls",
    check: Effect.fnUntraced(function* (examined, trial) {
      const { seen, watched } = watch()
      const { emulator, mint } = trial()
      const credential = yield* watched(mint())
      const reply = saying((text) => `${text} ${unknownKey}`)
      const error = yield* failure(watched(trial({ ...withUnknownKey(examined), reply }).mint()))
      const text = [printed(credential), printed(error), ...seen()].join("\n")
      assert.include(text, `${examined.adapter.id}.mint`)
      for (const secret of [emulator.apiKey, unknownKey, Redacted.value(credential.token)])
        assert.notInclude(text, secret)
    })
  }
]
