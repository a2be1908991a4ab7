/** Many accounts behind one provider: lookup, isolation, capacity and idle time. */
import { Accounts, type Options } from "@tempcred/core/Accounts"
import type { ProviderLayer } from "@tempcred/core/Adapter"
import { CredentialCache } from "@tempcred/core/CredentialCache"
import * as CredentialSharing from "@tempcred/core/CredentialSharing"
import * as Events from "@tempcred/core/Events"
import { fingerprint } from "@tempcred/core/Fingerprint"
import * as Minter from "@tempcred/core/Minter"
import * as Providers from "@tempcred/core/Providers"
import { type MintOptions, TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { type Answer, Transport } from "@tempcred/core/Transport"
import * as WarmPool from "@tempcred/core/WarmPool"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import * as Provider from "../src/adapter/Provider.ts"
import * as Acme from "./acme.ts"
import * as Store from "./store.ts"

interface Sent {
  readonly key: string
  readonly host: string
}

const answer = (status: number, body: object): Effect.Effect<Answer> =>
  Effect.map(Clock.currentTimeMillis, (now) => ({
    status,
    headers: status === 429 ? { "retry-after": "60" } : {},
    text: JSON.stringify(body),
    sentAt: now,
    receivedAt: now,
    elapsed: { headers: 0, whole: 0 }
  }))

/** The prefix of a key's tokens. A token that contains its key is refused. */
const tokenOf = (key: string) => `token-${[...key].toReversed().join("")}`

/** A vendor at two hosts. Each token identifies its key, and `status` decides the response for a key or host. */
const vendor = (status: (sent: Sent) => number = () => 201) => {
  const sent: Array<Sent> = []
  const layer = Layer.succeed(Transport, {
    send: (outgoing) => {
      const one = { key: Redacted.value(outgoing.key), host: new URL(outgoing.url).hostname }
      sent.push(one)
      const code = status(one)
      return answer(
        code,
        code === 201 ? { token: `${tokenOf(one.key)}-${sent.length}` } : { message: `no, ${one.key}` }
      )
    }
  })
  return { sent, layer }
}

const acme = (key: string, id = "acme"): ProviderLayer => {
  const apiKey = Redacted.make(key)
  const spec = Acme.spec({ apiKey })
  const call = (request: Parameters<typeof spec.call>[0]) => ({
    ...spec.call(request),
    url: `https://${id}.example/token`
  })
  return Layer.effect(TempCredentialProvider, Provider.make({ ...spec, provider: id, call }))
}

const vendors = [
  { id: "acme", capabilities: Acme.capabilities },
  { id: "globex", capabilities: Acme.capabilities }
] as const

const request = { purpose: "stt.realtime", subject: "u1" } as const

const mint = (options?: MintOptions) =>
  Effect.map(
    TempCredentialProvider.use((provider) => provider.mint(request, options)),
    (credential) => Redacted.value(credential.token)
  )

const size = Accounts.use((accounts) => accounts.size)

interface Changes extends Partial<Options> {
  readonly stack?: (account: string) => ProviderLayer
}

/** Accounts with separate keys, and the order of their lookups. */
const accountsOf = ({
  stack = (account) => Providers.layer([acme(`key-of-${account}`)]),
  ...changes
}: Changes = {}) => {
  const lookups: Array<string> = []
  const layer = Accounts.layer({
    vendors,
    resolve: (account) =>
      Effect.sync(() => {
        lookups.push(account)
        return account === "nobody" ? undefined : stack(account)
      }),
    ...changes
  })
  return { layer, lookups }
}

const message = <A, R>(effect: Effect.Effect<A, { readonly message: string }, R>) =>
  Effect.map(Effect.flip(effect), (error) => error.message)

describe("the account of a mint", () => {
  it.effect("determines the key, and is looked up once", () => {
    const { layer: transport, sent } = vendor()
    const { layer, lookups } = accountsOf()
    return Effect.gen(function* () {
      for (const account of ["ana", "bo", "ana", "bo"]) yield* mint({ account })
      assert.deepStrictEqual(
        sent.map(({ key }) => key),
        ["key-of-ana", "key-of-bo"]
      )
      assert.deepStrictEqual(lookups, ["ana", "bo"])
    }).pipe(Effect.provide(Layer.provide(layer, transport)))
  })

  it.effect("is required, and must be the name of a known account", () => {
    const { layer, lookups } = accountsOf()
    return Effect.gen(function* () {
      const rule =
        "acme,globex: the request is invalid: account: must name an account: non-empty text in well-formed Unicode"
      assert.strictEqual(yield* message(mint()), rule)
      assert.strictEqual(yield* message(mint({ account: "" })), rule)
      assert.strictEqual(yield* message(mint({ account: "\ud800" })), rule)
      assert.deepStrictEqual(lookups, [])
      const error = yield* Effect.flip(mint({ account: "nobody" }))
      assert.strictEqual(error.reason._tag, "InvalidRequestError")
      assert.strictEqual(error.message, "acme,globex: the request is invalid: account: names no known account")
      yield* Effect.flip(mint({ account: "nobody" }))
      assert.lengthOf(lookups, 2)
      assert.strictEqual(yield* size, 0)
    }).pipe(Effect.provide(Layer.provide(layer, vendor().layer)))
  })

  it.effect("is rejected by a provider without accounts, even if a credential is cached", () => {
    const { layer: transport, sent } = vendor()
    return Effect.gen(function* () {
      yield* mint()
      const error = yield* Effect.flip(mint({ account: "ana" }))
      assert.strictEqual(error.reason._tag, "InvalidRequestError")
      assert.match(error.message, /account: is not supported: provide Accounts.layer/)
      assert.lengthOf(sent, 1)
    }).pipe(Effect.provide(Layer.provide(Providers.layer([acme("key")]), transport)))
  })

  it("is rejected by a Minter without accounts", async () => {
    const { layer: transport } = vendor()
    await using minter = Minter.make(Providers.layer([acme("key")]), { transport })
    await minter.mint(request)
    const failed = await minter.mint(request, { account: "ana" }).then(
      () => "minted",
      (error: unknown) => String(error)
    )
    assert.match(failed, /account: is not supported/)
  })
})

describe("the lookup of an account", () => {
  it.effect("is shared by concurrent mints, and times out", () => {
    let lookups = 0
    const resolve = () =>
      Effect.suspend(() => {
        lookups += 1
        return lookups === 1 ? Effect.never : Effect.succeed(acme("key"))
      })
    const { layer } = accountsOf({ resolve, timeout: "2 seconds" })
    return Effect.gen(function* () {
      const waiting = [
        yield* Effect.forkChild(Effect.flip(mint({ account: "ana" })), { startImmediately: true }),
        yield* Effect.forkChild(Effect.flip(mint({ account: "ana" })), { startImmediately: true })
      ]
      yield* TestClock.adjust("2 seconds")
      for (const fiber of waiting) {
        const error = yield* Fiber.join(fiber)
        assert.strictEqual(error.reason._tag, "UnavailableError")
        assert.match(error.message, /the account was not looked up within 2s/)
      }
      assert.strictEqual(lookups, 1)
      yield* mint({ account: "ana" })
      assert.strictEqual(lookups, 2)
    }).pipe(Effect.provide(Layer.provide(layer, vendor().layer)))
  })

  it.effect("fails only the current mint if it fails or throws, without the text of the failure", () => {
    const failures: ReadonlyArray<() => Effect.Effect<never, unknown>> = [
      () => Effect.fail("key-of-ana"),
      () => Effect.die(new Error("key-of-ana")),
      () => {
        throw new Error("key-of-ana")
      }
    ]
    let lookups = 0
    const resolve = () => failures[lookups++]?.() ?? Effect.succeed(acme("key"))
    const { layer } = accountsOf({ resolve })
    return Effect.gen(function* () {
      for (const _ of failures) {
        const error = yield* Effect.flip(mint({ account: "ana" }))
        assert.strictEqual(error.reason._tag, "UnavailableError")
        assert.isTrue(error.isRetryable)
        assert.notInclude(JSON.stringify(error) + error.message, "key-of-ana")
        assert.strictEqual(yield* size, 0)
      }
      assert.include(yield* mint({ account: "ana" }), tokenOf("key"))
    }).pipe(Effect.provide(Layer.provide(layer, vendor().layer)))
  })

  it.effect("fails with the option's name if the configuration is invalid, and is not cached", () => {
    const { layer, lookups } = accountsOf({ stack: () => Providers.layer([acme("a key")]) })
    return Effect.gen(function* () {
      for (const _ of [1, 2]) {
        const error = yield* Effect.flip(mint({ account: "ana" }))
        assert.strictEqual(error.reason._tag, "AuthenticationError")
        assert.match(error.message, /the account's configuration is invalid: ACME_API_KEY \(apiKey\) holds a space/)
      }
      assert.lengthOf(lookups, 2)
    }).pipe(Effect.provide(Layer.provide(layer, vendor().layer)))
  })

  it.effect("is repeated after the vendor refused the key, at most once in 10 seconds", () => {
    const { layer: transport } = vendor(({ key }) => (key === "key-1" ? 401 : 201))
    let keys = 0
    const { layer } = accountsOf({ stack: () => Providers.layer([acme(`key-${++keys}`)]) })
    return Effect.gen(function* () {
      for (const wait of [0, 5000, 5000]) {
        yield* TestClock.adjust(wait)
        assert.strictEqual((yield* Effect.flip(mint({ account: "ana" }))).reason._tag, "AuthenticationError")
        assert.strictEqual(keys, 1)
      }
      assert.include(yield* mint({ account: "ana" }), tokenOf("key-2"))
    }).pipe(Effect.provide(Layer.provide(layer, transport)))
  })

  it.effect("continues for other mints if the first one is interrupted", () => {
    let lookups = 0
    const resolve = () =>
      Effect.delay(
        Effect.sync(() => (lookups++, acme("key"))),
        "1 second"
      )
    const { layer } = accountsOf({ resolve })
    return Effect.gen(function* () {
      const first = yield* Effect.forkChild(mint({ account: "ana" }), { startImmediately: true })
      const second = yield* Effect.forkChild(mint({ account: "ana" }), { startImmediately: true })
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("1 second")
      assert.include(yield* Fiber.join(second), tokenOf("key"))
      assert.strictEqual(lookups, 1)
    }).pipe(Effect.provide(Layer.provide(layer, vendor().layer)))
  })
})

describe("cached accounts", () => {
  it.effect("are limited by capacity; the least recently used one is dropped", () => {
    const { layer, lookups } = accountsOf({ capacity: 2 })
    return Effect.gen(function* () {
      for (const account of ["a", "b", "a", "c", "a", "b"]) yield* mint({ account })
      assert.deepStrictEqual(lookups, ["a", "b", "c", "b"])
      assert.strictEqual(yield* size, 2)
    }).pipe(Effect.provide(Layer.provide(layer, vendor().layer)))
  })

  it.effect("are dropped after the idle time, counted from the last mint", () => {
    const { layer, lookups } = accountsOf({ idle: "1 minute" })
    return Effect.gen(function* () {
      yield* mint({ account: "a" })
      yield* TestClock.adjust("40 seconds")
      yield* mint({ account: "a" })
      yield* TestClock.adjust("40 seconds")
      yield* mint({ account: "a" })
      assert.lengthOf(lookups, 1)
      yield* TestClock.adjust("61 seconds")
      assert.strictEqual(yield* size, 0)
      yield* mint({ account: "a" })
      assert.lengthOf(lookups, 2)
    }).pipe(Effect.provide(Layer.provide(layer, vendor().layer)))
  })

  it.effect("complete their pending mints after they are dropped", () => {
    const slow = Layer.succeed(Transport, { send: () => Effect.delay(answer(201, { token: "slow" }), "1 second") })
    const { layer } = accountsOf({ capacity: 1 })
    return Effect.gen(function* () {
      const first = yield* Effect.forkChild(mint({ account: "a" }), { startImmediately: true })
      const second = yield* Effect.forkChild(mint({ account: "b" }), { startImmediately: true })
      yield* Accounts.use((accounts) => accounts.forget("b"))
      assert.strictEqual(yield* size, 0)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([yield* Fiber.join(first), yield* Fiber.join(second)], ["slow", "slow"])
    }).pipe(Effect.provide(Layer.provide(layer, slow)))
  })

  it.effect("are looked up again after forget", () => {
    const { layer, lookups } = accountsOf()
    return Effect.gen(function* () {
      yield* mint({ account: "a" })
      yield* Accounts.use((accounts) => accounts.forget("a"))
      yield* mint({ account: "a" })
      assert.deepStrictEqual(lookups, ["a", "a"])
    }).pipe(Effect.provide(Layer.provide(layer, vendor().layer)))
  })
})

describe("invalidate", () => {
  it.effect("drops the credential from its account's cache and from no other", () => {
    const { layer: transport, sent } = vendor()
    const { layer } = accountsOf({ stack: () => Providers.layer([acme("one-key")]) })
    return Effect.gen(function* () {
      const provider = yield* TempCredentialProvider
      const refused = yield* provider.mint(request, { account: "ana" })
      yield* provider.mint(request, { account: "bo" })
      yield* provider.invalidate?.(refused) ?? Effect.void
      yield* provider.mint(request, { account: "bo" })
      assert.lengthOf(sent, 2)
      const next = yield* provider.mint(request, { account: "ana" })
      assert.lengthOf(sent, 3)
      yield* provider.mint(request, { account: "bo", refused: yield* fingerprint(next.token) })
      yield* provider.mint(request, { account: "ana" })
      assert.lengthOf(sent, 3)
      yield* provider.mint(request, { account: "ana", refused: yield* fingerprint(next.token) })
      assert.lengthOf(sent, 4)
    }).pipe(Effect.provide(Layer.provide(layer, transport)))
  })
})

describe.each([
  ["different keys", (account: string) => `key-of-${account}`],
  ["the same key", () => "one-key"]
] as const)("two accounts with %s", (_, keyOf) => {
  const build = (options: Providers.Options, status?: (sent: Sent) => number) => {
    const { layer: transport, sent } = vendor(status)
    const { layer } = accountsOf({
      stack: (account) => Providers.layer([acme(keyOf(account)), acme(keyOf(account), "globex")], options)
    })
    return { sent, machine: Layer.build(Layer.provide(layer, transport)) }
  }

  it.effect("have separate credentials, in the cache and in a shared store", () =>
    Effect.gen(function* () {
      const { store, texts } = yield* Store.make()
      const key = Redacted.make("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
      const { machine, sent } = build({ cache: { store, key } })
      const [one, other] = [yield* machine, yield* machine]
      const ana = yield* Effect.provide(mint({ account: "ana" }), one)
      const bo = yield* Effect.provide(mint({ account: "bo" }), one)
      assert.notStrictEqual(ana, bo)
      assert.strictEqual(yield* Effect.provide(mint({ account: "bo" }), other), bo)
      assert.strictEqual(yield* Effect.provide(mint({ account: "ana" }), other), ana)
      assert.strictEqual(yield* Effect.provide(mint({ account: "ana" }), one), ana)
      assert.lengthOf(sent, 2)
      assert.strictEqual(texts.size, 2)
    }).pipe(Effect.scoped)
  )

  it.effect("have separate rate limits and waits after a 429, also in a shared store", () =>
    Effect.gen(function* () {
      const { store } = yield* Store.make()
      const key = Redacted.make("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
      for (const cache of ["off", { store, key }] as const) {
        let calls = 0
        const { machine, sent } = build({ cache, rateLimit: 1, retries: 0 }, () => (++calls <= 2 ? 429 : 201))
        const context = yield* machine
        const unnamed = (account: string) =>
          TempCredentialProvider.use((provider) => provider.mint({ purpose: "stt.realtime" }, { account }))
        const error = yield* Effect.flip(Effect.provide(unnamed("ana"), context))
        assert.strictEqual(error.reason._tag, "RateLimitError")
        assert.lengthOf(sent, 2)
        yield* Effect.provide(unnamed("bo"), context)
        assert.lengthOf(sent, 3)
        yield* Effect.flip(Effect.provide(unnamed("ana"), context))
        assert.lengthOf(sent, 3)
      }
    }).pipe(Effect.scoped)
  )

  it.effect("have separate circuit breakers", () =>
    Effect.gen(function* () {
      let isDown = true
      const { machine, sent } = build({ cache: "off", retries: 0 }, ({ host }) =>
        isDown && host === "acme.example" ? 503 : 201
      )
      const context = yield* machine
      for (const _ of [1, 2, 3, 4]) yield* Effect.provide(mint({ account: "ana" }), context)
      const hosts = (from: number) => sent.slice(from).map(({ host }) => host)
      assert.deepStrictEqual(hosts(6), ["globex.example"])
      isDown = false
      yield* Effect.provide(mint({ account: "ana" }), context)
      yield* Effect.provide(mint({ account: "bo" }), context)
      assert.deepStrictEqual(hosts(7), ["globex.example", "acme.example"])
    }).pipe(Effect.scoped)
  )

  it.effect("have separate pools", () =>
    Effect.gen(function* () {
      const { layer: transport, sent } = vendor()
      const capabilities = {
        ...Acme.capabilities,
        "stt.realtime": { ...Acme.capabilities["stt.realtime"], singleUse: true }
      }
      const once = (account: string) => {
        const apiKey = Redacted.make(keyOf(account))
        return Layer.effect(TempCredentialProvider, Provider.make({ ...Acme.spec({ apiKey }), capabilities }))
      }
      const { layer } = accountsOf({ stack: (account) => Providers.layer([once(account)], { pool: 2 }) })
      const context = yield* Layer.build(Layer.provide(layer, transport))
      const single = (account: string) =>
        TempCredentialProvider.use((provider) => provider.mint({ ...request, singleUse: true }, { account })).pipe(
          Effect.map(({ token }) => Redacted.value(token).split("-").at(-1)),
          Effect.provide(context)
        )
      assert.strictEqual(yield* single("ana"), "1")
      yield* TestClock.adjust("1 second")
      assert.lengthOf(sent, 2)
      // The second credential is in the first account's pool.
      assert.strictEqual(yield* single("bo"), "3")
      assert.strictEqual(yield* single("ana"), "2")
    }).pipe(Effect.scoped)
  )
})

describe("two accounts", () => {
  it.effect("have separate caches even if their lookups return the same layer", () => {
    const { layer: transport, sent } = vendor()
    const only = CredentialCache.layer().pipe(Layer.provide(acme("key")))
    const { layer } = accountsOf({ stack: () => only })
    return Effect.gen(function* () {
      for (const account of ["ana", "bo", "ana", "bo"]) yield* mint({ account })
      assert.lengthOf(sent, 2)
    }).pipe(Effect.provide(Layer.provide(layer, transport)))
  })

  it.effect("are kept apart by a cache, a pool or sharing above them", () =>
    Effect.gen(function* () {
      const { store } = yield* Store.make()
      const keys = [Redacted.make("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")] as const
      for (const wrapper of [CredentialCache.layer(), WarmPool.layer(), CredentialSharing.layer({ store, keys })]) {
        const { layer: transport } = vendor()
        const wrapped = wrapper.pipe(Layer.provide(accountsOf().layer), Layer.provide(transport))
        const context = yield* Layer.build(wrapped)
        for (const account of ["ana", "bo", "ana"]) {
          assert.include(yield* Effect.provide(mint({ account }), context), tokenOf(`key-of-${account}`))
        }
      }
    }).pipe(Effect.scoped)
  )

  it.effect("can have separate event receivers, and no event or error contains an account's name", () => {
    const { layer: transport } = vendor(({ key }) => (key === "key-of-ana" ? 401 : 201))
    const seen: Array<string> = []
    const { layer } = accountsOf({
      stack: (account) =>
        Providers.layer([acme(`key-of-${account}`)]).pipe(
          Layer.provide(
            Events.layer((event) =>
              Effect.sync(() => {
                assert.notInclude(JSON.stringify(event), account)
                seen.push(`${account} ${event._tag}`)
              })
            )
          )
        )
    })
    return Effect.gen(function* () {
      const error = yield* Effect.flip(mint({ account: "ana" }))
      assert.notInclude(JSON.stringify(error) + error.message, "ana")
      yield* mint({ account: "bo" })
      assert.deepStrictEqual(seen, ["ana KeyRefused", "ana MintFailed", "bo Minted"])
    }).pipe(Effect.provide(Layer.provide(layer, transport)))
  })
})

it.effect("an invalid option fails the layer with its name and its rule", () =>
  Effect.gen(function* () {
    const { layer } = accountsOf({ capacity: 0, idle: "0 seconds" })
    assert.strictEqual(
      yield* message(Effect.scoped(Layer.build(Layer.provide(layer, vendor().layer)))),
      'Accounts.capacity must be a whole number, 1 or more; Accounts.idle must be a duration with its unit, such as "20 seconds"'
    )
  })
)
