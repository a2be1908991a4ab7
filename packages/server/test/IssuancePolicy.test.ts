import type { Capabilities, Capability } from "@tempcred/core/Capabilities"
import { DecodedRequest, type MintRequest } from "@tempcred/core/MintRequest"
import type { Request } from "@tempcred/core/TokenEndpoint"
import * as IssuancePolicy from "@tempcred/server/IssuancePolicy"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { createHmac, randomBytes } from "node:crypto"
import { inspect } from "node:util"

const capability: Capability = {
  ttlSeconds: { min: 1, max: 3600, default: 60 },
  singleUse: true,
  maxSessionSeconds: { min: 10, max: 1800 },
  subject: { effect: "recorded" },
  regions: ["us", "eu", "jp"],
  mintingHasSideEffects: false,
  needed: "connect"
}

const capabilities: Capabilities = { "stt.realtime": capability }

const ana = { subject: "ana@example.com", claims: { plan: "pro" } }

const asked: Request = { purpose: "stt.realtime" }

const granted = (
  policy: IssuancePolicy.IssuancePolicy,
  request: Request = asked,
  { able = capabilities, identity = ana }: { able?: Capabilities; identity?: typeof ana } = {}
) => Effect.flatMap(Effect.orDie(IssuancePolicy.make(policy)), ({ apply }) => apply(able, identity, request))

const issues = (policy: IssuancePolicy.IssuancePolicy, request: Request, able: Capabilities = capabilities) =>
  granted(policy, request, { able }).pipe(
    Effect.flip,
    Effect.map((error) => error.issues)
  )

const problem = (policy: unknown) =>
  IssuancePolicy.make(policy as IssuancePolicy.IssuancePolicy).pipe(
    Effect.flip,
    Effect.map((error) => error.message)
  )

const seconds = (length: MintRequest["ttl"]) =>
  length === undefined ? undefined : Duration.toSeconds(Duration.fromInputUnsafe(length))

describe("the default policy", () => {
  it.effect("grants a client the provider's default ttl, its subject, and single use if supported", () =>
    Effect.gen(function* () {
      const request = yield* granted({})
      assert.instanceOf(request, DecodedRequest)
      assert.strictEqual(request.purpose, "stt.realtime")
      assert.strictEqual(seconds(request.ttl), 60)
      assert.strictEqual(request.singleUse, "preferred")
      assert.strictEqual(request.subject, "ana@example.com")
      assert.strictEqual(request.exposure, "client")
      assert.deepStrictEqual(
        [request.maxSession, request.usableFor, request.session, request.region, request.onUnsupported],
        Array.from({ length: 5 })
      )
    })
  )
  it.effect("grants a ttl of 5 minutes at most, even if the provider's default is longer", () =>
    Effect.gen(function* () {
      assert.strictEqual(seconds((yield* granted({}, { ...asked, ttlSeconds: 300 })).ttl), 300)
      assert.deepStrictEqual(yield* issues({}, { ...asked, ttlSeconds: 301 }), [
        { field: "ttlSeconds", message: "must be at most 300" }
      ])
      const able = { "stt.realtime": { ...capability, ttlSeconds: { min: 1, max: 3600, default: 3600 } } }
      assert.strictEqual(seconds((yield* granted({}, asked, { able })).ttl), 300)
    })
  )
  it.effect("grants the vendor's shortest ttl if that is longer than 5 minutes", () =>
    Effect.gen(function* () {
      const able = { "stt.realtime": { ...capability, ttlSeconds: { min: 900, max: 3600, default: 1800 } } }
      assert.strictEqual(seconds((yield* granted({}, asked, { able })).ttl), 900)
      assert.strictEqual(seconds((yield* granted({}, { ...asked, ttlSeconds: 900 }, { able })).ttl), 900)
      assert.deepStrictEqual(yield* issues({}, { ...asked, ttlSeconds: 901 }, able), [
        { field: "ttlSeconds", message: "must be at most 900" }
      ])
    })
  )
  it.effect("moves a configured default ttl into the vendor's range", () =>
    Effect.gen(function* () {
      const range = { min: 900, max: 1800 }
      const withDefault = (usual: number) => ({
        "stt.realtime": { ...capability, ttlSeconds: { ...range, default: usual } }
      })
      const policy = { terms: { maxTtl: "1 hour" } } as const
      assert.strictEqual(seconds((yield* granted(policy, asked, { able: withDefault(60) })).ttl), 900)
      assert.strictEqual(seconds((yield* granted(policy, asked, { able: withDefault(3600) })).ttl), 1800)
      assert.strictEqual(seconds((yield* granted({}, asked, { able: withDefault(60) })).ttl), 900)
    })
  )
  it.effect("passes on an unsupported purpose with a ttl of 5 minutes", () =>
    Effect.gen(function* () {
      const request = yield* granted({}, { purpose: "agent" })
      assert.strictEqual(request.purpose, "agent")
      assert.strictEqual(seconds(request.ttl), 300)
    })
  )
  it.effect("grants the session and region that a client requests", () =>
    Effect.gen(function* () {
      const request = yield* granted({}, { ...asked, maxSessionSeconds: 900, region: "jp" })
      assert.strictEqual(seconds(request.maxSession), 900)
      assert.strictEqual(request.region, "jp")
    })
  )
})

