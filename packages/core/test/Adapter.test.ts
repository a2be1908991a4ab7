import type * as Adapter from "@tempcred/core/Adapter"
import { bearer } from "@tempcred/core/Connection"
import * as Events from "@tempcred/core/Events"
import type { MintRequest } from "@tempcred/core/MintRequest"
import {
  InvalidRequestError,
  InvalidResponseError,
  TempCredentialError,
  UnsupportedError
} from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import * as Provider from "../src/adapter/Provider.ts"
import * as Acme from "./acme.ts"

const minting = (request: unknown, vendor: ReturnType<typeof Acme.vendor>, changes?: Parameters<typeof Acme.spec>[0]) =>
  TempCredentialProvider.use((provider) => provider.mint(request as MintRequest)).pipe(
    Effect.provide(Acme.layer(changes).pipe(Layer.provide(vendor.layer)))
  )

const failing = (request: unknown, vendor: ReturnType<typeof Acme.vendor>, changes?: Parameters<typeof Acme.spec>[0]) =>
  minting(request, vendor, changes).pipe(
    Effect.flip,
    Effect.map((error) => error.reason)
  )

const jwt = (exp: unknown) => `h.${Buffer.from(JSON.stringify({ exp })).toString("base64url")}.s`

describe("an invalid or unsupported request makes no call to the vendor", () => {
  const refused: ReadonlyArray<readonly [name: string, request: object, field: string, message: RegExp]> = [
    ["a request without a purpose", {}, "purpose", /must be one of stt\.realtime, stt\.batch/],
    ["an unknown purpose", { purpose: "dance" }, "purpose", /must be one of/],
    ["a ttl that is a number", { purpose: "stt.realtime", ttl: 60 }, "ttl", /with its unit/],
    ["a ttl without a unit", { purpose: "stt.realtime", ttl: "60" }, "ttl", /with its unit/],
    ["a ttl of zero", { purpose: "stt.realtime", ttl: "0 seconds" }, "ttl", /whole seconds, 60 to 3600/],
    ["a negative ttl", { purpose: "stt.realtime", ttl: "-1 seconds" }, "ttl", /whole seconds, 60 to 3600/],
    ["a ttl with a fraction of a second", { purpose: "stt.realtime", ttl: "61500 millis" }, "ttl", /whole seconds/],
    ["a ttl of NaN", { purpose: "stt.realtime", ttl: "NaN seconds" }, "ttl", /./],
    ["an infinite ttl", { purpose: "stt.realtime", ttl: Duration.infinity }, "ttl", /whole seconds/],
    ["an empty subject", { purpose: "stt.realtime", subject: "" }, "subject", /non-empty/],
    [
      "a subject that is not well-formed Unicode",
      { purpose: "stt.realtime", subject: "ana\ud83d" },
      "subject",
      /well-formed Unicode/
    ],
    [
      "a region that is not well-formed Unicode",
      { purpose: "stt.realtime", region: "\udc00eu" },
      "region",
      /well-formed Unicode/
    ],
    [
      "a subject above the vendor's length limit",
      { purpose: "stt.realtime", subject: "123456789" },
      "subject",
      /at most 8/
    ],
    ["a subject that is a number", { purpose: "stt.realtime", subject: 7 }, "subject", /must be non-empty text/],
    [
      "a missing subject for a purpose that requires one",
      { purpose: "stt.batch" },
      "subject",
      /required for stt\.batch/
    ],
    ["an unknown field", { purpose: "stt.realtime", ttlSeconds: 60 }, "ttlSeconds", /the fields are purpose, ttl/],
    ["an unknown exposure", { purpose: "stt.realtime", exposure: "public" }, "exposure", /"client" or "server"/],
    [
      "an unknown value of onUnsupported",
      { purpose: "stt.realtime", onUnsupported: "ignore" },
      "onUnsupported",
      /"reject" or/
    ]
  ]
  for (const [name, request, field, message] of refused) {
    it.effect(`${name} is rejected as invalid`, () =>
      Effect.gen(function* () {
        const vendor = Acme.vendor(Acme.ok)
        const reason = yield* failing(request, vendor)
        assert.instanceOf(reason, InvalidRequestError)
        assert.deepStrictEqual(
          reason.issues.map((issue) => issue.field),
          [field]
        )
        assert.match(reason.issues[0]?.message ?? "", message)
        assert.isFalse(reason.isRetryable)
        assert.strictEqual(vendor.sent.length, 0)
      })
    )
  }

  for (const request of [undefined, null, 7, "stt.realtime", []]) {
    it.effect(`${JSON.stringify(request)} instead of a request is rejected`, () =>
      Effect.gen(function* () {
        const vendor = Acme.vendor(Acme.ok)
        const reason = yield* failing(request, vendor)
        assert.match(reason.message, /request: must be an object; its fields are purpose, ttl|purpose: must be one of/)
        assert.strictEqual(vendor.sent.length, 0)
      })
    )
  }

  const lacking: ReadonlyArray<readonly [name: string, request: MintRequest, feature: string, detail: RegExp]> = [
    ["an unsupported purpose", { purpose: "agent" }, "purpose", /served are stt\.realtime, stt\.batch, tts\.batch/],
    [
      "a ttl below the vendor's range",
      { purpose: "stt.realtime", ttl: "10 seconds" },
      "ttl",
      /10 seconds; allowed: 60 to 3600/
    ],
    ["a ttl above the vendor's range", { purpose: "stt.realtime", ttl: "2 hours" }, "ttl", /allowed: 60 to 3600/],
    ["single use at a vendor without it", { purpose: "stt.realtime", singleUse: true }, "singleUse", /one use/],
    [
      "a maxSession above the vendor's range",
      { purpose: "stt.realtime", maxSession: "1 hour" },
      "maxSession",
      /allowed: 1 to 600/
    ],
    ["an unsupported region", { purpose: "stt.realtime", region: "au" }, "region", /"au"; served are eu, us/],
    ["a region for a purpose without regions", { purpose: "tts.batch", region: "eu" }, "region", /no regions/]
  ]
  for (const [name, request, feature, detail] of lacking) {
    it.effect(`${name} is an UnsupportedError`, () =>
      Effect.gen(function* () {
        const vendor = Acme.vendor(Acme.ok)
        const reason = yield* failing(request, vendor)
        assert.instanceOf(reason, UnsupportedError)
        assert.strictEqual(reason.feature, feature)
        assert.match(reason.message, detail)
        assert.strictEqual(vendor.sent.length, 0)
      })
    )
  }
})

