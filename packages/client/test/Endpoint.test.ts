/** What is peculiar to a token endpoint as a provider; what every provider does is in the contract. */
import * as Endpoint from "@tempcred/client/effect"
import { fingerprint } from "@tempcred/core/Fingerprint"
import * as HttpClientTransport from "@tempcred/core/HttpClientTransport"
import { TempCredentialError } from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { problem as problemOf } from "@tempcred/core/TokenEndpoint"
import * as Errors from "@tempcred/core/TempCredentialError"
import type { Fault } from "@tempcred/emulator/Faults"
import { type Changes, trial as trialOf } from "@tempcred/testing/Contract"
import * as EmulatorHttpClient from "@tempcred/testing/EmulatorHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { make, mintRoute, type Options, problem } from "./endpoint.ts"

const trial = ({ emulator, ...changes }: Omit<Changes, "emulator"> & { readonly emulator?: Options } = {}) =>
  trialOf(
    {
      adapter: Endpoint.adapter,
      emulator: () => make(emulator),
      mintRoute,
      request: { purpose: "stt.realtime" }
    },
    changes
  )

const reasonOf = <E>(minting: Effect.Effect<unknown, E>) =>
  Effect.map(Effect.flip(minting), (error) => {
    assert.instanceOf(error, TempCredentialError)
    return error.reason
  })

const refusedWith = (fault: Fault) => reasonOf(trial({ fault }).mint())

const asked = (log: ReadonlyArray<{ readonly body: string }>): unknown => JSON.parse(log[0]?.body ?? "")

const reasons: ReadonlyArray<Errors.Reason> = [
  new Errors.InvalidRequestError({ issues: [{ field: "ttl", message: "must be shorter" }] }),
  new Errors.UnsupportedError({ feature: "singleUse" }),
  new Errors.AuthenticationError({}),
  new Errors.PermissionError({}),
  new Errors.QuotaError({}),
  new Errors.RateLimitError({ retryAfter: Duration.seconds(3) }),
  new Errors.UnavailableError({ requestId: "of-the-vendor" }),
  new Errors.TransportError({ timedOut: false }),
  new Errors.TransportError({ timedOut: true }),
  new Errors.InvalidResponseError({})
]

describe("a feature that the endpoint's protocol lacks", () => {
  it.effect("is refused without a call, though the vendor behind the endpoint could do it", () =>
    Effect.gen(function* () {
      const { "stt.realtime": usual = assert.fail("it is not served") } = Endpoint.capabilities
      const able = {
        ...usual,
        sessionLocks: ["all"],
        usableForSeconds: { min: 1, max: 7200, default: 60 }
      } as const
      const layerConfig = Endpoint.layer({
        url: "https://app.example/v1/credentials",
        apiKey: Redacted.make("of-the-app"),
        capabilities: { "stt.realtime": able }
      })
      for (const [request, feature] of [
        [{ session: { config: {}, lock: "all" } }, "session"],
        [{ usableFor: "1 hour" }, "usableFor"]
      ] as const) {
        const adapter = { ...Endpoint.adapter, layerConfig }
        const asking = { purpose: "stt.realtime" } as const
        const { mint, requests } = trialOf({ adapter, emulator: () => make(), mintRoute, request: asking }, {})
        assert.deepInclude(yield* reasonOf(mint(request)), { _tag: "UnsupportedError", feature })
        assert.strictEqual(requests.length, 0)
      }
    })
  )
})

