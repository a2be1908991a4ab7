/** What a source asks for, keeps, renews and hands out. */
import { type Credential, source, SourceError } from "@tempcred/client"
import { assert, beforeEach, describe, it, onTestFinished, vi } from "vitest"
import { credential, minted, page, pass, refused, request, sleep, slow, stopClocks, unreachable } from "./page.ts"

beforeEach(stopClocks)

const minute = 60_000

const failureOf = async (attempt: Promise<unknown>): Promise<unknown> => {
  try {
    return assert.fail(`it gave ${String(await attempt)}`)
  } catch (error) {
    return error
  }
}

/** Numbers from 0 to 1, the same in every run. */
const random = (seed: number) => {
  let state = seed
  return () => {
    state = (state * 16_807) % 2_147_483_647
    return state / 2_147_483_647
  }
}

describe("get", () => {
  it("makes one request for concurrent callers with the same scope", async () => {
    const { calls, get } = page(slow(100))
    const waiting = Promise.all([
      get({ purpose: "stt.realtime", ttlSeconds: 60 }),
      get({ ttlSeconds: 60, purpose: "stt.realtime" }),
      get({ purpose: "stt.realtime", ttlSeconds: 60, region: undefined })
    ])
    await pass(100)
    const [first, ...others] = await waiting
    assert.deepStrictEqual(others, [first, first])
    assert.deepStrictEqual(
      calls.map(({ body }) => body),
      ['{"purpose":"stt.realtime","ttlSeconds":60}']
    )
  })

  it("makes a request for each different scope", async () => {
    const { calls, get } = page()
    await Promise.all([get(request), get({ ...request, region: "eu" }), get({ purpose: "agent" })])
    assert.lengthOf(calls, 3)
  })

  it("keeps multi-use credentials", async () => {
    const { calls, get } = page()
    const first = await get(request)
    await pass(0.65 * minute)
    assert.strictEqual(await get(request), first)
    assert.lengthOf(calls, 1)
  })

  it("renews in the background in the last 30 % of a lifetime", async () => {
    const { calls, get } = page([minted, slow(1000)])
    const first = await get(request)
    await pass(0.75 * minute)
    assert.strictEqual(await get(request), first)
    assert.strictEqual(await get(request), first)
    assert.lengthOf(calls, 2)
    await pass(1000)
    assert.notStrictEqual(await get(request), first)
    assert.lengthOf(calls, 2)
  })

  it("waits for the next credential in the last 10 %", async () => {
    const { calls, get } = page()
    const first = await get(request)
    await pass(0.92 * minute)
    assert.notStrictEqual(await get(request), first)
    assert.lengthOf(calls, 2)
  })

  it("retries a failed renewal after a twentieth of the lifetime", async () => {
    const { calls, get } = page([minted, () => refused(500)])
    const first = await get(request)
    await pass(0.72 * minute)
    assert.strictEqual(await get(request), first)
    await pass(1)
    assert.strictEqual(await get(request), first)
    assert.lengthOf(calls, 2)
    await pass(0.06 * minute)
    assert.strictEqual(await get(request), first)
    assert.lengthOf(calls, 3)
  })

  it("asks again after a failure", async () => {
    const { get } = page([() => refused(500), minted])
    await failureOf(get(request))
    assert.strictEqual((await get(request)).provider, "acme")
  })
})