describe("unsupported fields and long texts", () => {
  it.effect("relaxed fields are listed, and the nearest supported values are requested", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(Acme.ok)
      const credential = yield* minting(
        { purpose: "stt.realtime", ttl: "10 seconds", singleUse: true, maxSession: "1 hour", onUnsupported: "relax" },
        vendor
      )
      assert.deepStrictEqual(credential.relaxed, ["ttl", "singleUse", "maxSession"])
      assert.strictEqual(credential.uses, "many")
      assert.deepStrictEqual(credential.maxSession, Duration.minutes(10))
      assert.deepStrictEqual(vendor.sent[0]?.body, { ttl: 60, session: 600 })
    })
  )

  it.effect("preferred single use is not required, and is listed as relaxed if it is unsupported", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(Acme.ok)
      const credential = yield* minting({ purpose: "stt.realtime", singleUse: "preferred" }, vendor)
      assert.deepStrictEqual([credential.uses, credential.relaxed], ["many", ["singleUse"]])
      const request = { purpose: "stt.realtime", singleUse: "preferred", ttl: "10 seconds" } as const
      assert.deepInclude(yield* failing(request, vendor), { feature: "ttl" })
    })
  )

  it.effect("an unsupported purpose or region is an error even with onUnsupported: relax", () =>
    Effect.gen(function* () {
      for (const request of [{ purpose: "agent" }, { purpose: "stt.realtime", region: "au" }]) {
        const reason = yield* failing({ ...request, onUnsupported: "relax" }, Acme.vendor(Acme.ok))
        assert.instanceOf(reason, UnsupportedError)
      }
    })
  )

  it.effect("a subject that the vendor ignores is listed as relaxed, also without onUnsupported", () =>
    Effect.gen(function* () {
      const credential = yield* minting({ purpose: "tts.batch", subject: "u1" }, Acme.vendor(Acme.ok))
      assert.deepStrictEqual(credential.relaxed, ["subject"])
      assert.strictEqual(credential.subject, "u1")
    })
  )

  it.effect("the configured region is used if the purpose has regions, and otherwise listed as relaxed", () =>
    Effect.gen(function* () {
      const region = { region: "us" }
      const [regional, other] = yield* Effect.all([
        minting({ purpose: "stt.realtime" }, Acme.vendor(Acme.ok), region),
        minting({ purpose: "tts.batch" }, Acme.vendor(Acme.ok), region)
      ])
      assert.deepStrictEqual([regional.region, regional.relaxed], ["us", []])
      assert.deepStrictEqual([other.region, other.relaxed], [undefined, ["region"]])
    })
  )

  it.effect("an error is one line below 400 characters, even if the request contains long text or line ends", () =>
    Effect.gen(function* () {
      for (const request of [
        { purpose: "stt.realtime", region: "eu\nlevel=fatal" },
        { purpose: "stt.realtime", region: "x".repeat(5000) },
        { purpose: "stt.realtime", ["x\nlevel=fatal"]: 1 },
        { purpose: "stt.realtime", ["x".repeat(5000)]: 1 }
      ]) {
        const { message } = yield* failing(request, Acme.vendor(Acme.ok))
        assert.notInclude(message, "\n")
        assert.isBelow(message.length, 400)
      }
    })
  )

  it.effect("a token that is invalid in a header is an InvalidResponseError", () =>
    Effect.gen(function* () {
      for (const token of [" ", "a b", "a\r\nX-Evil: 1", "é"]) {
        const reason = yield* failing({ purpose: "stt.realtime" }, Acme.vendor({ status: 201, body: { token } }))
        assert.strictEqual(reason._tag, "InvalidResponseError")
        assert.notInclude(reason.message, "Evil")
      }
    })
  )
})