describe("an error", () => {
  for (const reason of reasons) {
    it.effect(`of the endpoint keeps its reason: ${JSON.stringify(reason)}`, () =>
      Effect.gen(function* () {
        const { status, ...said } = problemOf(new TempCredentialError({ provider: "acme", reason }))
        const { detail, reason: name, ...more } = said
        const found = yield* refusedWith(problem(status, name, detail, more))
        assert.strictEqual(found._tag, reason._tag)
        assert.deepInclude(found, { status, detail })
        assert.deepStrictEqual(found.retryAfter, reason.retryAfter)
        assert.strictEqual(found.requestId, reason.requestId)
        for (const field of ["issues", "feature", "timedOut"] as const) {
          if (field in reason) assert.deepStrictEqual(Reflect.get(found, field), Reflect.get(reason, field))
        }
      })
    )
  }

  it.effect("distinguishes a refused caller from a missing permission", () =>
    Effect.gen(function* () {
      const unknown = yield* refusedWith(problem(401, "UnauthenticatedError", "who is asking?"))
      const issues = [{ field: "ttlSeconds", message: "must be at most 60" }]
      const forbidden = yield* refusedWith(problem(403, "ForbiddenError", "not allowed", { issues }))
      assert.deepInclude(unknown, {
        _tag: "AuthenticationError",
        code: "UnauthenticatedError",
        detail: "who is asking?"
      })
      assert.deepInclude(forbidden, { _tag: "PermissionError", code: "ForbiddenError" })
      assert.strictEqual(forbidden.detail, "not allowed; ttlSeconds: must be at most 60")
    })
  )

  it.effect("without the required fields is distinguished by its status", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* refusedWith(problem(422, "UnsupportedError", "no")))._tag, "InvalidRequestError")
      assert.strictEqual((yield* refusedWith(problem(503, "NewError", "no")))._tag, "UnavailableError")
      const mixed = { status: 502, body: { reason: 7, detail: "half a problem", issues: "none" } }
      assert.deepInclude(yield* refusedWith(mixed), { _tag: "UnavailableError", detail: "half a problem" })
    })
  )
})

describe("a request", () => {
  it.effect("lets the endpoint decide omitted fields", () =>
    Effect.gen(function* () {
      const { emulator, mint } = trial()
      const credential = yield* mint({ subject: "told-by-the-bearer", singleUse: "preferred" })
      assert.deepStrictEqual(asked(emulator.log), { purpose: "stt.realtime" })
      assert.deepInclude(credential, { subject: "user-of-the-bearer", relaxed: ["subject", "singleUse"] })
    })
  )

  it.effect("names the fields as the endpoint does", () =>
    Effect.gen(function* () {
      const { emulator, mint } = trial()
      yield* mint({ ttl: "2 minutes", singleUse: true, maxSession: "10 minutes", region: "eu" })
      const expected = { ttlSeconds: 120, singleUse: true, maxSessionSeconds: 600, region: "eu" }
      assert.deepStrictEqual(asked(emulator.log), { purpose: "stt.realtime", ...expected })
    })
  )

  it.effect("is checked against the capabilities that the app gives", () =>
    Effect.gen(function* () {
      const layerConfig = Endpoint.layer({
        url: "http://127.0.0.1:9/v1/credentials",
        apiKey: Redacted.make("bearer"),
        capabilities: {}
      })
      const subject = { adapter: { ...Endpoint.adapter, layerConfig }, emulator: () => make(), mintRoute }
      const { mint, requests } = trialOf({ ...subject, request: { purpose: "stt.realtime" } })
      assert.strictEqual((yield* reasonOf(mint()))._tag, "UnsupportedError")
      assert.lengthOf(requests, 0)
    })
  )
})