describe("a lifetime", () => {
  /** For how many seconds a credential is handed out. */
  const servedFor = async (...[answering]: Parameters<typeof minted>) => {
    const { calls, get } = page(() => minted(answering))
    await get(request)
    for (let seconds = 1; seconds < 1000; seconds += 1) {
      await pass(1000)
      const before = calls.length
      await get(request)
      // The renewal in the background comes first, at 70 %.
      if (calls.length > before) return seconds / 0.7
    }
    return Infinity
  }

  it("is the remaining time by the endpoint's clock, independent of the local one", async () => {
    for (const ahead of [0, 10 * minute, -10 * minute]) assert.closeTo(await servedFor({ ahead }), 60, 2)
    for (const ahead of [0, 10 * minute]) assert.closeTo(await servedFor({ ahead, ageSeconds: 40 }), 20, 3)
  })

  it("is at most the time from issue to expiry, with a slow local clock alone", async () => {
    assert.closeTo(await servedFor({ dated: false, ahead: 10 * minute }), 60, 2)
  })

  it("is measured by the local clock if the endpoint's is unavailable", async () => {
    assert.closeTo(await servedFor({ dated: false, ageSeconds: 40 }), 20, 2)
  })

  it("is by the clock here, where the endpoint's Date is not an HTTP date", async () => {
    for (const date of ["5", "Sat Nov 21 2026 11:59:20", "2026-11-21T11:59:20Z"]) {
      const { calls, get } = page(() => {
        const answer = minted({ dated: false, ageSeconds: 40 })
        answer.headers.set("date", date)
        return answer
      })
      await get(request)
      await pass(20_000)
      await get(request)
      assert.lengthOf(calls, 2, date)
    }
  })

  it("begins when the request is sent", async () => {
    const late = async () => {
      const answer = minted()
      await new Promise((resolve) => setTimeout(resolve, 9000))
      return answer
    }
    const { calls, get } = page([late, minted])
    const waiting = get(request)
    await pass(9000)
    await waiting
    await pass(0.92 * minute - 9000)
    await get(request)
    assert.lengthOf(calls, 2)
  })

  it("continues while the machine sleeps", async () => {
    const { get } = page()
    const first = await get(request)
    sleep(minute)
    assert.notStrictEqual(await get(request), first)
  })

  it("does not change when the clock is set back", async () => {
    const { get } = page()
    const first = await get(request)
    sleep(-10 * minute)
    assert.strictEqual(await get(request), first)
    await pass(minute)
    assert.notStrictEqual(await get(request), first)
  })

  it("that has expired only by the local clock is returned and not kept", async () => {
    const { calls, get } = page(() => minted({ dated: false, ahead: -10 * minute }))
    await get(request)
    await pass(1)
    await get(request)
    assert.lengthOf(calls, 2)
  })
})

describe("a single-use credential", () => {
  const once = slow(100, () => minted({ uses: "once" }))

  it("is minted for each caller, whether the caller or the endpoint's policy makes it so", async () => {
    for (const singleUse of [true, undefined]) {
      const { calls, get } = page(once)
      const waiting = Promise.all([1, 2, 3].map(() => get({ ...request, singleUse })))
      await pass(200)
      assert.lengthOf(new Set((await waiting).map(({ token }) => token)), 3)
      assert.lengthOf(calls, 3)
    }
  })

  it("is minted once for concurrent callers", async () => {
    const { calls, take } = page(once)
    const waiting = Promise.all([1, 2, 3].map(() => take(request)))
    assert.lengthOf(calls, 3)
    await pass(100)
    assert.lengthOf(new Set((await waiting).map(({ token }) => token)), 3)
  })

  it("is never returned twice, in any order of callers, aborts and responses", async () => {
    const chance = random(7)
    const step = slow(1, () => (chance() < 0.2 ? refused(500) : minted({ uses: chance() < 0.7 ? "once" : "many" })))
    for (let round = 0; round < 50; round += 1) {
      const { get, take } = page(() => slow(chance() * 50, step)())
      const got: Array<Credential> = []
      for (let caller = 0; caller < 12; caller += 1) {
        const signal = chance() < 0.3 ? AbortSignal.timeout(chance() * 60) : undefined
        const obtain = chance() < 0.3 ? take : get
        const obtaining = obtain({ ...request, singleUse: chance() < 0.3 ? true : undefined }, { signal })
        void obtaining.then(
          (found) => void got.push(found),
          () => {}
        )
        await pass(chance() * 40)
      }
      await pass(1000)
      const tokens = got.filter(({ uses }) => uses === "once").map(({ token }) => token)
      assert.lengthOf(new Set(tokens), tokens.length)
    }
  })
})

