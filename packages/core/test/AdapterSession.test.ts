/** Restrictions of a credential beyond its ttl: forced single use, usableFor, and the session configuration. */
import type * as Adapter from "@tempcred/core/Adapter"
import { CredentialCache } from "@tempcred/core/CredentialCache"
import type { Capability } from "@tempcred/core/Capabilities"
import * as Failover from "@tempcred/core/Failover"
import type { MintRequest, SessionLock } from "@tempcred/core/MintRequest"
import { TempCredential } from "@tempcred/core/TempCredential"
import type { Feature } from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as Provider from "../src/adapter/Provider.ts"
import * as Acme from "./acme.ts"
import { holding } from "../src/temp-credential-provider/Holding.ts"

const capability: Capability = {
  ttlSeconds: { min: 1, max: 3600, default: 60 },
  singleUse: false,
  subject: { effect: "recorded", printable: true },
  regions: [],
  mintingHasSideEffects: false,
  needed: "connect"
}

const apiKey = Redacted.make(Acme.key)

/** A vendor with these capabilities, which responds with a token as text. `terms` overrides the requested terms. */
const layerOf = (can: Partial<Capability>, provider = "acme", terms?: Adapter.Terms) =>
  Layer.effect(
    TempCredentialProvider,
    Effect.orDie(
      Provider.make({
        provider,
        keys: { apiKey },
        issues: [],
        capabilities: { realtime: { ...capability, ...can } },
        call: ({ session, singleUse, subject, usableForSeconds }, { now }) => ({
          url: "https://api.acme.example/v1/token",
          key: apiKey,
          headers: { "x-user": subject, authorization: "from the adapter" },
          answer: "text",
          body: {
            session,
            singleUse,
            end: usableForSeconds && DateTime.formatIso(DateTime.add(now, { seconds: usableForSeconds }))
          }
        }),
        response: Schema.RedactedFromValue(Schema.NonEmptyString),
        credential: (token) => ({
          token,
          terms,
          expiry: { source: "request" },
          connections: [{ kind: "websocket", url: "wss://a", where: "server", placement: { in: "sdk", name: "token" } }]
        }),
        dialect: {
          failure: Schema.Struct({ code: Schema.String, text: Schema.String }),
          read: ({ code, text }) => ({ code, tag: text.startsWith("Wrong key") ? "AuthenticationError" : undefined }),
          codes: { QuotaError: ["paid_up"] }
        }
      })
    )
  )

const minting = (
  can: Partial<Capability>,
  request: Partial<MintRequest> = {},
  vendor = Acme.vendor({ status: 200, body: Acme.token })
) =>
  TempCredentialProvider.use((provider) => provider.mint({ purpose: "realtime", ...request })).pipe(
    Effect.map((credential) => ({ credential, sent: vendor.sent[0] })),
    Effect.provide(Layer.provide(layerOf(can), vendor.layer))
  )

const refused = (can: Partial<Capability>, request: Partial<MintRequest>) =>
  Effect.map(Effect.flip(minting(can, request)), (error) => error.reason)

describe("a vendor whose credentials are always single-use", () => {
  it.effect("every credential is requested and marked as single-use, whatever the request says", () =>
    Effect.gen(function* () {
      for (const singleUse of [undefined, false, true, "preferred"] as const) {
        const { credential, sent } = yield* minting({ singleUse: "always" }, { singleUse })
        assert.deepStrictEqual([credential.uses, credential.relaxed], ["once", []])
        assert.deepInclude(sent?.body, { singleUse: true })
      }
    })
  )

  const apart = (layers: ReturnType<typeof layerOf>) =>
    Effect.gen(function* () {
      const provider = yield* TempCredentialProvider
      const request = { purpose: "realtime", subject: "u1" } as const
      assert.notStrictEqual(yield* provider.mint(request), yield* provider.mint(request))
      assert.isUndefined(provider[holding]?.cached?.(request))
    }).pipe(
      Effect.provide(
        CredentialCache.layer().pipe(
          Layer.provide(layers),
          Layer.provide(Acme.vendor({ status: 200, body: Acme.token }).layer)
        )
      )
    )

  it.effect("a cache does not store its credentials", () => apart(layerOf({ singleUse: "always" })))

  it.effect("a cache above a failover does not store its credentials", () =>
    Effect.gen(function* () {
      const [always, never] = [layerOf({ singleUse: "always" }, "always"), layerOf({}, "never")]
      yield* apart(Layer.orDie(Failover.layer([always, never])))
      yield* apart(Layer.orDie(Failover.layer([never, always])))
    })
  )
})

