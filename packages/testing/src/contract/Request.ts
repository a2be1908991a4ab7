/** The clauses on requests: each part of a request reaches the vendor, or the request fails without a call. */
import { assert } from "@effect/vitest"
import { SessionLock } from "@tempcred/core/MintRequest"
import { Purpose } from "@tempcred/core/Purpose"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Clause } from "./Trial.ts"
import { capability, lifetime, refusedUnsent, served } from "./Checks.ts"

const subject = "user-1"

/** The clauses on requests. */
export const clauses: ReadonlyArray<Clause> = [
  {
    name: "every declared purpose is served, and every other one fails without a call",
    check: Effect.fnUntraced(function* ({ adapter, provider = adapter.id }, trial) {
      for (const purpose of Purpose.literals) {
        if (adapter.capabilities[purpose] === undefined) {
          yield* refusedUnsent(trial(), { purpose, subject }, "UnsupportedError")
        } else {
          const credential = yield* trial().mint({ purpose, subject })
          assert.include(credential, { purpose, provider })
        }
      }
    })
  },
  {
    name: "a ttl outside the range, or with half a second, fails without a call and names the range",
    check: Effect.fnUntraced(function* (examined, trial) {
      const { max, min } = capability(examined).ttlSeconds
      for (const seconds of [min - 1, min + 0.5, max + 1]) {
        const ttl = Duration.seconds(seconds)
        const refused = yield* refusedUnsent(trial(), { ttl }, "UnsupportedError", "InvalidRequestError")
        assert.include(refused.message, `${min} to ${max}`)
      }
    })
  },
  {
    name: "both ends of the ttl range are served, and the credential has the requested lifetime",
    check: Effect.fnUntraced(function* (examined, trial) {
      const { max, min } = capability(examined).ttlSeconds
      const shortest = yield* served(trial(), { ttl: Duration.seconds(min) })
      const longest = yield* served(trial(), { ttl: Duration.seconds(max) })
      assert.closeTo(lifetime(shortest.credential), min, 1.5)
      assert.closeTo(lifetime(longest.credential), max, 1.5)
      assert.strictEqual(shortest.heard === longest.heard, min === max)
    })
  },
  {
    name: "a relaxed ttl becomes the nearest allowed one, and is listed",
    check: Effect.fnUntraced(function* (examined, trial) {
      const { max } = capability(examined).ttlSeconds
      const credential = yield* trial().mint({ ttl: Duration.seconds(max + 1), onUnsupported: "relax" })
      assert.deepStrictEqual(credential.relaxed, ["ttl"])
      assert.closeTo(lifetime(credential), max, 1.5)
    })
  },
  {
    name: "single use is requested, or always given, or fails without a call, or is relaxed and listed",
    check: Effect.fnUntraced(function* (examined, trial) {
      const relaxed = yield* served(trial(), { singleUse: true, onUnsupported: "relax" })
      const { singleUse } = capability(examined)
      if (singleUse === "always") {
        assert.deepInclude(relaxed.credential, { uses: "once", relaxed: [] })
        assert.strictEqual((yield* trial().mint({ singleUse: false })).uses, "once")
      } else if (singleUse) {
        assert.notStrictEqual(relaxed.heard, (yield* served(trial())).heard)
        assert.deepInclude(relaxed.credential, { uses: "once", relaxed: [] })
      } else {
        yield* refusedUnsent(trial(), { singleUse: true }, "UnsupportedError")
        assert.deepInclude(relaxed.credential, { uses: "many", relaxed: ["singleUse"] })
      }
    })
  },
  {
    name: "a session limit is requested, or fails without a call",
    check: Effect.fnUntraced(function* (examined, trial) {
      if (capability(examined).maxSessionSeconds === undefined) {
        yield* refusedUnsent(trial(), { maxSession: "90 seconds" }, "UnsupportedError")
      } else {
        const limited = yield* served(trial(), { maxSession: "90 seconds" })
        assert.notStrictEqual(limited.heard, (yield* served(trial())).heard)
        assert.deepStrictEqual(limited.credential.maxSession, Duration.seconds(90))
      }
    })
  },
  {
    name: "usableFor is requested and stated in the credential, or fails without a call",
    check: Effect.fnUntraced(function* (examined, trial) {
      const range = capability(examined).usableForSeconds
      if (range === undefined) {
        yield* refusedUnsent(trial(), { usableFor: "1 hour" }, "UnsupportedError")
      } else {
        const { credential, heard } = yield* served(trial(), { usableFor: Duration.seconds(range.max) })
        assert.notStrictEqual(heard, (yield* served(trial())).heard)
        assert.isDefined(credential.usableUntil)
        assert.closeTo(lifetime(credential, credential.usableUntil), range.max, 1.5)
        const least = Math.max(range.min, capability(examined).ttlSeconds.min)
        const brief = yield* trial().mint({ usableFor: Duration.seconds(least) })
        assert.closeTo(lifetime(brief, brief.usableUntil), least, 1.5)
        assert.isAtMost(lifetime(brief), lifetime(brief, brief.usableUntil) + 1.5)
      }
    })
  },
  {
    name: "a session configuration is sent with its lock, or fails without a call",
    check: Effect.fnUntraced(function* (examined, trial) {
      const { sessionLocks = [] } = capability(examined)
      const config = { model: "a-model-of-the-contract" }
      for (const lock of SessionLock.literals) {
        const session = { config, lock }
        if (sessionLocks.includes(lock)) {
          const { credential, heard } = yield* served(trial(), { session })
          assert.include(heard, config.model)
          assert.strictEqual(credential.sessionLock, lock)
        } else if (sessionLocks.length === 0) {
          yield* refusedUnsent(trial(), { session }, "UnsupportedError")
        }
      }
    })
  },
  {
    name: "a subject is sent unless it is ignored; one that is too long, or required and absent, fails",
    check: Effect.fnUntraced(function* ({ adapter }, trial) {
      for (const purpose of Purpose.literals) {
        const support = adapter.capabilities[purpose]?.subject ?? { effect: "ignored" }
        if (support.effect !== "ignored") assert.include((yield* served(trial(), { purpose, subject })).heard, subject)
        const tooLong = "x".repeat((support.maxLength ?? 0) + 1)
        if (support.maxLength) yield* refusedUnsent(trial(), { purpose, subject: tooLong }, "InvalidRequestError")
        if (support.requiredForClient) {
          yield* refusedUnsent(trial(), { purpose, subject: undefined }, "InvalidRequestError")
        }
      }
    })
  },
  {
    name: "an unknown region fails without a call",
    check: Effect.fnUntraced(function* (_, trial) {
      yield* refusedUnsent(trial(), { region: "atlantis" }, "UnsupportedError")
    })
  },
  {
    name: "one mint is one call",
    of: "calls",
    check: Effect.fnUntraced(function* (_, trial) {
      const { mint, requests } = trial()
      for (const calls of [1, 2]) {
        yield* mint()
        assert.strictEqual(requests.length, calls)
      }
    })
  },
  {
    name: "the key is sent in a header only, without trace headers",
    of: "calls",
    check: Effect.fnUntraced(function* (_, trial) {
      const { emulator, mint } = trial()
      yield* Effect.withSpan(mint(), "outer")
      for (const { body, headers, url } of emulator.log) {
        assert.include(Object.values(headers).join(), emulator.apiKey)
        assert.notInclude(`${url} ${body}`, emulator.apiKey)
        assert.doesNotHaveAnyKeys(headers, ["traceparent", "b3", "x-b3-traceid", "baggage"])
      }
    })
  }
]