describe("the caller's conditions", () => {
  const request = { purpose: "stt.realtime" } as const
  /** A program's provider before an endpoint, and the bodies that the endpoint is sent. */
  const start = (options: Options = {}) => {
    const emulator = make(options)
    const layer = Endpoint.layer({
      url: "http://127.0.0.1:9/v1/credentials",
      apiKey: Redacted.make(emulator.apiKey)
    }).pipe(Layer.provide(HttpClientTransport.layer), Layer.provide(EmulatorHttpClient.layer(emulator)))
    const bodies = () => emulator.log.map(({ body }): unknown => JSON.parse(body))
    return { bodies, emulator, layer }
  }

  it.effect("is sent to the endpoint: the remaining lifetime in whole seconds, and the refused credential", () => {
    const { bodies, layer } = start()
    return Effect.gen(function* () {
      const { mint } = yield* TempCredentialProvider
      yield* mint(request, { minRemaining: "1500 millis", refused: "0123456789abcdef" })
      yield* mint(request, { minRemaining: "0 seconds" })
      assert.deepStrictEqual(bodies(), [{ ...request, minRemainingSeconds: 2, refused: "0123456789abcdef" }, request])
    }).pipe(Effect.provide(layer))
  })

  it.effect("is not the refused one: the next mint of that scope reports it once", () => {
    const { bodies, layer } = start()
    return Effect.gen(function* () {
      const { invalidate, invalidateFingerprint, mint } = yield* TempCredentialProvider
      const refused = yield* mint({ ...request, ttl: "1 minute" })
      yield* invalidate?.(refused) ?? assert.fail("there is no invalidate")
      yield* mint(request)
      yield* mint({ ...request, ttl: "60 seconds" })
      yield* mint({ ...request, ttl: "60 seconds" })
      const scope = { ...request, ttlSeconds: 60 }
      const name = yield* fingerprint(refused.token)
      assert.deepStrictEqual(bodies(), [scope, request, { ...scope, refused: name }, scope])
      yield* invalidateFingerprint?.(request, name) ?? assert.fail("there is no invalidateFingerprint")
      yield* mint(request)
      assert.deepStrictEqual(bodies().at(-1), { ...request, refused: name })
    }).pipe(Effect.provide(layer))
  })

  it.effect("is reported again after a response without a credential", () => {
    const { bodies, emulator, layer } = start()
    return Effect.gen(function* () {
      const { invalidate, mint } = yield* TempCredentialProvider
      const refused = yield* mint(request)
      yield* invalidate?.(refused) ?? assert.fail("there is no invalidate")
      emulator.faults.add(mintRoute, problem(403, "ForbiddenError", "not now"))
      yield* Effect.flip(mint(request))
      yield* mint(request)
      const report = { ...request, refused: yield* fingerprint(refused.token) }
      assert.deepStrictEqual(bodies().slice(1), [report, report])
    }).pipe(Effect.provide(layer))
  })

  it.effect(
    "is a single-use credential that nobody was given: one that an answer repeats is refused and reported",
    () => {
      const { bodies, layer } = start({ uses: "once", answer: (credential) => ({ ...credential, token: "the-same" }) })
      return Effect.gen(function* () {
        const { mint } = yield* TempCredentialProvider
        const { token } = yield* mint(request)
        const reason = yield* reasonOf(mint(request))
        assert.strictEqual(reason._tag, "InvalidResponseError")
        assert.include(reason.message, "repeated a single-use credential")
        yield* Effect.flip(mint(request))
        assert.deepStrictEqual(bodies().at(-1), { ...request, refused: yield* fingerprint(token) })
      }).pipe(Effect.provide(layer))
    }
  )
})