describe("the expiry and its source", () => {
  const start = Date.UTC(2026, 10, 21, 12)
  const at = (seconds: number) => start + seconds * 1000
  const date = (seconds: number) => ({ date: new Date(at(seconds)).toUTCString() })
  const expiring = Effect.fnUntraced(function* (expiry: Adapter.Expiry, step: Acme.Step, ttl?: string) {
    yield* TestClock.setTime(start)
    const request = { purpose: "stt.realtime", ...(ttl === undefined ? {} : { ttl }) }
    const credential = yield* minting(request, Acme.vendor(step), { expiry })
    return [credential.expirySource, (DateTime.toEpochMillis(credential.expiresAt) - start) / 1000] as const
  })
  const minted = (value: string, headers: Readonly<Record<string, string>> = {}): Acme.Step => ({
    status: 201,
    body: { token: value },
    headers
  })

  it.effect("is the request's ttl", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* expiring({ source: "request" }, Acme.ok, "90 seconds"), ["request", 90])
    })
  )
  it.effect("a relative ttl counts from the start of the request, independently of the vendor's clock", () =>
    Effect.gen(function* () {
      const step = minted("t", date(600))
      assert.deepStrictEqual(yield* expiring({ source: "vendor", seconds: 30 }, step), ["vendor", 30])
    })
  )
  it.effect("is the vendor's documented lifetime", () =>
    Effect.gen(function* () {
      const expiry = { source: "documented", seconds: 900 } as const
      assert.deepStrictEqual(yield* expiring(expiry, Acme.ok, "15 minutes"), ["documented", 900])
    })
  )
  it.effect("is the exp of a JWT, or the request's ttl if the token is not a JWT or has no usable exp", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* expiring({ source: "jwt" }, minted(jwt(at(61) / 1000))), ["jwt", 61])
      for (const value of [
        "opaque",
        "a.b.c",
        jwt(0),
        jwt(-5),
        jwt(1e300),
        jwt(at(60)),
        jwt(at(3600) / 1000),
        jwt("soon"),
        jwt(undefined),
        "..",
        `h.${"%".repeat(4)}.s`
      ]) {
        assert.deepStrictEqual(yield* expiring({ source: "jwt" }, minted(value)), ["request", 60])
      }
    })
  )
  it.effect("a time from the vendor is corrected by the vendor's clock, fast or slow", () =>
    Effect.gen(function* () {
      for (const skew of [600, -600]) {
        const expiry = { source: "vendor", at: DateTime.makeUnsafe(at(60 + skew)) } as const
        for (const [from, step] of [
          [expiry, minted("t", date(skew))],
          [{ source: "jwt" }, minted(jwt(at(60 + skew) / 1000), date(skew))]
        ] as const) {
          assert.deepStrictEqual(yield* expiring(from, step), [from.source, 60])
        }
      }
    })
  )
  it.effect("a difference of one second is not clock skew, because the Date header has no milliseconds", () =>
    Effect.gen(function* () {
      const expiry = { source: "vendor", at: DateTime.makeUnsafe(at(60)) } as const
      assert.deepStrictEqual(yield* expiring(expiry, minted("t", date(-1))), ["vendor", 60])
    })
  )
  it.effect("a response with an Age header is not used to measure clock skew", () =>
    Effect.gen(function* () {
      const expiry = { source: "vendor", at: DateTime.makeUnsafe(at(60)) } as const
      assert.deepStrictEqual(yield* expiring(expiry, minted("t", { ...date(-600), age: "600" })), ["vendor", 60])
    })
  )
  const vendorAt = (seconds: number) => ({ source: "vendor", at: DateTime.makeUnsafe(at(seconds)) }) as const
  const year9999 = { source: "vendor", at: DateTime.makeUnsafe("9999-12-31T23:59:59Z") } as const
  const tooLate: ReadonlyArray<readonly [name: string, expiry: Adapter.Expiry, step: Acme.Step]> = [
    ["an expiry in the year 9999", year9999, Acme.ok],
    ["an expiry two minutes past the ttl", vendorAt(181), Acme.ok],
    ["a lifetime of 1e300 seconds", { source: "vendor", seconds: 1e300 }, Acme.ok],
    ["a lifetime two minutes longer than the ttl", { source: "vendor", seconds: 181 }, Acme.ok],
    ["a JWT that expires in a year", { source: "jwt" }, minted(jwt(at(31_536_000) / 1000))],
    ["a documented lifetime of a day", { source: "documented", seconds: 86_400 }, Acme.ok]
  ]
  for (const [name, expiry, step] of tooLate) {
    it.effect(`${name} is ignored: the credential expires as requested, and an event is published`, () =>
      Effect.gen(function* () {
        const seen: Array<Events.Event> = []
        const events = Events.layer((event) => Effect.sync(() => void seen.push(event)))
        assert.deepStrictEqual(yield* Effect.provide(expiring(expiry, step), events), ["request", 60])
        const told = seen.find((event) => event._tag === "ExpiryNotBelieved")
        assert.isDefined(told)
        assert.strictEqual(told.kept, 60)
        assert.isAbove(told.stated, 120)
      })
    )
  }
  it.effect("a lifetime up to a minute longer than requested is accepted, from every source", () =>
    Effect.gen(function* () {
      for (const [expiry, step] of [
        [vendorAt(119), Acme.ok],
        [{ source: "vendor", seconds: 119 }, Acme.ok],
        [{ source: "jwt" }, minted(jwt(at(119) / 1000))]
      ] as const) {
        assert.deepStrictEqual(yield* expiring(expiry, step), [expiry.source, 119])
      }
    })
  )
  it.effect("an expiry is read by the local clock if the Date header says 1970 or 2999", () =>
    Effect.gen(function* () {
      for (const wrong of ["Thu, 01 Jan 1970 00:00:00 GMT", "Tue, 01 Jan 2999 00:00:00 GMT"]) {
        assert.deepStrictEqual(yield* expiring(vendorAt(60), minted("t", { date: wrong })), ["vendor", 60])
        const token = jwt(at(60) / 1000)
        assert.deepStrictEqual(yield* expiring({ source: "jwt" }, minted(token, { date: wrong })), ["jwt", 60])
      }
    })
  )
  it.effect("an expiry that the request contained is not corrected by a Date header of 1970", () =>
    Effect.gen(function* () {
      const step = minted("t", { date: "Thu, 01 Jan 1970 00:00:00 GMT" })
      assert.deepStrictEqual(yield* expiring({ source: "request", told: "moment" }, step), ["request", 60])
    })
  )
  it.effect("a Date header that is not an HTTP date is not used to measure clock skew", () =>
    Effect.gen(function* () {
      for (const date of ["2026", "21 Nov 2026 11:50", "2026-11-21T11:50:00Z", "Sat, 21 Nov 2026 11:50:00"]) {
        assert.deepStrictEqual(yield* expiring(vendorAt(60), minted("t", { date })), ["vendor", 60])
      }
    })
  )
  it.effect("an expiry that has passed or is malformed is an error", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      for (const [expiry, step] of [
        [{ source: "vendor", at: DateTime.makeUnsafe(at(0)) }, Acme.ok],
        [{ source: "vendor", seconds: Number.NaN }, Acme.ok],
        [{ source: "vendor", seconds: -1 }, Acme.ok]
      ] as const) {
        const reason = yield* failing({ purpose: "stt.realtime" }, Acme.vendor(step), { expiry })
        assert.strictEqual(reason._tag, "InvalidResponseError")
        assert.isFalse(reason.isRetryable)
      }
    })
  )
})