describe("take", () => {
  it("requests a credential for every connection, and gives it to no other caller", async () => {
    const { get, take } = page()
    const first = await take(request)
    const second = await take(request)
    assert.notStrictEqual(second, first)
    assert.notInclude([first, second], await get(request))
  })

  it("returns a prepared credential once", async () => {
    const { calls, get, take } = page()
    const ready = await get(request)
    const [first, ...others] = await Promise.all([take(request), take(request), get(request)])
    assert.strictEqual(first, ready)
    assert.lengthOf(new Set([ready, ...others]), 3)
    assert.lengthOf(calls, 3)
  })

  it("gives each concurrent take its own credential, and none of them to get", async () => {
    const { calls, get, take } = page(slow(100))
    const waiting = Promise.all([take(request), take(request), get(request), take(request), get(request)])
    await pass(100)
    const [first, second, shared, third, alsoShared] = await waiting
    assert.lengthOf(new Set([first, second, third, shared]), 4)
    assert.strictEqual(shared, alsoShared)
    assert.lengthOf(calls, 4)
    assert.strictEqual(await get(request), shared)
  })

  it("is not affected by a pending renewal", async () => {
    const { calls, get, take } = page([minted, slow(1000)])
    const first = await get(request)
    await pass(0.75 * minute)
    assert.strictEqual(await take(request), first)
    const next = get(request)
    await pass(1000)
    assert.notStrictEqual(await next, first)
    assert.strictEqual(await get(request), await next)
    assert.lengthOf(calls, 2)
  })
})

describe("invalidate", () => {
  it("drops only the refused credential", async () => {
    const { get, invalidate } = page()
    const refusedOne = await get(request)
    const other = await get({ purpose: "agent" })
    invalidate(refusedOne)
    const next = await get(request)
    assert.notStrictEqual(next, refusedOne)
    invalidate(refusedOne)
    assert.strictEqual(await get(request), next)
    assert.strictEqual(await get({ purpose: "agent" }), other)
  })

  it("recognizes a credential by its token", async () => {
    const { get, invalidate } = page()
    const refusedOne = await get(request)
    invalidate(structuredClone(refusedOne))
    assert.notStrictEqual(await get(request), refusedOne)
  })
})

describe("a request with minRemainingSeconds", () => {
  it("is met by a kept credential, or else by the endpoint", async () => {
    const { calls, get, take } = page()
    const first = await get(request)
    await pass(20_000)
    assert.strictEqual(await get({ ...request, minRemainingSeconds: 30 }), first)
    const longer = await get({ ...request, minRemainingSeconds: 50 })
    assert.notStrictEqual(longer, first)
    assert.strictEqual(calls[1]?.body, '{"purpose":"stt.realtime","minRemainingSeconds":50}')
    assert.strictEqual(await take({ ...request, minRemainingSeconds: 50 }), longer)
    assert.lengthOf(calls, 2)
  })

  it("accepts a fresh credential with less, as it may not live longer", async () => {
    const { calls, get } = page(() => minted({ ttlSeconds: 30 }))
    await get({ ...request, minRemainingSeconds: 50 })
    assert.lengthOf(calls, 1)
  })
})

describe("a refused credential", () => {
  const bodies = (calls: ReadonlyArray<{ readonly body?: unknown }>) =>
    calls.map(({ body }): unknown => JSON.parse(String(body)))

  it("is reported to the endpoint once, with the next request of its scope", async () => {
    const { calls, get, invalidate, take } = page()
    const taken = await take(request)
    invalidate(structuredClone(taken))
    await take({ purpose: "agent" })
    await take(request)
    await get(request)
    assert.deepStrictEqual(bodies(calls), [
      request,
      { purpose: "agent" },
      { ...request, refused: taken.fingerprint },
      request
    ])
  })

  it("is reported again until the endpoint responds with a credential", async () => {
    const { calls, invalidate, take } = page([minted, () => refused(403), () => refused(503, 1), minted])
    const refusedOne = await take(request)
    invalidate(refusedOne)
    await failureOf(take(request))
    const taking = take(request)
    await pass(5000)
    await taking
    assert.deepStrictEqual(bodies(calls).slice(1), Array(3).fill({ ...request, refused: refusedOne.fingerprint }))
  })

  it("is not returned again by a pending request, and is reported then", async () => {
    const same = credential()
    const answer = () => Response.json(same, { status: 201 })
    const { calls, get, invalidate, take } = page([answer, slow(100, answer), minted])
    const first = await take(request)
    const waiting = Promise.all([get(request), get(request)])
    invalidate(first)
    await pass(5000)
    for (const { token } of await waiting) assert.notStrictEqual(token, same.token)
    assert.deepStrictEqual(bodies(calls), [request, request, { ...request, refused: same.fingerprint }])
  })

  it("is not returned by an endpoint that has no other", async () => {
    const same = credential()
    const { invalidate, take } = page(() => Response.json(same, { status: 201 }))
    invalidate(await take(request))
    const failing = failureOf(take(request))
    await pass(10_000)
    const error = await failing
    assert.instanceOf(error, SourceError)
    assert.deepInclude(error.failure, { kind: "garbled", status: 201 })
  })

  it.each([undefined, "", "no fingerprint", "00000000000000GG", "0".repeat(17)])(
    "is only forgotten where the endpoint gives no fingerprint: %j",
    async (fingerprint) => {
      const { fingerprint: _, ...plain } = credential()
      const same = fingerprint === undefined ? plain : { ...plain, fingerprint }
      const { calls, invalidate, take } = page(() => Response.json(same, { status: 201 }))
      invalidate(await take(request))
      assert.strictEqual((await take(request)).token, same.token)
      assert.deepStrictEqual(bodies(calls), [request, request])
    }
  )
})

