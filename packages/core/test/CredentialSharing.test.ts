import * as CredentialSharing from "@tempcred/core/CredentialSharing"
import { TempCredential } from "@tempcred/core/TempCredential"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { inspect } from "node:util"
import * as Deadline from "../src/Deadline.ts"
import * as Host from "./host.ts"
import * as Store from "./store.ts"
import { holding } from "../src/temp-credential-provider/Holding.ts"

const tokenOf = ({ token }: TempCredential) => Redacted.value(token)

const numberOf = (credential: TempCredential) => Number(tokenOf(credential).split("-").at(-1))

const place = Effect.fnUntraced(function* () {
  const store = yield* Store.make()
  const vendor = Host.vendor()
  return { store, vendor, start: (options?: Parameters<typeof Host.start>[2]) => Host.start(store, vendor, options) }
})

describe("sharing credentials between machines", () => {
  it.effect("a second machine uses the credential that the first one minted", () =>
    Effect.gen(function* () {
      const { start, vendor } = yield* place()
      const [one, other] = [yield* start(), yield* start()]
      const minted = yield* one.mint()
      assert.deepStrictEqual(yield* other.mint(), minted)
      assert.strictEqual(vendor.state.mints, 1)
    })
  )

  const clocks: ReadonlyArray<readonly [writer: number, reader: number, store: number]> = [
    [0, 0, 0],
    [600_000, 0, 0],
    [0, 600_000, 0],
    [-600_000, 600_000, 0],
    [600_000, -600_000, 3_600_000],
    [0, 0, -600_000]
  ]
  for (const [writer, reader, ofStore] of clocks) {
    it.effect(`clock skew does not change the expiry (ms: writer ${writer}, reader ${reader}, store ${ofStore})`, () =>
      Effect.gen(function* () {
        yield* TestClock.adjust("1 hour")
        const { store, start } = yield* place()
        store.state.ahead = ofStore
        const [one, other] = [yield* start({ ahead: writer }), yield* start({ ahead: reader })]
        const minted = yield* one.mint()
        yield* TestClock.adjust("20 seconds")
        const found = yield* other.mint()
        assert.strictEqual(tokenOf(found), tokenOf(minted))
        const now = (yield* Effect.clockWith((clock) => clock.currentTimeMillis)) + reader
        assert.strictEqual(DateTime.toEpochMillis(found.expiresAt) - now, 40_000)
        assert.strictEqual(now - DateTime.toEpochMillis(found.issuedAt), 20_000)
      })
    )
  }

  it.effect("subjects and regions that are not well-formed Unicode are never shared", () =>
    Effect.gen(function* () {
      const { store, start, vendor } = yield* place()
      const one = yield* start()
      yield* one.mint({ purpose: "stt.realtime", subject: "ana\ufffd", region: "\ufffd" })
      const calls = store.state.calls.length
      for (const lone of ["\ud800", "\udfff"]) {
        yield* one.mint({ purpose: "stt.realtime", subject: `ana${lone}` })
        yield* one.mint({ purpose: "stt.realtime", subject: "ana", region: lone })
      }
      // A real provider rejects such a request; this one mints for every request.
      assert.strictEqual(vendor.state.mints, 5)
      assert.lengthOf(store.state.calls, calls)
    })
  )

  it.effect("a slow store never makes a credential expire later", () =>
    Effect.gen(function* () {
      const { store, start } = yield* place()
      const [one, other] = [yield* start(), yield* start()]
      store.state.delay = 100
      const minting = yield* Host.begin(one.mint())
      for (let round = 0; round < 2; round++) {
        yield* Host.until(() => store.state.calls.length > round)
        yield* TestClock.adjust("100 millis")
      }
      const minted = yield* Host.joinNow(minting)
      const calls = store.state.calls.length
      const finding = yield* Host.begin(other.mint())
      yield* Host.until(() => store.state.calls.length > calls)
      yield* TestClock.adjust("100 millis")
      const found = yield* Host.joinNow(finding)
      assert.strictEqual(tokenOf(found), tokenOf(minted))
      assert.isAtMost(DateTime.toEpochMillis(found.expiresAt), DateTime.toEpochMillis(minted.expiresAt))
    })
  )

  it.effect("a credential that the provider returns late is stored only for its remaining lifetime", () =>
    Effect.gen(function* () {
      const { store, start, vendor } = yield* place()
      vendor.state.age = 20_000
      yield* (yield* start()).mint()
      assert.deepStrictEqual(
        Array.from(store.texts.values(), ({ until }) => until),
        [40_000]
      )
    })
  )

  it.effect("a credential with less than half of its lifetime left is replaced for all machines", () =>
    Effect.gen(function* () {
      const { start, vendor } = yield* place()
      const [one, other] = [yield* start(), yield* start()]
      yield* one.mint()
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(numberOf(yield* other.mint()), 1)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(numberOf(yield* other.mint()), 2)
      assert.strictEqual(numberOf(yield* one.mint()), 2)
      assert.strictEqual(vendor.state.mints, 2)
    })
  )

  it.effect("a shared credential with less than minRemaining is not used", () =>
    Effect.gen(function* () {
      const { start } = yield* place()
      const [one, other] = [yield* start(), yield* start()]
      yield* one.mint()
      yield* TestClock.adjust("10 seconds")
      const atLeast = (seconds: number) => ({ minRemaining: Duration.seconds(seconds) })
      assert.strictEqual(numberOf(yield* other.mint(Host.request, atLeast(50))), 1)
      assert.strictEqual(numberOf(yield* other.mint(Host.request, atLeast(51))), 2)
      assert.strictEqual(numberOf(yield* one.mint(Host.request, atLeast(51))), 2)
      // Longer than a credential's lifetime: each request mints, and none fails.
      assert.strictEqual(numberOf(yield* one.mint(Host.request, atLeast(61))), 3)
    })
  )

  it.effect("a stored credential is ignored if the store's clock was set back", () =>
    Effect.gen(function* () {
      const { store, start } = yield* place()
      const [one, other] = [yield* start(), yield* start()]
      yield* TestClock.adjust("1 hour")
      yield* one.mint()
      store.state.ahead = -600_000
      assert.strictEqual(numberOf(yield* other.mint()), 2)
    })
  )

  it.effect("different requests and different accounts have separate entries in the store", () =>
    Effect.gen(function* () {
      const { store, start, vendor } = yield* place()
      const machine = yield* start()
      const variants = [
        Host.request,
        { ...Host.request, subject: "another" },
        { ...Host.request, ttl: "30 seconds" },
        { ...Host.request, exposure: "server" },
        { ...Host.request, onUnsupported: "relax" },
        { ...Host.request, region: "eu" },
        { ...Host.request, maxSession: "30 seconds" }
      ] as const
      for (const variant of variants) yield* machine.mint(variant)
      vendor.state.account = "account-2"
      yield* (yield* start()).mint()
      assert.strictEqual(vendor.state.mints, variants.length + 1)
      assert.strictEqual(store.texts.size, variants.length + 1)
      for (const variant of variants.slice(1)) yield* machine.mint({ ...variant })
      assert.strictEqual(vendor.state.mints, variants.length + 1)
    })
  )

  const alone: ReadonlyArray<readonly [name: string, request: Parameters<Host.Machine["mint"]>[0]]> = [
    ["a single-use credential", { ...Host.request, singleUse: true }],
    ["a credential with preferred single use", { ...Host.request, singleUse: "preferred" }],
    ["a purpose whose minting has side effects", { ...Host.request, purpose: "agent" }],
    ["a client credential without a subject", { purpose: "stt.realtime" }],
    ["a purpose that the vendor does not serve", { ...Host.request, purpose: "tts.batch" }],
    ["a malformed request", { ...Host.request, subject: "" }]
  ]
  for (const [name, request] of alone) {
    it.effect(`makes no call to the store: ${name}`, () =>
      Effect.gen(function* () {
        const { store, start, vendor } = yield* place()
        const machine = yield* start()
        const before = store.state.calls.length
        yield* machine.mint(request)
        yield* machine.mint(request)
        assert.strictEqual(vendor.state.mints, 2)
        assert.strictEqual(store.state.calls.length, before)
      })
    )
  }

  it.effect("a credential without a subject is shared for server exposure, or with clientWithoutSubject", () =>
    Effect.gen(function* () {
      const { start, vendor } = yield* place()
      const [one, other] = [yield* start(), yield* start({ clientWithoutSubject: true })]
      const bare = { purpose: "stt.realtime" } as const
      yield* one.mint({ ...bare, exposure: "server" })
      yield* other.mint({ ...bare, exposure: "server" })
      assert.strictEqual(vendor.state.mints, 1)
      yield* other.mint(bare)
      yield* other.mint(bare)
      assert.strictEqual(vendor.state.mints, 2)
    })
  )
})

