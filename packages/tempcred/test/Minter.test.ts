/** The plain minter: credentials, errors, options. */
import * as SonioxEmulator from "@tempcred/emulator/Soniox"
import { inspect } from "node:util"
import { assert, describe, expectTypeOf, it } from "vitest"
import { ClosedError, ConfigurationError, createMinter, TempcredError } from "../src/index.ts"
import type { Credential, Event, Minter, MinterOptions, Reason } from "../src/index.ts"
import { createMinter as createSonioxMinter, soniox as sonioxProvider } from "../src/soniox.ts"
import { redis } from "../src/redis.ts"
import { speechmatics as speechmaticsProvider } from "../src/speechmatics.ts"
import { emulated, fetchOf } from "./emulated.ts"

const request = { purpose: "stt.realtime", subject: "ana" } as const

/** What code without types may pass. */
const untyped = (options: object): MinterOptions => Object.assign({}, options)

const rejection = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    await work
  } catch (error) {
    return error
  }
  return assert.fail("it resolved")
}

const failure = async (minter: Minter): Promise<TempcredError> => {
  const error = await rejection(minter.mint(request))
  assert.instanceOf(error, TempcredError)
  return error
}

describe("a credential", () => {
  it("has dates and strings, and is the same object when the cache has it", async () => {
    const { minter, soniox } = emulated()
    const credential = await minter.mint(request)
    assert.strictEqual(credential.provider, "soniox")
    assert.strictEqual(credential.subject, "ana")
    assert.instanceOf(credential.expiresAt, Date)
    assert.isTrue(credential.expiresAt > credential.issuedAt)
    assert.strictEqual(await minter.mint(request), credential)
    assert.lengthOf(soniox.log, 1)
    await minter.close()
  })

  it("shows its token in `token` and `toClient` alone", async () => {
    const { minter } = emulated()
    const credential = await minter.mint(request)
    const { token } = credential
    const shown = [
      inspect(credential, { depth: 9, showHidden: true, getters: true }),
      inspect([{ credential }], { depth: 9 }),
      JSON.stringify(credential),
      String(credential),
      inspect(structuredClone({ ...credential }), { depth: 9 }),
      Object.values(credential).map(String).join(),
      new Error(`failed with ${String(credential)}`).message
    ].join("\n")
    assert.notInclude(shown, token)
    assert.include(shown, "<redacted>")
    const client = credential.toClient()
    assert.strictEqual(client.token, token)
    assert.strictEqual(client.expiresAt, credential.expiresAt.toISOString())
    assert.strictEqual(client.fingerprint, credential.fingerprint)
    assert.strictEqual(JSON.parse(JSON.stringify(client)).token, token)
    await minter.close()
  })

  it("that the vendor refused is not returned again", async () => {
    const { minter, soniox } = emulated()
    const first = await minter.mint(request)
    await minter.invalidate(first)
    const second = await minter.mint(request)
    assert.notStrictEqual(second.token, first.token)
    const third = await minter.mint(request, { refused: second.fingerprint })
    assert.notStrictEqual(third.token, second.token)
    assert.lengthOf(soniox.log, 3)
    const copy = { ...first, toClient: first.toClient, toJSON: first.toJSON } as Credential
    assert.instanceOf(await rejection(minter.invalidate(copy)), TypeError)
    await minter.close()
  })

  it("is renewed when less than `minRemaining` is left of it", async () => {
    const { minter, soniox } = emulated({ ttl: "60 seconds" })
    await minter.mint(request)
    await minter.mint(request, { minRemaining: "20 seconds" })
    assert.lengthOf(soniox.log, 1)
    await minter.mint({ ...request, ttl: "30 seconds" }, { minRemaining: "20 seconds" })
    assert.lengthOf(soniox.log, 2)
    await minter.close()
  })
})