describe("usableFor", () => {
  const can = { usableForSeconds: { min: 1, max: 72_000, default: 1800 } }

  it.effect("is sent as a time counted from now, and is in the credential and its JSON as usableUntil", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 hour")
      const { credential, sent } = yield* minting(can, { usableFor: "2 hours" })
      assert.deepInclude(sent?.body, { end: "1970-01-01T03:00:00.000Z" })
      assert.strictEqual(
        credential.usableUntil && DateTime.formatIso(credential.usableUntil),
        "1970-01-01T03:00:00.000Z"
      )
      const json = TempCredential.encode(credential)
      assert.strictEqual(json.usableUntil, "1970-01-01T03:00:00.000Z")
      assert.deepStrictEqual(yield* TempCredential.decode(JSON.parse(JSON.stringify(json))), credential)
    })
  )

  it.effect("is the vendor's default if the request has none, and never shorter than the ttl", () =>
    Effect.gen(function* () {
      const usual = yield* minting(can)
      assert.deepInclude(usual.sent?.body, { end: "1970-01-01T00:30:00.000Z" })
      const long = yield* minting(can, { ttl: "1 hour" })
      assert.deepInclude(long.sent?.body, { end: "1970-01-01T01:00:00.000Z" })
    })
  )

  it.effect("shortens a longer default ttl, and must be at least the shortest ttl", () =>
    Effect.gen(function* () {
      const { credential } = yield* minting(can, { usableFor: "30 seconds" })
      assert.deepStrictEqual(credential.expiresAt, credential.usableUntil)
      const longer = { ...can, ttlSeconds: { min: 60, max: 3600, default: 60 } }
      assert.match(
        (yield* refused(longer, { usableFor: "30 seconds" })).message,
        /no shorter than the shortest ttl, 60/
      )
    })
  )

  it.effect("is rejected if it is invalid or unsupported, and omitted if it is relaxed", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* refused({}, { usableFor: "1 hour" }), { feature: "usableFor" })
      assert.match((yield* refused(can, { usableFor: "21 hours" })).message, /75600 seconds; allowed: 1 to 72000/)
      assert.match(
        (yield* refused(can, { ttl: "10 minutes", usableFor: "9 minutes" })).message,
        /usableFor: must be no shorter than ttl/
      )
      assert.match(
        (yield* refused(can, { usableFor: "1500 millis" })).message,
        /usableFor: must be whole seconds, 1 to 72000/
      )
      const relaxed = yield* minting({}, { usableFor: "1 hour", onUnsupported: "relax" })
      assert.deepStrictEqual([relaxed.credential.relaxed, relaxed.credential.usableUntil], [["usableFor"], undefined])
    })
  )
})

