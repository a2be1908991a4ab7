import * as Errors from "@tempcred/core/TempCredentialError"
import { fingerprint } from "@tempcred/core/Fingerprint"
import * as AccessLog from "@tempcred/server/AccessLog"
import * as Authenticator from "@tempcred/server/Authenticator"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { createHmac } from "node:crypto"
import { app, asks, failing, get, until, vendor, vendorMessage } from "./server.ts"

const logged = () => {
  const entries: Array<AccessLog.Entry> = []
  // Entries are written after the response.
  const written = (count: number) => until(() => entries.length === count)
  return { entries, written, log: (entry: AccessLog.Entry) => Effect.sync(() => void entries.push(entry)) }
}

const named = (secret: string) => fingerprint(Redacted.make(secret))

describe("an entry of the access log", () => {
  it.effect("contains the fingerprints of the subject and the credential", () =>
    Effect.gen(function* () {
      const { entries, log, written } = logged()
      const ask = yield* app({ log })
      yield* TestClock.setTime(Date.UTC(2026, 10, 21))
      yield* ask(asks({ purpose: "agent" }))
      yield* written(1)
      assert.deepStrictEqual(entries, [
        {
          time: "2026-11-21T00:00:00.000Z",
          method: "POST",
          path: "/v1/credentials",
          status: 201,
          milliseconds: 0,
          subject: yield* named("ana"),
          purpose: "agent",
          provider: "acme",
          credential: yield* named("acme-short-lived-token-1")
        }
      ])
    })
  )

  it.effect("contains the fingerprint of the hashed subject that the vendor gets", () =>
    Effect.gen(function* () {
      const { entries, log, written } = logged()
      const { layer, state } = vendor()
      const hashedWith = Redacted.make(Buffer.alloc(32, 7).toString("base64"))
      const ask = yield* app({ log, vendor: layer, policy: { subject: { hashedWith } } })
      yield* ask(asks())
      yield* written(1)
      assert.strictEqual(entries[0]?.subject, yield* named(state.requests[0]?.subject ?? ""))
      assert.notStrictEqual(entries[0]?.subject, yield* named("ana"))
    })
  )

  it.effect("contains the reason of a failure, without the vendor's message", () =>
    Effect.gen(function* () {
      const { entries, log, written } = logged()
      const { layer, state } = vendor()
      const ask = yield* app({ log, vendor: layer, limits: { perMinute: 2 } })
      state.next.push(failing(new Errors.AuthenticationError({ requestId: "request-7", detail: vendorMessage })))
      yield* ask(asks())
      yield* ask(asks("{"))
      yield* ask(asks())
      yield* ask(asks({}, { authorization: "Bearer stolen" }))
      yield* ask(get("/v1/credentials?token=stolen"))
      yield* ask(get("/healthz"))
      yield* written(6)
      const told = entries
        .map(({ path, reason, requestId, status, subject }) => [status, path, reason, requestId, subject])
        .toSorted(([one = 0], [other = 0]) => Number(one) - Number(other))
      const ana = yield* named("ana")
      const path = "/v1/credentials"
      assert.deepStrictEqual(told, [
        [200, "/healthz", undefined, undefined, undefined],
        [400, path, "InvalidRequestError", undefined, ana],
        [401, path, "UnauthenticatedError", undefined, undefined],
        [405, path, "InvalidRequestError", undefined, undefined],
        [429, path, "RateLimitError", undefined, ana],
        [502, path, "AuthenticationError", "request-7", ana]
      ])
      for (const secret of ["stolen", "welcome", '"ana"']) assert.notInclude(JSON.stringify(entries), secret)
    })
  )

  it.effect(
    "contains the fingerprint of the hashed subject for a refused request too, and evaluates the policy once",
    () =>
      Effect.gen(function* () {
        const { entries, log, written } = logged()
        const { layer, state } = vendor()
        const key = Buffer.alloc(32, 7)
        let asked = 0
        const ask = yield* app({
          log,
          vendor: layer,
          limits: { perMinute: 3 },
          policy: {
            subject: { hashedWith: Redacted.make(key.toString("base64")) },
            terms: () => Effect.sync(() => ((asked += 1), { purposes: ["agent"] as const }))
          }
        })
        state.next.push(failing(new Errors.QuotaError({})))
        yield* ask(asks())
        yield* ask(asks({ purpose: "agent" }))
        yield* ask(asks("{"))
        yield* ask(asks())
        yield* written(4)
        const ana = yield* named(createHmac("sha256", key).update("ana").digest("base64url"))
        const told = entries.map(({ purpose, reason, status, subject }) => [status, reason, purpose, subject])
        assert.sameDeepMembers(told, [
          [403, "ForbiddenError", "stt.realtime", ana],
          [503, "QuotaError", "agent", ana],
          [400, "InvalidRequestError", undefined, ana],
          [429, "RateLimitError", undefined, ana]
        ])
        assert.strictEqual(asked, 2)
      })
  )

  it.effect("has different reasons for an unavailable authenticator and an unavailable vendor", () =>
    Effect.gen(function* () {
      const { entries, log, written } = logged()
      const { layer, state } = vendor()
      const down = new Authenticator.AuthenticatorUnavailableError({ problem: "sessions are down" })
      const answers = [Effect.fail(down), Effect.never, Effect.succeed({ subject: "ana", claims: {} })]
      const away = Authenticator.layer(() => answers.shift() ?? Effect.die("asked again"))
      const ask = yield* app({ log, vendor: layer, authenticator: away })
      state.next.push(failing(new Errors.UnavailableError({})))
      yield* ask(asks())
      const late = yield* Effect.forkChild(ask(asks()), { startImmediately: true })
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(late)
      yield* ask(asks())
      yield* written(3)
      const reason = "AuthenticatorUnavailableError"
      assert.sameDeepMembers(
        entries.map((entry) => [entry.status, entry.reason]),
        [
          [503, reason],
          [503, reason],
          [503, "UnavailableError"]
        ]
      )
      assert.notInclude(JSON.stringify(entries), "sessions")
    }).pipe(Effect.provide(Logger.layer([])))
  )

  it.effect("has the duration, and status 499 if the client disconnected", () =>
    Effect.gen(function* () {
      const { entries, log, written } = logged()
      const { layer, state } = vendor()
      const ask = yield* app({ log, vendor: layer })
      state.next.push(Effect.sleep("70 millis"), Effect.never)
      const fiber = yield* Effect.forkChild(ask(asks()), { startImmediately: true })
      yield* until(() => state.requests.length === 1)
      yield* TestClock.adjust("70 millis")
      yield* Fiber.join(fiber)
      const gone = yield* Effect.forkChild(ask(asks()), { startImmediately: true })
      yield* until(() => state.requests.length === 2)
      yield* Fiber.interrupt(gone)
      yield* written(2)
      assert.sameDeepMembers(
        entries.map(({ milliseconds, status }) => [status, milliseconds]),
        [
          [201, 70],
          [499, 0]
        ]
      )
    })
  )

  it.effect("is one line of JSON", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const ask = yield* app({ log: AccessLog.json((line) => lines.push(line)) })
      yield* ask(asks())
      yield* until(() => lines.length > 0)
      const [line = ""] = lines
      assert.strictEqual(lines.length, 1)
      assert.notInclude(line, "\n")
      assert.strictEqual(JSON.parse(line).status, 201)
    })
  )
})

