import * as Adapter from "@tempcred/core/Adapter"
import { checkOneOf, checkRegion, checkUrl, type Issue } from "@tempcred/core/ConfigurationError"
import * as Providers from "@tempcred/core/Providers"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import * as Fiber from "effect/Fiber"
import * as Acme from "./acme.ts"

const { call, credential, dialect, response } = Acme.spec()

const descriptor = (id: string): Adapter.Adapter =>
  Adapter.withConfig(
    Adapter.make({
      id,
      options: { apiKey: Adapter.key(`${id.toUpperCase()}_API_KEY`), region: Adapter.region("ACME_REGION") },
      capabilities: Acme.capabilities,
      call,
      response,
      credential,
      dialect
    })
  )

const building = (env: Readonly<Record<string, string>>, vendor = Acme.vendor(Acme.ok)) =>
  Providers.layerConfig([descriptor("acme"), descriptor("globex")]).pipe(
    Layer.provide(vendor.layer),
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env })))
  )

const mint = TempCredentialProvider.use((provider) => provider.mint({ purpose: "stt.realtime" }))

const failure = (env: Readonly<Record<string, string>>) =>
  mint.pipe(
    Effect.provide(building(env)),
    Effect.flip,
    Effect.map((error) => error.message)
  )

describe("TEMPCRED_PROVIDER", () => {
  it.effect("selects the vendor, and only that vendor's variables are read", () =>
    Effect.gen(function* () {
      for (const id of ["acme", "globex"]) {
        const env = { TEMPCRED_PROVIDER: id, [`${id.toUpperCase()}_API_KEY`]: "k" }
        assert.strictEqual((yield* Effect.provide(mint, building(env))).provider, id)
      }
    })
  )
  it.effect("an unknown vendor's error lists the known ones, and does not repeat the value", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* failure({ TEMPCRED_PROVIDER: "initech" }),
        "TEMPCRED_PROVIDER names an unknown provider; known are acme, globex"
      )
      assert.strictEqual(yield* failure({}), "TEMPCRED_PROVIDER is not set; known are acme, globex")
    })
  )
  it.effect("a missing or invalid key fails with the name of its variable", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* failure({ TEMPCRED_PROVIDER: "acme" }), "ACME_API_KEY is not set")
      assert.match(yield* failure({ TEMPCRED_PROVIDER: "acme", ACME_API_KEY: "a b" }), /^ACME_API_KEY \(apiKey\) holds/)
    })
  )
})

describe("two stacks in one program", () => {
  const adapters = [descriptor("acme"), descriptor("globex")]
  const mintedBy = Effect.fnUntraced(function* (environments: ReadonlyArray<Readonly<Record<string, string>>>) {
    const vendor = Acme.vendor(Acme.ok)
    const providers: Array<string> = []
    const stacks = environments.map((env) =>
      Layer.effectDiscard(Effect.map(mint, ({ provider }) => providers.push(provider))).pipe(
        Layer.provide(Providers.layerConfig(adapters)),
        Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env })))
      )
    )
    yield* Effect.scoped(Layer.build(Layer.provide(Layer.mergeAll(Layer.empty, ...stacks), vendor.layer)))
    return { providers, keys: vendor.sent.map(({ key }) => Redacted.value(key)) }
  })

  it.effect("use different vendors if TEMPCRED_PROVIDER differs", () =>
    Effect.gen(function* () {
      const env = { ACME_API_KEY: "a", GLOBEX_API_KEY: "b" }
      const stacks = [
        { ...env, TEMPCRED_PROVIDER: "acme" },
        { ...env, TEMPCRED_PROVIDER: "globex" }
      ]
      assert.sameMembers((yield* mintedBy(stacks)).providers, ["acme", "globex"])
    })
  )

  it.effect("use different keys of one vendor if its variable differs", () =>
    Effect.gen(function* () {
      const env = { TEMPCRED_PROVIDER: "acme" }
      const { keys } = yield* mintedBy([
        { ...env, ACME_API_KEY: "a" },
        { ...env, ACME_API_KEY: "b" }
      ])
      assert.sameMembers(keys, ["a", "b"])
    })
  )
})