describe("the session configuration", () => {
  const config = { model: "m", nested: { list: [1, null, "a"] } }
  const locks: ReadonlyArray<
    readonly [has: ReadonlyArray<SessionLock>, asked: SessionLock | undefined, got: SessionLock | undefined]
  > = [
    [["none"], undefined, "none"],
    [["none"], "given", undefined],
    [["all", "given"], undefined, "given"],
    [["all", "given"], "given", "given"],
    [["given", "all"], "all", "all"],
    [["none", "all"], "given", "all"],
    [[], "none", undefined]
  ]
  it.effect.each(locks)(
    "supported locks %j, requested lock %j: the session has lock %j, or is rejected if undefined",
    ([sessionLocks, lock, got]) =>
      Effect.gen(function* () {
        const session = { config, lock }
        if (got === undefined) {
          assert.deepInclude(yield* refused({ sessionLocks }, { session }), { feature: "session" })
          return
        }
        const { credential, sent } = yield* minting({ sessionLocks }, { session })
        assert.deepInclude(sent?.body, { session: { config, lock: got } })
        assert.deepStrictEqual([credential.sessionLock, credential.relaxed], [got, []])
        assert.strictEqual(TempCredential.encode(credential).sessionLock, got)
        assert.notInclude(JSON.stringify(TempCredential.encode(credential)), "nested")
      })
  )

  it.effect("if relaxed, uses the strongest supported lock and is listed as relaxed", () =>
    Effect.gen(function* () {
      const session = { config, lock: "all" } as const
      const weaker = yield* minting({ sessionLocks: ["none"] }, { session, onUnsupported: "relax" })
      assert.deepInclude(weaker.sent?.body, { session: { config, lock: "none" } })
      assert.deepStrictEqual([weaker.credential.relaxed, weaker.credential.sessionLock], [["session"], "none"])
      const without = yield* minting({}, { session, onUnsupported: "relax" })
      assert.deepInclude(without.sent?.body, { session: undefined })
      assert.deepStrictEqual([without.credential.relaxed, without.credential.sessionLock], [["session"], undefined])
    })
  )

  it.effect("must be JSON; the error names the path of another value", () =>
    Effect.gen(function* () {
      for (const session of [null, "m", {}, { config: "m" }, { config, lock: "some" }]) {
        const reason = yield* refused({ sessionLocks: ["none"] }, { session: session as never })
        assert.match(reason.message, /session: must be \{ config: a JSON object, lock\?: "none", "given" or "all" \}/)
      }
      const loop: Record<string, unknown> = {}
      loop["self"] = loop
      const parts: ReadonlyArray<readonly [config: object, path: string]> = [
        [{ tools: [{ run: () => {} }] }, "session.config.tools[0].run"],
        [{ date: new Date(0) }, "session.config.date"],
        [{ a: { "b c": Number.NaN } }, 'session.config.a["b c"]'],
        [{ list: [1, undefined] }, "session.config.list[1]"],
        [{ nothing: undefined }, "session.config.nothing"],
        [{ mark: Symbol("m") }, "session.config.mark"],
        [{ [Symbol("m")]: 1 }, "session.config[Symbol(m)]"],
        [{ big: 1n }, "session.config.big"],
        [{ map: new Map() }, "session.config.map"],
        [loop, "session.config.self"]
      ]
      for (const [odd, path] of parts) {
        const reason = yield* refused({ sessionLocks: ["none"] }, { session: { config: odd } as never })
        assert.include(reason.message, `${path}: must be JSON: text, a finite number`)
      }
    })
  )

  it.effect("is part of the cache key by value, and a later change is a different key", () => {
    const vendor = Acme.vendor({ status: 200, body: Acme.token })
    return Effect.gen(function* () {
      const provider = yield* TempCredentialProvider
      const asked = (session: object) => ({ purpose: "realtime", subject: "u1", session: session as never }) as const
      const mutable = { config: { model: "m", voice: "v" } }
      const first = yield* provider.mint(asked(mutable))
      assert.strictEqual(yield* provider.mint(asked({ config: { voice: "v", model: "m" } })), first)
      mutable.config.model = "n"
      assert.notStrictEqual(yield* provider.mint(asked(mutable)), first)
      assert.strictEqual(vendor.sent.length, 2)
    }).pipe(
      Effect.provide(
        CredentialCache.layer().pipe(Layer.provide(layerOf({ sessionLocks: ["none"] })), Layer.provide(vendor.layer))
      )
    )
  })
})

describe("a session configuration without a lock", () => {
  const asked = (session: object) => ({ purpose: "realtime", subject: "u1", session: session as never }) as const
  const config = { model: "m" }

  it.effect.each<readonly [ReadonlyArray<SessionLock>]>([[["none"]], [["given", "all"]], [["none", "given", "all"]]])(
    "shares a cached credential with a request for the vendor's weakest lock: %j",
    ([sessionLocks]) => {
      const vendor = Acme.vendor({ status: 200, body: Acme.token })
      return Effect.gen(function* () {
        const provider = yield* TempCredentialProvider
        const first = yield* provider.mint(asked({ config }))
        assert.strictEqual(first.sessionLock, sessionLocks[0])
        for (const lock of ["none", undefined]) {
          assert.strictEqual(yield* provider.mint(asked({ config, lock })), first)
        }
        assert.strictEqual(vendor.sent.length, 1)
      }).pipe(
        Effect.provide(
          CredentialCache.layer().pipe(Layer.provide(layerOf({ sessionLocks })), Layer.provide(vendor.layer))
        )
      )
    }
  )

  it.effect("does not share a cached credential with a stronger lock or an invalid session", () => {
    const vendor = Acme.vendor({ status: 200, body: Acme.token })
    return Effect.gen(function* () {
      const provider = yield* TempCredentialProvider
      const first = yield* provider.mint(asked({ config }))
      for (const lock of ["given", "all"]) {
        assert.notStrictEqual(yield* provider.mint(asked({ config, lock })), first)
      }
      for (const session of [
        { config, lock: null },
        { config, lock: "some" },
        { config, locks: "all" },
        null,
        "text"
      ]) {
        const { reason } = yield* Effect.flip(provider.mint(asked(session as never)))
        assert.strictEqual(reason._tag, "InvalidRequestError")
      }
      assert.strictEqual(vendor.sent.length, 3)
    }).pipe(
      Effect.provide(
        CredentialCache.layer().pipe(
          Layer.provide(layerOf({ sessionLocks: ["given", "all"] })),
          Layer.provide(vendor.layer)
        )
      )
    )
  })
})