describe("an error", () => {
  it("prints its name, its message, and the caller's frame", async () => {
    const { minter } = emulated({ env: { SONIOX_API_KEY: "wrong" } })
    const handlerOfTheApp = async () => {
      await minter.mint(request)
    }
    const printed = inspect(await rejection(handlerOfTheApp()))
    assert.match(printed, /^TempcredError: soniox: the vendor refused the long-lived key \(status 401/)
    assert.match(printed, /at (async )?handlerOfTheApp/)
    assert.include(printed, "reason: 'AuthenticationError'")
    assert.notInclude(printed, "wrong")
    await minter.close()
  })

  it("has the vendor's facts, and a reason over which a switch is exhaustive", async () => {
    const { minter, soniox } = emulated({ retries: 0 })
    soniox.faults.add(SonioxEmulator.mintRoute, { status: 429, headers: { "retry-after": "7" } })
    const error = await failure(minter)
    assert.deepInclude(error, { provider: "soniox", reason: "RateLimitError", status: 429, retryAfterSeconds: 7 })
    assert.isTrue(error.isRetryable)
    assert.deepInclude(JSON.parse(JSON.stringify(error)), {
      name: "TempcredError",
      message: error.message,
      status: 429
    })
    const advice = (reason: Reason): string => {
      switch (reason) {
        case "InvalidRequestError":
        case "UnsupportedError":
          return "change the request"
        case "AuthenticationError":
        case "PermissionError":
        case "QuotaError":
          return "look at the account"
        case "RateLimitError":
        case "UnavailableError":
        case "TransportError":
          return "try again"
        case "InvalidResponseError":
          return "look at the vendor"
      }
    }
    assert.strictEqual(advice(error.reason), "try again")
    await minter.close()
  })

  it("has no field that does not apply", async () => {
    const { minter } = emulated()
    const error = await rejection(minter.mint({ purpose: "agent" }))
    assert.instanceOf(error, TempcredError)
    assert.deepInclude(error, { reason: "UnsupportedError", feature: "purpose" })
    assert.notInclude(inspect(error), "undefined")
    // @ts-expect-error A bare number has no unit.
    const invalid = await rejection(minter.mint({ purpose: "stt.realtime", ttl: 60 }))
    assert.instanceOf(invalid, TempcredError)
    assert.deepStrictEqual(invalid.issues, [
      { field: "ttl", message: 'must be a duration with its unit, such as "60 seconds"' }
    ])
    await minter.close()
  })

  it("is an instance by its mark, and not of another class", () => {
    class OwnError extends TempcredError {}
    const fields = { provider: "soniox", reason: "QuotaError", message: "none left", isRetryable: false } as const
    assert.instanceOf(new OwnError(fields), TempcredError)
    assert.notInstanceOf(new TempcredError(fields), OwnError)
    assert.notInstanceOf(new TempcredError(fields), ConfigurationError)
    assert.notInstanceOf(new ConfigurationError([]), TempcredError)
    assert.notInstanceOf(new Error("another"), TempcredError)
    assert.instanceOf(Object.create(TempcredError.prototype), TempcredError)
  })

  it("names an option or variable that is wrong, before anything is sent", async () => {
    for (const [options, message] of [
      [{ env: { TEMPCRED_PROVIDER: "sonix" } }, /^TEMPCRED_PROVIDER names an unknown provider: did you mean soniox\?/],
      [{ env: { SONIOX_API_KEY: undefined } }, /^SONIOX_API_KEY is not set$/],
      [{ env: { TEMPCRED_RETIRES: "1" } }, /^TEMPCRED_RETIRES is not a variable/],
      [{ retries: 99 }, /^createMinter.retries must be a whole number, 0 to 10$/],
      [{ providers: [sonioxProvider({ apiKey: "" })] }, /apiKey/],
      [{ providers: [] }, /^createMinter.providers must be a list of providers/],
      [{ providers: sonioxProvider({ apiKey: "wrong" }) }, /^createMinter.providers must be a list of providers/],
      [{ providers: [{ id: "soniox" }] }, /^createMinter.providers must be a list of providers/],
      [{ retires: 2 }, /^createMinter.retires is not an option; the options are provider, /],
      [{ cache: "redis://user:wrong@host:6379" }, /^createMinter.cache must be "memory", "off" or redis/],
      [{ cache: { store: 1 } }, /^createMinter.cache must be "memory", "off" or redis/],
      [{ cache: redis({ url: "http://host", key: "wrong" }) }, /^redis.url must be redis:\/\/host:port$/],
      [{ accounts: {} }, /^createMinter.accounts must be a function$/],
      [{ accounts: async () => undefined, providers: [] }, /^createMinter.providers cannot be set beside accounts/],
      [{ accounts: async () => undefined, provider: "nope" }, /^createMinter.provider names an unknown provider/],
      [{ accounts: async () => undefined, maxAccounts: 0 }, /^createMinter.maxAccounts must be a whole number/]
    ] as const) {
      const { minter, soniox } = emulated(untyped(options))
      const error = await rejection(minter.ready())
      assert.instanceOf(error, ConfigurationError)
      assert.match(error.message, message)
      assert.notInclude(inspect(error), "wrong")
      assert.instanceOf(await rejection(minter.mint(request)), ConfigurationError)
      assert.lengthOf(soniox.log, 0)
      await minter.close()
    }
  })
})

describe("a minter", () => {
  it("fails over to the next vendor, and says what each one said", async () => {
    const { minter, soniox, speechmatics } = emulated({ provider: ["soniox", "speechmatics"], retries: 0 })
    soniox.faults.add(SonioxEmulator.mintRoute, { status: 503 })
    assert.strictEqual((await minter.mint(request)).provider, "speechmatics")
    await minter.close()
    const both = emulated({ provider: ["soniox", "speechmatics"], retries: 0, env: { SPEECHMATICS_API_KEY: "wrong" } })
    both.soniox.faults.add(SonioxEmulator.mintRoute, { status: 503 })
    const error = await failure(both.minter)
    assert.deepStrictEqual(
      error.failures?.map(({ provider, reason }) => [provider, reason]),
      [
        ["soniox", "UnavailableError"],
        ["speechmatics", "AuthenticationError"]
      ]
    )
    assert.lengthOf(speechmatics.log, 1)
    await both.minter.close()
  })

  it("takes vendors with their options, and keys that an app reads itself", async () => {
    const emulator = SonioxEmulator.make()
    let read = 0
    const apiKey = async () => {
      read += 1
      return ["not-yet-known", emulator.apiKey]
    }
    const options = { fetch: fetchOf(emulator), env: {} }
    const minter = createMinter({ ...options, providers: [sonioxProvider({ apiKey })] })
    assert.strictEqual((await minter.mint(request)).provider, "soniox")
    assert.isAbove(read, 0)
    await minter.close()
    const alone = createSonioxMinter({ apiKey: emulator.apiKey, fetch: options.fetch, ttl: "2 minutes" })
    await alone.mint(request)
    assert.strictEqual(JSON.parse(emulator.log.at(-1)?.body ?? "").expires_in_seconds, 120)
    await alone.close()
  })

  it("begins again after a start that failed", async () => {
    const emulator = SonioxEmulator.make()
    let reads = 0
    const apiKey = () => {
      reads += 1
      if (reads === 1) throw new Error("the vault is away")
      return emulator.apiKey
    }
    const minter = createMinter({ env: {}, fetch: fetchOf(emulator), providers: [sonioxProvider({ apiKey })] })
    assert.instanceOf(await rejection(minter.ready()), ConfigurationError)
    assert.strictEqual((await minter.mint(request)).provider, "soniox")
    await minter.close()
  })

  it("refuses an account that it could not tell from another", async () => {
    const { minter } = emulated()
    const error = await rejection(minter.mint({ ...request, account: "acme" }))
    assert.instanceOf(error, ConfigurationError)
    await minter.forget("acme")
    await minter.close()
  })

  it("closes without an error after a start that failed", async () => {
    const { minter } = emulated({ retries: 99 })
    await rejection(minter.ready())
    await minter.close()
    await minter.close()
  })

  it("shows nothing of its options, nor do providers and shared caches", async () => {
    const { minter } = emulated()
    await minter.mint(request)
    const key = "the-long-lived-key"
    const objects = [minter, sonioxProvider({ apiKey: key }), redis({ url: `redis://:${key}@host:1`, key })]
    const shown = inspect(objects, { depth: 10, showHidden: true, getters: true })
    assert.notInclude(shown, key)
    assert.notInclude(shown, "Symbol(tempcred")
    await minter.close()
  })

  it("tells its events", async () => {
    const events: Array<Event> = []
    const { minter, soniox } = emulated({ onEvent: (event) => void events.push(event), retries: 0 })
    await minter.mint(request)
    soniox.faults.add(SonioxEmulator.mintRoute, { status: 503 })
    await failure(emulatedAgain(minter))
    const [minted, failed] = events
    assert.strictEqual(minted?.type, "Minted")
    assert.strictEqual(failed?.type, "MintFailed")
    if (minted?.type === "Minted") {
      assert.instanceOf(minted.expiresAt, Date)
      assert.notStrictEqual(minted.subject, "ana")
    }
    await minter.close()
  })

  it("stops waiting when the caller's signal says so, and rejects with its reason", async () => {
    const { minter, soniox } = emulated()
    soniox.faults.add(SonioxEmulator.mintRoute, { hang: true })
    const reason = new Error("the user left")
    const stop = new AbortController()
    const minting = rejection(minter.mint(request, { signal: stop.signal }))
    stop.abort(reason)
    assert.strictEqual(await minting, reason)
    assert.strictEqual(await rejection(minter.mint(request, { signal: stop.signal })), reason)
    await minter.close()
  })

  it("is closed once, also by `await using`, and says so", async () => {
    const { minter } = emulated()
    {
      await using scoped = minter
      await scoped.mint(request)
    }
    const error = await rejection(minter.mint(request))
    assert.instanceOf(error, ClosedError)
    assert.strictEqual(String(error), "ClosedError: this minter is closed: make a new one")
    await minter.close()
    const unused = createMinter({ env: {} })
    await unused.close()
    assert.instanceOf(await rejection(unused.ready()), ClosedError)
  })

  it("may mint for several callers at once with one call", async () => {
    const { minter, soniox } = emulated()
    const all = await Promise.all(Array.from({ length: 50 }, () => minter.mint(request)))
    assert.lengthOf(new Set(all), 1)
    assert.lengthOf(soniox.log, 1)
    await minter.close()
  })

  it("has a token of type string in its credentials", () => {
    expectTypeOf<Credential["token"]>().toEqualTypeOf<string>()
    expectTypeOf(speechmaticsProvider).parameter(0).toHaveProperty("maxTtl")
  })
})

/** The same minter, for a request that it has not cached. */
const emulatedAgain = (minter: Minter): Minter => ({
  ...minter,
  mint: (asked, options) => minter.mint({ ...asked, subject: "another" }, options)
})