describe("a credential", () => {
  const answers = (change: object) => ({ emulator: { answer: (credential: object) => ({ ...credential, ...change }) } })

  it.effect("is the error that the endpoint states", () =>
    Effect.gen(function* () {
      const { mint } = trial(answers({ uses: "once", maxSessionSeconds: 60, region: "jp", relaxed: ["ttl"] }))
      const expected = {
        provider: "acme",
        uses: "once",
        maxSession: Duration.seconds(60),
        region: "jp",
        relaxed: ["ttl"]
      } as const
      assert.deepInclude(yield* mint(), expected)
    })
  )

  const unmet = [
    [{ singleUse: true }, { uses: "many" }],
    [{ maxSession: "1 minute" }, { maxSessionSeconds: 61 }],
    [{ maxSession: "1 minute" }, { maxSessionSeconds: undefined }],
    [{ region: "eu" }, { region: "us" }],
    [{ region: "eu" }, { region: undefined }],
    [{}, { purpose: "agent" }],
    [{ ttl: "1 minute" }, { expiresAt: "2099-01-01T00:00:00Z" }],
    [{ ttl: "1 minute" }, { relaxed: ["ttl"] }],
    [{ singleUse: true }, { uses: "many", relaxed: ["singleUse"] }],
    [{ singleUse: true }, { relaxed: ["singleUse"] }],
    [{ maxSession: "1 minute" }, { maxSessionSeconds: undefined, relaxed: ["maxSession"] }],
    [
      { region: "eu", onUnsupported: "relax" },
      { region: "us", relaxed: ["region"] }
    ],
    [{ onUnsupported: "relax" }, { purpose: "agent", relaxed: ["purpose"] }]
  ] as const
  for (const [request, answer] of unmet) {
    it.effect(`that is less than ${JSON.stringify(request)}, ${JSON.stringify(answer)}, is refused`, () =>
      Effect.gen(function* () {
        const reason = yield* reasonOf(trial(answers(answer)).mint(request))
        assert.strictEqual(reason._tag, "InvalidResponseError")
        assert.match(String(reason.detail), /differs from the request: (ttl|singleUse|maxSession|region|purpose)$/)
      })
    )
  }

  it.effect("that is less is listed if the request allows it, but never for purpose or region", () =>
    Effect.gen(function* () {
      const request = { ttl: "1 minute", singleUse: true, maxSession: "1 minute", onUnsupported: "relax" } as const
      const less = { uses: "many", maxSessionSeconds: undefined, expiresAt: "2099-01-01T00:00:00Z" }
      for (const relaxed of [[], ["ttl", "singleUse", "maxSession"]]) {
        const { mint } = trial(answers({ ...less, relaxed }))
        assert.sameMembers([...(yield* mint(request)).relaxed], ["ttl", "singleUse", "maxSession"])
      }
      for (const answer of [{ region: "us" }, { purpose: "agent" }]) {
        const reason = yield* reasonOf(trial(answers(answer)).mint({ region: "eu", onUnsupported: "relax" }))
        assert.strictEqual(reason._tag, "InvalidResponseError")
      }
    })
  )

  it.effect(
    "may live a minute longer than was asked, as clocks differ, and as long as it likes where nothing was",
    () =>
      Effect.gen(function* () {
        const lives = (seconds: number) => {
          const end = (from: unknown) => new Date(Date.parse(String(from)) + seconds * 1000).toISOString()
          return trial({
            emulator: { answer: (credential) => ({ ...credential, expiresAt: end(credential["issuedAt"]) }) }
          })
        }
        assert.deepStrictEqual((yield* lives(119).mint({ ttl: "1 minute" })).relaxed, [])
        assert.strictEqual((yield* reasonOf(lives(121).mint({ ttl: "1 minute" })))._tag, "InvalidResponseError")
        assert.deepStrictEqual((yield* lives(3600).mint()).relaxed, [])
      })
  )

  it.effect("lists features that the endpoint relaxed by itself, and the subject", () =>
    Effect.gen(function* () {
      const relaxed = ["singleUse", "maxSession", "subject"] as const
      const { mint } = trial(answers({ relaxed }))
      assert.sameMembers([...(yield* mint({ subject: "user" })).relaxed], [...relaxed])
      assert.sameMembers([...(yield* mint({ singleUse: "preferred" })).relaxed], [...relaxed])
    })
  )

  it.effect("with a tighter session limit than requested is accepted", () =>
    Effect.gen(function* () {
      const { maxSession } = yield* trial(answers({ maxSessionSeconds: 30 })).mint({ maxSession: "1 minute" })
      assert.deepStrictEqual(maxSession, Duration.seconds(30))
    })
  )
})