describe("leases", () => {
  it.effect("a machine waits for a mint that another machine has started", () =>
    Effect.gen(function* () {
      const { start, vendor } = yield* place()
      const [one, other] = [yield* start(), yield* start()]
      const gate = yield* Deferred.make<void>()
      vendor.state.next.push(Deferred.await(gate))
      const first = yield* Host.begin(one.mint())
      yield* Host.until(() => vendor.state.mints === 1)
      const second = yield* Host.begin(other.mint())
      yield* TestClock.adjust("3 seconds")
      yield* Deferred.succeed(gate, undefined)
      const minted = yield* Host.joinNow(first)
      yield* Host.until(() => second.pollUnsafe() === undefined)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(tokenOf(yield* Host.joinNow(second)), tokenOf(minted))
      assert.strictEqual(vendor.state.mints, 1)
    })
  )

  it.effect("a machine whose patience ends mints for itself, without the lease and without a write to the store", () =>
    Effect.gen(function* () {
      const { store, start, vendor } = yield* place()
      const [one, other] = [yield* start(), yield* start({ patience: "4 seconds" })]
      const gate = yield* Deferred.make<void>()
      vendor.state.next.push(Deferred.await(gate))
      const first = yield* Host.begin(one.mint())
      yield* Host.until(() => vendor.state.mints === 1)
      const calls = store.state.calls.length
      const second = yield* Host.begin(other.mint())
      yield* Host.until(() => store.state.calls.length > calls)
      yield* TestClock.adjust("3900 millis")
      assert.strictEqual(vendor.state.mints, 1)
      yield* TestClock.adjust("100 millis")
      assert.strictEqual(numberOf(yield* Host.joinNow(second)), 2)
      assert.strictEqual(store.texts.size, 0)
      yield* Deferred.succeed(gate, undefined)
      yield* Host.joinNow(first)
      assert.strictEqual(numberOf(yield* other.mint()), 1)
    })
  )

  it.effect("a failed mint releases its lease at once", () =>
    Effect.gen(function* () {
      const { store, start, vendor } = yield* place()
      const [one, other] = [yield* start(), yield* start()]
      vendor.state.next.push(Host.refused)
      const error = yield* Effect.flip(one.mint())
      assert.strictEqual(error.reason._tag, "PermissionError")
      yield* Host.until(() => store.leases.size === 0)
      assert.strictEqual(numberOf(yield* other.mint()), 2)
    })
  )

  it.effect("an interrupted mint releases its lease at once", () =>
    Effect.gen(function* () {
      const { store, start, vendor } = yield* place()
      const [one, other] = [yield* start(), yield* start()]
      vendor.state.next.push(Effect.never)
      const first = yield* Host.begin(one.mint())
      yield* Host.until(() => vendor.state.mints === 1)
      yield* Fiber.interrupt(first)
      assert.strictEqual(vendor.state.interrupted, 1)
      yield* Host.until(() => store.leases.size === 0)
      assert.strictEqual(numberOf(yield* other.mint()), 2)
    })
  )

  it.effect("an interrupted waiter does not release another machine's lease", () =>
    Effect.gen(function* () {
      const { store, start, vendor } = yield* place()
      const [one, other] = [yield* start(), yield* start()]
      const gate = yield* Deferred.make<void>()
      vendor.state.next.push(Deferred.await(gate))
      const first = yield* Host.begin(one.mint())
      yield* Host.until(() => vendor.state.mints === 1)
      const second = yield* Host.begin(other.mint())
      yield* Host.until(() => store.state.calls.at(-1) === "visit" && store.state.calls.length > 1)
      yield* Fiber.interrupt(second)
      assert.strictEqual(store.leases.size, 1)
      yield* Deferred.succeed(gate, undefined)
      assert.strictEqual(numberOf(yield* Host.joinNow(first)), 1)
      assert.strictEqual(vendor.state.mints, 1)
    })
  )

  it.effect("a lease that is granted after the caller was interrupted is released", () =>
    Effect.gen(function* () {
      const { store, start, vendor } = yield* place()
      const [one, other] = [yield* start(), yield* start()]
      yield* one.mint({ ...Host.request, subject: "another" })
      store.state.delay = 100
      const before = store.state.calls.length
      const first = yield* Host.begin(one.mint())
      yield* Host.until(() => store.state.calls.slice(before).includes("visit"))
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("100 millis")
      assert.deepStrictEqual([store.fences.size, store.leases.size], [2, 0])
      store.state.delay = 0
      assert.strictEqual(numberOf(yield* other.mint()), 2)
      assert.strictEqual(vendor.state.mints, 2)
    })
  )

  it.effect("after its lease was lost, a late mint does not overwrite a newer credential in the store", () =>
    Effect.gen(function* () {
      const { store, start, vendor } = yield* place()
      const [one, other, third] = [yield* start(), yield* start(), yield* start()]
      const gate = yield* Deferred.make<void>()
      vendor.state.next.push(Deferred.await(gate))
      const first = yield* Host.begin(one.mint())
      yield* Host.until(() => vendor.state.mints === 1)
      // Simulates a first machine that was stopped for longer than its lease.
      store.leases.clear()
      assert.strictEqual(numberOf(yield* other.mint()), 2)
      yield* Deferred.succeed(gate, undefined)
      // The first machine gets its own valid credential; the store keeps the newer one.
      assert.strictEqual(numberOf(yield* Host.joinNow(first)), 1)
      assert.strictEqual(numberOf(yield* third.mint()), 2)
    })
  )

  it.effect("a lease is renewed during a long mint, and not afterwards", () =>
    Effect.gen(function* () {
      const { store, start, vendor } = yield* place()
      const one = yield* start()
      vendor.state.next.push(Effect.sleep("9 seconds"))
      const first = yield* Host.begin(one.mint())
      yield* Host.until(() => vendor.state.mints === 1)
      for (let second = 0; second < 8; second++) {
        yield* TestClock.adjust("1 second")
        const [lease] = store.leases.values()
        assert.isAbove(lease?.until ?? 0, (second + 1) * 1000)
      }
      yield* TestClock.adjust("1 second")
      yield* Host.joinNow(first)
      assert.strictEqual(store.leases.size, 0)
      const renewals = () => store.state.calls.filter((call) => call === "renew").length
      const before = renewals()
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(renewals(), before)
    })
  )
})