describe("terms", () => {
  it.effect("allow only the purposes that they name", () =>
    Effect.gen(function* () {
      const terms = { purposes: ["stt.realtime", "stt.batch"] } as const
      assert.strictEqual((yield* granted({ terms })).purpose, "stt.realtime")
      assert.deepStrictEqual(yield* issues({ terms }, { purpose: "agent" }), [
        { field: "purpose", message: "must be one of stt.realtime, stt.batch" }
      ])
      assert.deepStrictEqual(yield* issues({ terms: { purposes: [] } }, asked), [
        { field: "purpose", message: "is not allowed" }
      ])
    })
  )
  it.effect("reject a purpose whose shortest ttl is longer than they allow", () =>
    Effect.gen(function* () {
      const able = {
        "stt.realtime": {
          ...capability,
          ttlSeconds: { min: 900, max: 900, default: 900 },
          usableForSeconds: { min: 60, max: 3600, default: 3600 }
        }
      }
      const message = "stt.realtime has a shortest ttl of 900 seconds, and the policy allows 300"
      for (const terms of [{ maxTtl: "5 minutes" }, { usableFor: { "stt.realtime": "5 minutes" } }] as const) {
        assert.deepStrictEqual(yield* issues({ terms }, asked, able), [{ field: "purpose", message }])
      }
      const policy = { terms: { maxTtl: "15 minutes" } } as const
      assert.strictEqual(seconds((yield* granted(policy, asked, { able })).ttl), 900)
    })
  )
  it.effect("let a client request single use, and never waive it", () =>
    Effect.gen(function* () {
      const rows = [
        ["required", [true, true, true]],
        ["preferred", ["preferred", "preferred", true]],
        ["asked", [undefined, false, true]]
      ] as const
      for (const [singleUse, expected] of rows) {
        const policy = { terms: { singleUse } }
        const requests = [asked, { ...asked, singleUse: false }, { ...asked, singleUse: true }]
        const all = yield* Effect.forEach(requests, (request) => granted(policy, request))
        assert.deepStrictEqual(
          all.map((one) => one.singleUse),
          [...expected]
        )
      }
    })
  )
  it.effect("set their maxSession for a request without one, capped by the vendor's", () =>
    Effect.gen(function* () {
      const rows = [
        ["10 minutes", undefined, 600],
        ["10 minutes", 60, 60],
        ["10 minutes", 600, 600],
        ["1 hour", undefined, 1800]
      ] as const
      for (const [maxSession, maxSessionSeconds, expected] of rows) {
        const request = maxSessionSeconds === undefined ? asked : { ...asked, maxSessionSeconds }
        assert.strictEqual(seconds((yield* granted({ terms: { maxSession } }, request)).maxSession), expected)
      }
      assert.deepStrictEqual(
        yield* issues({ terms: { maxSession: "10 minutes" } }, { ...asked, maxSessionSeconds: 601 }),
        [{ field: "maxSessionSeconds", message: "must be at most 600" }]
      )
      const { maxSessionSeconds: _, ...uncut } = capability
      const request = yield* granted({ terms: { maxSession: "10 minutes" } }, asked, {
        able: { "stt.realtime": uncut }
      })
      assert.strictEqual(seconds(request.maxSession), 600)
    })
  )
  it.effect("set the session configuration of the purposes in session", () =>
    Effect.gen(function* () {
      const binding = { config: { model: "m", tools: [{ name: "lookup" }] }, lock: "all" } as const
      const policy = { terms: { session: { realtime: binding } } }
      assert.deepStrictEqual((yield* granted(policy, { purpose: "realtime" })).session, binding)
      assert.isUndefined((yield* granted(policy)).session)
    })
  )
  it.effect("set usableFor for the purposes in it, and cap the ttl by it", () =>
    Effect.gen(function* () {
      const able = (max?: number) => ({
        realtime: {
          ...capability,
          ttlSeconds: { min: 1, max: 3600, default: 120 },
          ...(max === undefined ? {} : { usableForSeconds: { min: 1, max, default: 1800 } })
        }
      })
      const request = { purpose: "realtime" } as const
      const rows = [
        ["10 minutes", able(3600), undefined, 600, 120],
        ["10 minutes", able(3600), 300, 600, 300],
        ["1 minute", able(3600), undefined, 60, 60],
        ["1 minute", able(3600), 60, 60, 60],
        ["2 hours", able(3600), 300, 3600, 300],
        ["1 hour", able(90), undefined, 90, 90],
        ["10 minutes", able(), undefined, 600, 120]
      ] as const
      for (const [usableFor, able, ttlSeconds, usable, ttl] of rows) {
        const terms = { usableFor: { realtime: usableFor } }
        const given = yield* granted({ terms }, ttlSeconds === undefined ? request : { ...request, ttlSeconds }, {
          able
        })
        assert.deepStrictEqual([seconds(given.usableFor), seconds(given.ttl)], [usable, ttl], usableFor)
      }
      const policy = { terms: { usableFor: { realtime: "1 minute" } } } as const
      assert.deepStrictEqual(yield* issues(policy, { ...request, ttlSeconds: 61 }, able(3600)), [
        { field: "ttlSeconds", message: "must be at most 60" }
      ])
      assert.deepStrictEqual(yield* issues(policy, { ...request, ttlSeconds: 301 }, able(3600)), [
        { field: "ttlSeconds", message: "must be at most 60" }
      ])
      assert.isUndefined((yield* granted(policy)).usableFor)
      assert.strictEqual(seconds((yield* granted(policy, { ...asked, ttlSeconds: 300 })).ttl), 300)
    })
  )
  it.effect("restrict the region, and choose one for a request without a region", () =>
    Effect.gen(function* () {
      const policy = { terms: { regions: ["au", "eu", "us"] } }
      assert.strictEqual((yield* granted(policy)).region, "eu")
      assert.strictEqual((yield* granted(policy, { ...asked, region: "us" })).region, "us")
      assert.deepStrictEqual(yield* issues(policy, { ...asked, region: "jp" }), [
        { field: "region", message: "must be one of au, eu, us" }
      ])
      assert.deepStrictEqual(yield* issues({ terms: { regions: ["au"] } }, asked), [
        { field: "purpose", message: "stt.realtime is not served in an allowed region" }
      ])
    })
  )
  it.effect("reject a vendor without regions, unless allowNoRegion is set", () =>
    Effect.gen(function* () {
      const able = { "stt.realtime": { ...capability, regions: [] } }
      const refused = [{ field: "purpose", message: "stt.realtime is not served in an allowed region" }]
      for (const regions of [["eu"], []]) {
        assert.deepStrictEqual(yield* issues({ terms: { regions } }, asked, able), refused)
        assert.deepStrictEqual(yield* issues({ terms: { regions, allowNoRegion: false } }, asked, able), refused)
        const request = yield* granted({ terms: { regions, allowNoRegion: true } }, asked, { able })
        assert.isUndefined(request.region)
      }
      assert.isUndefined((yield* granted({}, asked, { able })).region)
      const elsewhere = { "stt.realtime": { ...capability, regions: ["us"] } }
      assert.deepStrictEqual(
        yield* issues({ terms: { regions: ["eu"], allowNoRegion: true } }, asked, elsewhere),
        refused
      )
    })
  )
  it.effect("list all violations at once", () =>
    Effect.gen(function* () {
      const policy = {
        terms: { purposes: ["agent"], maxTtl: "1 minute", maxSession: "1 minute", regions: ["eu"] }
      } as const
      const request = { ...asked, ttlSeconds: 61, maxSessionSeconds: 61, region: "us" }
      const found = yield* issues(policy, request)
      assert.deepStrictEqual(
        found.map(({ field }) => field),
        ["purpose", "ttlSeconds", "maxSessionSeconds", "region"]
      )
    })
  )
  it.effect("can depend on the caller's identity, and can reject it", () =>
    Effect.gen(function* () {
      const refusal = new IssuancePolicy.ForbiddenError({ issues: [] })
      const policy: IssuancePolicy.IssuancePolicy = {
        terms: ({ claims }) =>
          claims["plan"] === "none"
            ? Effect.fail(refusal)
            : Effect.succeed({ maxTtl: claims["plan"] === "pro" ? "10 minutes" : "1 minute" })
      }
      const request = { ...asked, ttlSeconds: 600 }
      const free = { subject: "bo", claims: { plan: "free" } }
      const none = { subject: "cy", claims: { plan: "none" } }
      assert.strictEqual(seconds((yield* granted(policy, request)).ttl), 600)
      assert.strictEqual(
        (yield* Effect.flip(granted(policy, request, { identity: free }))).message,
        "ttlSeconds must be at most 60"
      )
      assert.strictEqual(yield* Effect.flip(granted(policy, request, { identity: none })), refusal)
    })
  )
  it.effect("that are invalid fail when the policy is made, with the option's name", () =>
    Effect.gen(function* () {
      for (const length of ["0 seconds", "1.5 seconds", "Infinity", "60", "-1 seconds", "soon"]) {
        assert.match(yield* problem({ terms: { maxTtl: length } }), /^IssuancePolicy.maxTtl must be whole seconds/)
        assert.match(
          yield* problem({ terms: { maxSession: length } }),
          /^IssuancePolicy.maxSession must be whole seconds/
        )
      }
      assert.match(
        yield* problem({ terms: { usableFor: { agent: "2 minutes", realtime: "soon" } } }),
        /^IssuancePolicy.usableFor.realtime must be whole seconds with their unit, such as "60 seconds"$/
      )
      for (const binding of [{}, { config: [] }, { config: {}, lock: "some" }, "m"]) {
        assert.match(
          yield* problem({ terms: { session: { realtime: binding } } }),
          /^IssuancePolicy.session.realtime must be \{ config: a JSON object, lock\?: "none", "given" or "all" \}$/
        )
      }
      assert.match(
        yield* problem({ terms: { session: { realtime: { config: { now: new Date() } } } } }),
        /^IssuancePolicy.session.realtime.config.now must be JSON/
      )
      for (const name of ["session", "usableFor"]) {
        assert.match(
          yield* problem({ terms: { [name]: { speech: "1 minute" } } }),
          new RegExp(`^IssuancePolicy.${name}.speech is not a purpose: it must be one of stt.realtime, .*, realtime$`)
        )
      }
      assert.match(
        yield* problem({ terms: { purposes: ["stt"] } }),
        /^IssuancePolicy.purposes must each be one of stt.realtime/
      )
      for (const [name, values] of [
        ["purposes", ["agent", [undefined]]],
        ["regions", ["eu", [""], [7], ["eu\ud800"]]],
        ["allowNoRegion", ["true", 1]]
      ] as const) {
        for (const value of values) {
          assert.match(yield* problem({ terms: { [name]: value } }), new RegExp(`^IssuancePolicy.${name} must`))
        }
      }
      assert.match(
        yield* problem({ terms: { singleUse: "never" } }),
        /^IssuancePolicy.singleUse must be one of required/
      )
      assert.match(yield* problem({ terms: { singleUse: "never", maxTtl: "0 seconds" } }), /singleUse.*maxTtl/)
    })
  )
  it.effect("of another type or with an unknown option never lift the limits", () =>
    Effect.gen(function* () {
      for (const terms of [false, 42, "all", [], null]) {
        assert.strictEqual(yield* problem({ terms }), "IssuancePolicy.terms must be an object of terms")
        const exit = yield* Effect.exit(granted({ terms: () => Effect.succeed(terms as never) }))
        assert.isTrue(Exit.isFailure(exit) && Exit.hasDies(exit))
      }
      assert.match(
        yield* problem({ terms: { purpose: ["agent"], maxTtl: "1 minute" } }),
        /^IssuancePolicy.purpose is not a term; the terms are purposes, maxTtl, /
      )
    })
  )
  it.effect("that a function returns for an identity are a defect if invalid, and grant nothing", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(granted({ terms: () => Effect.succeed({ maxTtl: "0 seconds" }) }))
      assert.isTrue(Exit.isFailure(exit) && Exit.hasDies(exit))
    })
  )
})