describe("an access log", () => {
  /** Serves one request, and closes the server. */
  const serving = (log: AccessLog.Write) =>
    Effect.scoped(
      Effect.gen(function* () {
        const ask = yield* app({ log })
        return (yield* ask(asks())).status
      })
    )

  it.effect("that fails or dies does not affect the request", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* serving(() => Effect.fail("full")), 201)
      assert.strictEqual(yield* serving(() => Effect.die("no disk")), 201)
    })
  )

  it.effect("is complete when the server has closed", () =>
    Effect.gen(function* () {
      const { entries, log } = logged()
      let begun = false
      const fiber = yield* Effect.forkChild(
        serving((entry) =>
          Effect.suspend(() => {
            begun = true
            return Effect.delay(log(entry), "1 second")
          })
        )
      )
      yield* until(() => begun)
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(fiber), 201)
      assert.strictEqual(entries.length, 1)
    })
  )

  it.effect("that hangs delays the close by at most 5 seconds", () =>
    Effect.gen(function* () {
      let begun = false
      const never = Effect.suspend(() => {
        begun = true
        return Effect.never
      })
      const fiber = yield* Effect.forkChild(serving(() => never))
      yield* until(() => begun)
      yield* TestClock.adjust("4900 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("100 millis")
      assert.strictEqual(yield* Fiber.join(fiber), 201)
    })
  )
})