describe("encryption at rest", () => {
  it.effect("the store and the events contain no secret and no subject", () =>
    Effect.gen(function* () {
      const { store, start } = yield* place()
      const machine = yield* start()
      const minted = yield* machine.mint()
      yield* machine.provider.invalidate?.(minted) ?? Effect.void
      yield* machine.mint()
      assert.strictEqual(store.texts.size, 1)
      const held = inspect([store.texts, store.leases, store.fences, store.invalidated, machine.events], { depth: 9 })
      for (const secret of [tokenOf(minted), "acme", "stt.realtime", Host.request.subject, "account"]) {
        assert.notInclude(held, secret)
      }
    })
  )

  it.effect("a machine with another encryption key mints its own credential", () =>
    Effect.gen(function* () {
      const { start, vendor } = yield* place()
      const [one, other] = [yield* start(), yield* start({ keys: [Host.otherKey] })]
      yield* one.mint()
      yield* other.mint()
      assert.strictEqual(vendor.state.mints, 2)
    })
  )

  it.effect("white space around an encryption key is ignored", () =>
    Effect.gen(function* () {
      const { start, vendor } = yield* place()
      const untidy = Redacted.make(` ${Redacted.value(Host.key)} \n`)
      const [tidy, other] = [yield* start(), yield* start({ keys: [untidy] })]
      assert.deepStrictEqual([numberOf(yield* tidy.mint()), numberOf(yield* other.mint())], [1, 1])
      assert.strictEqual(vendor.state.mints, 1)
    })
  )

  it.effect("during a key rotation, each machine reads what was encrypted with any of its keys", () =>
    Effect.gen(function* () {
      const { start, vendor } = yield* place()
      const [old, both] = [yield* start(), yield* start({ keys: [Host.otherKey, Host.key] })]
      yield* old.mint()
      assert.strictEqual(numberOf(yield* both.mint()), 1)
      yield* TestClock.adjust("31 seconds")
      assert.strictEqual(numberOf(yield* both.mint()), 2)
      const next = yield* start({ keys: [Host.otherKey] })
      assert.strictEqual(numberOf(yield* next.mint()), 2)
      assert.strictEqual(vendor.state.mints, 2)
    })
  )

  it.effect("an altered, swapped or malformed entry in the store counts as missing", () =>
    Effect.gen(function* () {
      const { store, start } = yield* place()
      const machine = yield* start()
      yield* machine.mint({ ...Host.request, subject: "another" })
      const [foreign] = store.texts.values()
      yield* machine.mint()
      const name = [...store.texts.keys()].at(-1) ?? ""
      const own = store.texts.get(name)
      assert.isDefined(foreign)
      assert.isDefined(own)
      const spoil = (at: number) => own.text.slice(0, at) + (own.text[at] === "A" ? "B" : "A") + own.text.slice(at + 1)
      const damaged = [spoil(3), spoil(20), own.text.slice(0, -4), foreign.text, "", "{}", "x".repeat(900)]
      for (const [index, text] of damaged.entries()) {
        store.texts.set(name, { ...own, text })
        assert.strictEqual(numberOf(yield* machine.mint()), 3 + index, text.slice(0, 40))
      }
    })
  )
})