describe("a hashed subject", () => {
  it.effect("is its HMAC-SHA256 in base64url, which the app can compute too", () =>
    Effect.gen(function* () {
      const key = randomBytes(32)
      const policy = { subject: { hashedWith: Redacted.make(key.toString("base64")) } }
      const expected = createHmac("sha256", key).update(ana.subject).digest("base64url")
      assert.strictEqual((yield* granted(policy)).subject, expected)
      assert.lengthOf(expected, 43)
      const untidy = { subject: { hashedWith: Redacted.make(` ${key.toString("base64")} \n`) } }
      assert.strictEqual((yield* granted(untidy)).subject, expected)
      const other = yield* granted(policy, asked, { identity: { ...ana, subject: "ana" } })
      assert.notStrictEqual(other.subject, expected)
    })
  )
  it.effect("needs a key of 32 bytes, which is not in the error", () =>
    Effect.gen(function* () {
      const short = randomBytes(31).toString("base64")
      const missing = [Redacted.make(undefined), Redacted.make(null), null]
      for (const hashedWith of [Redacted.make(short), Redacted.make(`${"x".repeat(44)}!`), short, ...missing]) {
        const error = yield* Effect.flip(
          IssuancePolicy.make({ subject: { hashedWith } } as IssuancePolicy.IssuancePolicy)
        )
        assert.match(
          error.message,
          /^IssuancePolicy.subject.hashedWith must be a Redacted of 32 bytes or more in base64/
        )
        assert.notInclude(inspect(error, { depth: 9 }), short)
      }
    })
  )
})