describe("a response that repeats a credential", () => {
  it("that is single-use is not returned, and another one is requested", async () => {
    for (const method of ["take", "get"] as const) {
      const same = credential({ uses: "once" })
      const answer = () => Response.json(same, { status: 201 })
      const { calls, [method]: obtain } = page([answer, answer, answer, minted])
      assert.strictEqual((await obtain(request)).token, same.token)
      const next = obtain(request)
      await pass(10_000)
      assert.notStrictEqual((await next).token, same.token)
      assert.strictEqual(calls[2]?.body, JSON.stringify({ ...request, refused: same.fingerprint }))
    }
  })

  it("that is single-use is returned to one of the concurrent callers, and fails the others", async () => {
    const same = credential({ uses: "once" })
    const { take } = page(() => Response.json(same, { status: 201 }))
    const waiting = Promise.allSettled([1, 2, 3].map(() => take(request)))
    await pass(10_000)
    assert.lengthOf(
      (await waiting).filter(({ status }) => status === "fulfilled"),
      1
    )
  })

  it("can be shared if it is multi-use", async () => {
    const same = credential()
    const { take } = page(() => Response.json(same, { status: 201 }))
    assert.deepStrictEqual(await take(request), await take(request))
  })
})

describe("an aborted take", () => {
  it.each(["many", "once"] as const)("leaves its mint to the next caller: a credential for %s", async (uses) => {
    const { calls, take } = page(slow(100, () => minted({ uses })))
    const leaving = new AbortController()
    const left = failureOf(take(request, { signal: leaving.signal }))
    await pass(50)
    leaving.abort("away")
    assert.strictEqual(await left, "away")
    await pass(100)
    const taken = await take(request)
    assert.lengthOf(calls, 1)
    const next = take(request)
    await pass(100)
    assert.notStrictEqual(await next, taken)
  })

  it.each(["stt.realtime", "agent"] as const)(
    "and begun again at once, as React's StrictMode does, mints once: %s",
    async (purpose) => {
      const { calls, take } = page(slow(100, () => minted({ uses: "once" })))
      const leaving = new AbortController()
      const left = take({ purpose }, { signal: leaving.signal }).catch(() => {})
      leaving.abort()
      const staying = take({ purpose })
      await left
      await pass(100)
      const { token } = await staying
      const other = take({ purpose })
      await pass(100)
      assert.notStrictEqual((await other).token, token)
      assert.lengthOf(calls, 2)
    }
  )

  it("cancels a mint that may begin a conversation if no other caller waits for it", async () => {
    const { calls, get, take } = page(slow(100))
    for (const obtain of [take, get]) {
      const leaving = new AbortController()
      const left = obtain({ purpose: "agent" }, { signal: leaving.signal }).catch(() => {})
      await pass(10)
      leaving.abort()
      await left
      await pass(1)
      assert.isTrue(calls.at(-1)?.signal?.aborted)
    }
    await pass(1000)
    assert.lengthOf(calls, 2)
    const leaving = new AbortController()
    const left = get({ purpose: "agent" }, { signal: leaving.signal }).catch(() => {})
    const staying = get({ purpose: "agent" })
    leaving.abort()
    await left
    await pass(100)
    assert.strictEqual((await staying).provider, "acme")
    assert.lengthOf(calls, 3)
  })

  it("makes no request after it has stopped", async () => {
    const { calls, take } = page(() => refused(503, 1))
    const leaving = new AbortController()
    const left = take({ purpose: "agent" }, { signal: leaving.signal }).catch(() => {})
    await pass(500)
    leaving.abort()
    await left
    await pass(10_000)
    assert.lengthOf(calls, 1)
  })
})