describe("invalidation", () => {
  it.effect("takes effect at once on its machine, within a second on the others, and in the store", () =>
    Effect.gen(function* () {
      const { store, start, vendor } = yield* place()
      const [one, other] = [yield* start(), yield* start()]
      const mine = yield* one.mint()
      const theirs = yield* other.mint()
      yield* one.provider.invalidate?.(mine) ?? Effect.void
      assert.strictEqual(one.provider[holding]?.isInvalidated?.(mine), true)
      assert.strictEqual(store.texts.size, 0)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(other.provider[holding]?.isInvalidated?.(theirs), true)
      const next = yield* other.mint()
      assert.strictEqual(numberOf(next), 2)
      assert.strictEqual(other.provider[holding]?.isInvalidated?.(next), false)
      assert.strictEqual(numberOf(yield* one.mint()), 2)
      assert.strictEqual(vendor.state.mints, 2)
    })
  )

  it.effect("identifies a credential by its token, also on a machine with a slow clock", () =>
    Effect.gen(function* () {
      const { store, start } = yield* place()
      yield* TestClock.adjust("1 hour")
      const [one, other] = [yield* start(), yield* start({ ahead: -600_000 })]
      const mine = yield* one.mint()
      const copy = yield* TempCredential.decode(TempCredential.encode(yield* other.mint()))
      assert.strictEqual(other.provider[holding]?.isInvalidated?.(copy), false)
      yield* one.provider.invalidate?.(copy) ?? Effect.void
      assert.strictEqual(one.provider[holding]?.isInvalidated?.(mine), true)
      assert.strictEqual(store.texts.size, 0)
      assert.strictEqual(numberOf(yield* one.mint()), 2)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(other.provider[holding]?.isInvalidated?.(copy), true)
      assert.strictEqual(numberOf(yield* other.mint()), 2)
    })
  )

  it.effect("does not remove a newer credential from the store", () =>
    Effect.gen(function* () {
      const { start, vendor } = yield* place()
      const [one, other] = [yield* start(), yield* start()]
      const old = yield* one.mint()
      yield* TestClock.adjust("31 seconds")
      assert.strictEqual(numberOf(yield* other.mint()), 2)
      yield* one.provider.invalidate?.(old) ?? Effect.void
      assert.strictEqual(numberOf(yield* one.mint()), 2)
      assert.strictEqual(vendor.state.mints, 2)
    })
  )

  it.effect("during an outage of the store takes effect locally, and in the store when it is back", () =>
    Effect.gen(function* () {
      const { store, start } = yield* place()
      const [one, other] = [yield* start(), yield* start()]
      const mine = yield* one.mint()
      const theirs = yield* other.mint()
      store.state.isUp = false
      yield* one.provider.invalidate?.(mine) ?? Effect.void
      assert.strictEqual(one.provider[holding]?.isInvalidated?.(mine), true)
      store.state.isUp = true
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(other.provider[holding]?.isInvalidated?.(theirs), true)
      assert.strictEqual(numberOf(yield* other.mint()), 2)
    })
  )

  it.effect("during an outage of the store, the credential is not read from the store again", () =>
    Effect.gen(function* () {
      const { store, start } = yield* place()
      const machine = yield* start({ heardAfter: "1 minute" })
      const mine = yield* machine.mint()
      store.state.isUp = false
      yield* machine.provider.invalidate?.(mine) ?? Effect.void
      store.state.isUp = true
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(store.texts.size, 1)
      assert.strictEqual(numberOf(yield* machine.mint()), 2)
    })
  )

  it.effect("of a credential that was never shared makes no call to the store", () =>
    Effect.gen(function* () {
      const { store, start } = yield* place()
      const machine = yield* start()
      const own = yield* machine.mint({ ...Host.request, singleUse: true })
      const before = store.state.calls.length
      yield* machine.provider.invalidate?.(own) ?? Effect.void
      assert.strictEqual(store.state.calls.length, before)
      assert.strictEqual(machine.provider[holding]?.isInvalidated?.(own), false)
    })
  )
})