describe("a granted request", () => {
  const some = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 7200 }))
  const maybe = Schema.UndefinedOr(some)
  const properties = {
    cap: some,
    sessionCap: maybe,
    ttl: maybe,
    session: maybe,
    once: Schema.Literals(["required", "preferred", "asked"]),
    singleUse: Schema.UndefinedOr(Schema.Boolean),
    fallback: some
  }
  it.effect.prop(
    "never exceeds the ttl, session and single-use limits of the terms",
    properties,
    ({ cap, fallback, once, session, sessionCap, singleUse, ttl }) =>
      Effect.gen(function* () {
        const terms = {
          maxTtl: Duration.seconds(cap),
          singleUse: once,
          ...(sessionCap === undefined ? {} : { maxSession: Duration.seconds(sessionCap) })
        }
        const request = {
          ...asked,
          ...(ttl === undefined ? {} : { ttlSeconds: ttl }),
          ...(session === undefined ? {} : { maxSessionSeconds: session }),
          ...(singleUse === undefined ? {} : { singleUse })
        }
        const able = { "stt.realtime": { ...capability, ttlSeconds: { min: 1, max: 7200, default: fallback } } }
        const answer = yield* Effect.result(granted({ terms }, request, { able }))
        const outside = (ttl ?? 0) > cap || (sessionCap !== undefined && (session ?? 0) > sessionCap)
        assert.strictEqual(answer._tag, outside ? "Failure" : "Success")
        if (answer._tag === "Failure") return
        const given = answer.success
        assert.strictEqual(seconds(given.ttl), ttl ?? Math.min(fallback, cap))
        assert.isAtMost(seconds(given.ttl) ?? Infinity, cap)
        if (sessionCap !== undefined) assert.isAtMost(seconds(given.maxSession) ?? Infinity, sessionCap)
        if (session !== undefined) assert.strictEqual(seconds(given.maxSession), session)
        if (once === "required" || singleUse === true) assert.isTrue(given.singleUse)
        if (once === "preferred") assert.include([true, "preferred"], given.singleUse)
        assert.strictEqual(given.exposure, "client")
        assert.isUndefined(given.onUnsupported)
      }),
    { arbitrary: { runs: 300, seed: 5 } }
  )
})