describe("an endpoint", () => {
  it.each([
    "http://app.example/v1/credentials",
    "http://localhost.example/",
    "http://127.0.0.1@app.example/",
    "ftp://a"
  ])("that would be sent the user's headers unencrypted is a TypeError: %s", (endpoint) => {
    assert.throws(() => source({ endpoint }), TypeError, /^(http|ftp): is allowed on loopback only/)
    assert.throws(() => source({ endpoint: new URL(endpoint) }), TypeError)
  })

  it.each(["https://app.example/v1", "http://localhost:4810/v1", "http://127.0.0.1/v1", "http://[::1]:1/v1", "/v1"])(
    "may be on loopback, and relative: %s",
    (endpoint) => void source({ endpoint })
  )

  it("relative to a page that is not encrypted is a TypeError", () => {
    vi.stubGlobal("location", { href: "http://app.example/page" })
    onTestFinished(() => void vi.unstubAllGlobals())
    assert.throws(() => source({ endpoint: "/v1/credentials" }), TypeError)
    vi.stubGlobal("location", { href: "http://localhost:3000/page" })
    source({ endpoint: "/v1/credentials" })
  })
})

describe("a signal", () => {
  it("lets one caller abort without effect on the others", async () => {
    const { calls, get } = page(slow(100))
    const leaving = new AbortController()
    const left = failureOf(get(request, { signal: leaving.signal }))
    const staying = get(request)
    leaving.abort("away")
    assert.strictEqual(await left, "away")
    await pass(100)
    assert.strictEqual((await staying).provider, "acme")
    assert.lengthOf(calls, 1)
  })

  it("leaves a credential behind for the next caller", async () => {
    const { calls, get } = page(slow(100))
    const leaving = new AbortController()
    const left = get(request, { signal: leaving.signal }).catch(() => {})
    leaving.abort()
    await left
    await pass(100)
    await get(request)
    assert.lengthOf(calls, 1)
  })

  it("leaves a single-use credential for the next caller too", async () => {
    const { calls, get } = page(slow(100, () => minted({ uses: "once" })))
    const leaving = new AbortController()
    const left = get(request, { signal: leaving.signal }).catch(() => {})
    leaving.abort()
    await left
    await pass(100)
    const first = await get(request)
    assert.lengthOf(calls, 1)
    const second = get(request)
    await pass(100)
    assert.notStrictEqual(await second, first)
  })

  it("that is aborted already asks nothing", async () => {
    const { calls, get } = page()
    assert.strictEqual(await failureOf(get(request, { signal: AbortSignal.abort("gone") })), "gone")
    assert.lengthOf(calls, 0)
  })

  it("has no listener left after a wait", async () => {
    const { get } = page(slow(10))
    const listening = new Set<unknown>()
    const { signal } = new AbortController()
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => (listening.add(args[1]), add(...args))
    signal.removeEventListener = (...args: Parameters<typeof remove>) => (listening.delete(args[1]), remove(...args))
    const waiting = get(request, { signal })
    assert.lengthOf(listening, 1)
    await pass(10)
    await waiting
    await pass(0)
    assert.lengthOf(listening, 0)
  })
})

describe("an unavailable endpoint", () => {
  it("serves the kept credential until its last tenth", async () => {
    const { get } = page([minted, unreachable])
    const first = await get(request)
    await pass(0.85 * minute)
    assert.strictEqual(await get(request), first)
    await pass(0.1 * minute)
    const failing = failureOf(get(request))
    await pass(10_000)
    assert.instanceOf(await failing, SourceError)
  })
})