it.effect("the wait for another machine and the mint after it share one deadline", () =>
  Effect.gen(function* () {
    const { start, vendor } = yield* place()
    const [one, other] = [yield* start(), yield* start({ patience: "1 minute" })]
    vendor.state.next.push(Effect.never)
    const stuck = yield* Host.begin(one.mint())
    yield* Host.until(() => vendor.state.mints === 1)
    const left: Array<number> = []
    vendor.state.next.push(Effect.map(Deadline.remaining, (millis) => void left.push(millis)))
    const waiting = yield* Host.begin(other.mint())
    // Encryption runs in real time before each wait, so the test waits for it.
    for (let round = 0; round < 100 && waiting.pollUnsafe() === undefined; round++) {
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 10)))
      yield* TestClock.adjust("200 millis")
    }
    yield* Host.joinNow(waiting)
    assert.strictEqual(left.length, 1)
    assert.isAtMost(left[0] ?? 0, 5000)
    assert.isAbove(left[0] ?? 0, 0)
    yield* Fiber.interrupt(stuck)
  })
)

it.effect("metrics count mints by provider and outcome", () =>
  Effect.gen(function* () {
    const { store, start } = yield* place()
    const [one, other] = [yield* start(), yield* start()]
    yield* one.mint()
    yield* other.mint()
    yield* other.mint()
    store.state.isUp = false
    yield* one.mint()
    const counted = (yield* Metric.snapshot).flatMap(({ attributes, id, state }) =>
      id === "tempcred_shared_total" && "count" in state ? [[attributes, Number(state.count)] as const] : []
    )
    assert.sameDeepMembers(counted, [
      [{ provider: "acme", outcome: "minted" }, 1],
      [{ provider: "acme", outcome: "found" }, 2],
      [{ provider: "acme", outcome: "alone" }, 1]
    ])
  }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
)

it.effect("an invalid option fails the layer with its name, and without the encryption key", () =>
  Effect.gen(function* () {
    const store = yield* Store.make()
    const sound = { store: store.store, keys: [Host.key] } as const
    const nonsense: ReadonlyArray<readonly [CredentialSharing.Options, RegExp]> = [
      [{ ...sound, keys: [Redacted.make("secret")] }, /^CredentialSharing\.keys must each be 32 bytes in base64/],
      [{ ...sound, keys: [Host.key, Redacted.make("c2VjcmV0")] }, /CredentialSharing\.keys/],
      [{ ...sound, keys: [Redacted.make(undefined as never)] }, /^CredentialSharing\.keys must each be 32 bytes/],
      [{ ...sound, keys: [null as never] }, /^CredentialSharing\.keys must each be 32 bytes/],
      [{ ...sound, limit: "0 millis" }, /CredentialSharing\.limit must be a millisecond or longer/],
      [{ ...sound, lease: "0.5 millis" }, /CredentialSharing\.lease/],
      [{ ...sound, patience: Duration.infinity }, /CredentialSharing\.patience .* finite/],
      [{ ...sound, heardAfter: "-1 seconds" }, /CredentialSharing\.heardAfter/]
    ]
    for (const [options, message] of nonsense) {
      const layer = CredentialSharing.layer(options).pipe(Layer.provide(Host.vendor().layer))
      const error = yield* Effect.flip(Effect.scoped(Layer.build(layer)))
      assert.match(error.message, message)
      assert.notMatch(inspect(error, { depth: 9 }), /secret|c2VjcmV0/)
    }
    assert.strictEqual(store.state.opened, 0)
  })
)