describe("settings of the stack", () => {
  const env = { TEMPCRED_PROVIDER: "acme", ACME_API_KEY: "k" }

  it.effect("TEMPCRED_TTL is the ttl of requests without a ttl", () =>
    Effect.gen(function* () {
      const vendor = Acme.vendor(Acme.ok)
      yield* TempCredentialProvider.use((provider) =>
        Effect.all([
          provider.mint({ purpose: "stt.realtime" }),
          provider.mint({ purpose: "stt.realtime", ttl: undefined }),
          provider.mint({ purpose: "stt.realtime", ttl: "61 seconds" })
        ])
      ).pipe(Effect.provide(building({ ...env, TEMPCRED_TTL: "5 minutes" }, vendor)))
      assert.deepStrictEqual(
        vendor.sent.map((one) => one.body),
        [300, 300, 61].map((ttl) => ({ ttl, session: undefined }))
      )
    })
  )
  it.effect("TEMPCRED_TTL is the default ttl in the provider's capabilities", () =>
    Effect.gen(function* () {
      const told = TempCredentialProvider.useSync(({ capabilities }) => capabilities["stt.realtime"])
      const plain = yield* Effect.provide(told, building(env))
      const set = yield* Effect.provide(told, building({ ...env, TEMPCRED_TTL: "5 minutes" }))
      const own = Acme.capabilities["stt.realtime"]
      assert.deepStrictEqual(plain, own)
      assert.deepStrictEqual(set, { ...own, ttlSeconds: { ...own.ttlSeconds, default: 300 } })
    })
  )
  it.effect("TEMPCRED_RETRIES and TEMPCRED_TIMEOUT limit a mint", () =>
    Effect.gen(function* () {
      const once = Acme.vendor({ status: 503 })
      yield* mint.pipe(Effect.provide(building({ ...env, TEMPCRED_RETRIES: "0" }, once)), Effect.flip)
      assert.strictEqual(once.sent.length, 1)
      const hung = Acme.vendor("hang")
      const fiber = yield* Effect.forkChild(
        mint.pipe(Effect.provide(building({ ...env, TEMPCRED_TIMEOUT: "2 seconds" }, hung)), Effect.flip),
        { startImmediately: true }
      )
      yield* TestClock.adjust("2 seconds")
      assert.match((yield* Fiber.join(fiber)).message, /no response in time/)
    })
  )
  it.effect("an invalid value is an error with the variable's name, without the value", () =>
    Effect.gen(function* () {
      for (const name of ["TEMPCRED_TTL", "TEMPCRED_TIMEOUT", "TEMPCRED_RETRIES", "TEMPCRED_RATE_LIMIT"]) {
        const message = yield* failure({ ...env, [name]: "quick-secret" })
        assert.match(message, new RegExp(`^${name} `))
        assert.notInclude(message, "quick-secret")
      }
      for (const [name, value, rule] of [
        ["TEMPCRED_RETRIES", "-1", /whole number, 0 to 10/],
        ["TEMPCRED_RETRIES", "11", /whole number, 0 to 10/],
        ["TEMPCRED_RATE_LIMIT", "0", /whole number/],
        ["TEMPCRED_RETRIES", "1.5", /whole number, 0 to 10/],
        ["TEMPCRED_TIMEOUT", "0 seconds", /whole seconds with their unit, such as "60 seconds"/],
        ["TEMPCRED_TIMEOUT", "Infinity", /whole seconds/],
        ["TEMPCRED_TTL", "60", /whole seconds/],
        ["TEMPCRED_TTL", "1.5 seconds", /whole seconds/]
      ] as const) {
        const message = yield* failure({ ...env, [name]: value })
        assert.match(message, new RegExp(`^${name} must be`))
        assert.match(message, rule)
      }
    })
  )
})

describe("a URL", () => {
  const cases: ReadonlyArray<readonly [url: string, scheme: "https" | "wss", message: RegExp | undefined]> = [
    ["https://api.acme.example/sub", "https", undefined],
    ["wss://acme.example/listen", "wss", undefined],
    ["http://127.0.0.1:4801", "https", undefined],
    ["http://127.9.9.9", "https", undefined],
    ["http://localhost:1", "https", undefined],
    ["ws://[::1]:1/v2", "wss", undefined],
    ["http://api.acme.example", "https", /must begin with https:\/\//],
    ["http://127.0.0.1.evil.example", "https", /must begin with https:\/\//],
    ["http://localhost.evil.example", "https", /must begin with/],
    ["ws://acme.example", "wss", /must begin with wss:\/\//],
    ["https://acme.example", "wss", /must begin with wss:\/\//],
    ["ftp://127.0.0.1", "https", /must begin with/],
    ["api.acme.example", "https", /is not a URL/],
    ["", "https", /is not a URL/],
    ["https://user:pass@acme.example", "https", /not contain a user name or password/],
    ["https://acme.example/?key=1", "https", /not contain a query/],
    ["https://acme.example/#x", "https", /or a fragment/],
    ["https://acme.example?", "https", /not contain a query/],
    ["wss://acme.example/#", "wss", /or a fragment/],
    ["https://acme.example ", "https", /not contain white space/],
    ["https://acme.exa\nmple", "https", /not contain white space/],
    ["https:\\\\acme.example", "https", /is not a URL/],
    ["https:acme.example", "https", /is not a URL/],
    ["http://127.0.0.1:1\\@evil.example", "https", /is not a URL/]
  ]
  for (const [url, scheme, message] of cases) {
    it(`${url || "empty text"} is ${message === undefined ? "accepted" : "rejected"} where ${scheme} is required`, () => {
      const issues: ReadonlyArray<Issue> = checkUrl("ACME_URL", url, scheme)
      assert.strictEqual(issues.length, message === undefined ? 0 : 1)
      if (message !== undefined) assert.match(issues[0]?.message ?? "", message)
    })
  }
  it("a region that would change the host of a URL is rejected", () => {
    for (const region of ["evil.example/", "eu.evil", "EU", "-eu", "", "eu#", "e u"]) {
      assert.strictEqual(checkRegion("ACME_REGION", region).length, 1)
    }
    for (const region of ["eu", "us-east-1", undefined]) assert.deepStrictEqual(checkRegion("ACME_REGION", region), [])
  })
  it("a value that is not one of the allowed ones is rejected with the allowed ones, without the value", () => {
    for (const value of ["eu", "us", undefined])
      assert.deepStrictEqual(checkOneOf("ACME_REGION", value, ["eu", "us"]), [])
    for (const value of ["", "EU", "toString"]) {
      assert.deepStrictEqual(checkOneOf("ACME_REGION", value, ["eu", "us"]), [
        { name: "ACME_REGION", message: "must be one of eu, us" }
      ])
    }
  })
})