it.effect("a response that the adapter rejects is an InvalidResponseError, and is not retried", () =>
  Effect.gen(function* () {
    const vendor = Acme.vendor(Acme.ok)
    const reply = new InvalidResponseError({ detail: "token: is for another purpose" })
    const layer = Layer.effect(TempCredentialProvider, Provider.make({ ...Acme.spec(), credential: () => reply }))
    const error = yield* TempCredentialProvider.use((provider) => provider.mint({ purpose: "stt.realtime" })).pipe(
      Effect.flip,
      Effect.provide(Layer.provide(layer, vendor.layer))
    )
    assert.instanceOf(error, TempCredentialError)
    assert.strictEqual(error.provider, "acme")
    assert.deepStrictEqual(error.reason, reply)
    assert.strictEqual(vendor.sent.length, 1)
  })
)

it.effect("a response with the long-lived key in the URL of a connection is rejected", () =>
  Effect.gen(function* () {
    const spec = Acme.spec()
    for (const url of [`wss://acme.example/?key=${Acme.key}`, `wss://acme.example/${btoa(Acme.key)}`]) {
      const credential: typeof spec.credential = (response) => ({
        ...spec.credential(response),
        connections: [{ kind: "websocket", url, where: "server", placement: bearer }]
      })
      const layer = Layer.effect(TempCredentialProvider, Provider.make({ ...spec, credential }))
      const error = yield* TempCredentialProvider.use((provider) => provider.mint({ purpose: "stt.realtime" })).pipe(
        Effect.flip,
        Effect.provide(Layer.provide(layer, Acme.vendor(Acme.ok).layer))
      )
      assert.include(error.message, "the credential contains the long-lived key")
    }
  })
)