describe("the terms in a vendor's response", () => {
  const can: Partial<Capability> = {
    usableForSeconds: { min: 1, max: 3600, default: 600 },
    sessionLocks: ["none", "given", "all"]
  }
  const stated = (more: Partial<Adapter.Terms>, request: Partial<MintRequest>) => {
    const terms: Adapter.Terms = { provider: "acme", purpose: "realtime", uses: "many", relaxed: [], ...more }
    return TempCredentialProvider.use((provider) => provider.mint({ purpose: "realtime", ...request })).pipe(
      Effect.provide(Layer.provide(layerOf(can, "acme", terms), Acme.vendor({ status: 200, body: Acme.token }).layer))
    )
  }
  const session = (lock: SessionLock) => ({ session: { config: {}, lock } })
  const usableUntil = DateTime.makeUnsafe(60_000)
  const lacking: ReadonlyArray<
    readonly [feature: Feature, more: Partial<Adapter.Terms>, request: Partial<MintRequest>]
  > = [
    ["usableFor", {}, { usableFor: "1 hour" }],
    ["session", {}, session("none")],
    ["session", { sessionLock: "given" }, session("all")],
    ["session", { sessionLock: "none" }, session("given")]
  ]
  it.effect.each(lacking)(
    "a response without the requested %s is an error, unless the request is relaxed: %j %j",
    ([feature, more, request]) =>
      Effect.gen(function* () {
        const { reason } = yield* Effect.flip(stated(more, request))
        assert.strictEqual(reason._tag, "InvalidResponseError")
        assert.match(reason.message, new RegExp(`differs from the request: ${feature}`))
        const { relaxed } = yield* stated(more, { ...request, onUnsupported: "relax" })
        assert.deepStrictEqual(relaxed, [feature])
      })
  )
  it.effect("a response with the requested terms or stricter ones is accepted", () =>
    Effect.gen(function* () {
      const firm = { usableUntil, sessionLock: "all" } as const
      const { sessionLock } = yield* stated(firm, { usableFor: "1 minute", ...session("given") })
      assert.strictEqual(sessionLock, "all")
    })
  )
})

describe("the request to a vendor", () => {
  it.effect("has the adapter's headers, except one that would replace the key's header", () =>
    Effect.gen(function* () {
      const { credential, sent } = yield* minting({}, { subject: "u1" })
      assert.strictEqual(sent?.headers?.["x-user"], "u1")
      assert.strictEqual(Redacted.value(credential.token), Acme.token)
    })
  )

  it.effect("an error's text decides the reason before its code, and the code before the status", () =>
    Effect.gen(function* () {
      const refusal = (text: string, code: string) =>
        Effect.flip(minting({}, {}, Acme.vendor({ status: 400, body: { code, text } })))
      assert.strictEqual((yield* refusal("Wrong key.", "paid_up")).reason._tag, "AuthenticationError")
      assert.strictEqual((yield* refusal("Wrong field.", "paid_up")).reason._tag, "QuotaError")
      assert.strictEqual((yield* refusal("Wrong field.", "400")).reason._tag, "InvalidRequestError")
    })
  )

  it.effect("rejects a subject that is invalid in a header", () =>
    Effect.gen(function* () {
      for (const subject of ["a b", "ü", "a\r\nx-evil: 1"]) {
        assert.match((yield* refused({}, { subject })).message, /subject: must be printable ASCII without spaces/)
      }
    })
  )
})