it.effect("the length of a subject is counted in characters, not in UTF-16 code units", () =>
  Effect.gen(function* () {
    const credential = yield* minting({ purpose: "stt.realtime", subject: "🎧".repeat(8) }, Acme.vendor(Acme.ok))
    assert.strictEqual(credential.subject, "🎧".repeat(8))
  })
)

it.effect("an issue keeps the vendor's field name, even if it is constructor or __proto__", () =>
  Effect.gen(function* () {
    for (const field of ["constructor", "__proto__", "toString"]) {
      const vendor = Acme.vendor({ status: 400, body: { code: "bad_field", message: field } })
      const reason = yield* failing({ purpose: "stt.realtime" }, vendor)
      assert.deepStrictEqual(reason._tag === "InvalidRequestError" && reason.issues, [{ field, message: "odd" }])
    }
  })
)

it.effect("an issue without a field name is omitted", () =>
  Effect.gen(function* () {
    const vendor = Acme.vendor({ status: 400, body: { code: "bad_field", message: "" } })
    const reason = yield* failing({ purpose: "stt.realtime" }, vendor)
    assert.deepStrictEqual(reason._tag === "InvalidRequestError" && reason.issues, [])
  })
)
it.effect("a credential contains the requested fields and its connections", () =>
  Effect.gen(function* () {
    const vendor = Acme.vendor(Acme.ok)
    const credential = yield* minting(
      { purpose: "stt.realtime", subject: "u1", region: "eu", ttl: "2 minutes" },
      vendor
    )
    assert.strictEqual(Redacted.value(credential.token), Acme.token)
    assert.deepInclude(
      { ...credential },
      { provider: "acme", purpose: "stt.realtime", subject: "u1", region: "eu", uses: "many" }
    )
    assert.strictEqual(credential.connections[0].url, "wss://acme.example/listen")
    assert.strictEqual(vendor.sent[0]?.url.href, "https://api.acme.example/v1/token?product=stt.realtime")
  })
)

it.effect("two configurations have the same account only if key, region and URLs are equal", () =>
  Effect.gen(function* () {
    const account = (changes: object) =>
      Effect.flatMap(Provider.make({ ...Acme.spec(), ...changes }), (provider) => provider.account).pipe(
        Effect.provide(Acme.vendor(Acme.ok).layer)
      )
    const accounts = yield* Effect.all([
      account({}),
      account({ region: "eu" }),
      account({ region: "us" }),
      account({ settings: ["https://staging.acme.example"] }),
      account({ keys: { "ACME_API_KEY (apiKey)": Redacted.make("another") } })
    ])
    assert.strictEqual(new Set(accounts).size, accounts.length)
    assert.strictEqual(yield* account({}), accounts[0])
    assert.notInclude(accounts.join(), Acme.key)
  })
)
