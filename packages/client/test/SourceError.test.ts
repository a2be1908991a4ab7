/** How a source fails, and what it asks again before it does. */
import { type Failure, type Problem, SourceError } from "@tempcred/client"
import { inspect } from "node:util"
import { assert, beforeEach, describe, it, vi } from "vitest"
import { credential, hanging, minted, page, pass, refused, request, stopClocks, unreachable } from "./page.ts"

beforeEach(stopClocks)

type Script = Parameters<typeof page>

/** What a get comes to, and when the endpoint was asked. */
const outcome = async (...script: Script) => {
  const { calls, get } = page(...script)
  const got = get(request).then(
    ({ provider }) => provider,
    (error: unknown) => (error instanceof SourceError ? error.failure : error)
  )
  await pass(11_000)
  return { got: await got, times: calls.map(({ at }) => Math.round((at - (calls[0]?.at ?? 0)) / 100) / 10) }
}

const after =
  (header: string | undefined, answer = refused(429)) =>
  () => {
    const headers = new Headers(answer.headers)
    if (header !== undefined) headers.set("retry-after", header)
    return new Response(answer.clone().body, { status: answer.status, headers })
  }

describe("a refusal", () => {
  const kinds: ReadonlyArray<readonly [status: number, kind: Failure["kind"]]> = [
    [400, "invalid"],
    [401, "unauthenticated"],
    [403, "forbidden"],
    [404, "invalid"],
    [408, "unavailable"],
    [413, "invalid"],
    [422, "invalid"],
    [429, "limited"],
    [500, "unavailable"],
    [502, "unavailable"],
    [503, "unavailable"],
    [504, "unavailable"]
  ]
  it.each(kinds)("with status %i is %s, and is not retried", async (status, kind) => {
    const { got, times } = await outcome(() => refused(status))
    const problem: Problem = {
      type: "about:blank",
      title: "title",
      status,
      detail: "detail",
      reason: "UnavailableError"
    }
    assert.deepStrictEqual(got, { kind, status, problem, retryAfter: undefined })
    assert.lengthOf(times, 1)
  })

  it("without a problem has none", async () => {
    const { got } = await outcome(() => new Response("<html>", { status: 502 }))
    assert.deepStrictEqual(got, { kind: "unavailable", status: 502, problem: undefined, retryAfter: undefined })
  })

  it("is retried soon after Retry-After", async () => {
    for (const wait of [after("2"), () => refused(503, 2)]) {
      const { got, times } = await outcome([wait, minted])
      assert.strictEqual(got, "acme")
      assert.isAtLeast(times[1] ?? 0, 2)
      assert.isAtMost(times[1] ?? 0, 3.3)
    }
  })

  it("is tried at most three times", async () => {
    const { got, times } = await outcome(after("1"))
    assert.deepInclude(got, { kind: "limited", retryAfter: 1 })
    assert.lengthOf(times, 3)
  })

  it("with a longer Retry-After rejects at once, and states it", async () => {
    const { calls, get } = page(after("6"))
    const error = await get(request).catch((failure: unknown) => failure)
    assert.instanceOf(error, SourceError)
    assert.deepInclude(error.failure, { kind: "limited", retryAfter: 6 })
    assert.lengthOf(calls, 1)
  })

  it.each(["-1", "soon", "seconds 12", "1.5", "", "Sat, 99 Nov 2026 12:00:01 GMT", "2026-11-21T12:00:01Z"])(
    "with a Retry-After that says nothing is told at once: %j",
    async (header) => {
      const { got, times } = await outcome(after(header))
      assert.deepInclude(got, { kind: "limited", retryAfter: undefined })
      assert.lengthOf(times, 1)
    }
  )

  it.each([-1, "soon", null, {}, ""])("with an invalid retryAfter rejects at once: %j", async (said) => {
    const { got, times } = await outcome(() =>
      Response.json({ reason: "QuotaError", retryAfter: said }, { status: 429 })
    )
    assert.deepInclude(got, { kind: "limited", retryAfter: undefined })
    assert.lengthOf(times, 1)
  })

  it("is retried after a date in Retry-After, by the endpoint's clock", async () => {
    const later = (header: string) => () => {
      const answer = after(header)()
      answer.headers.set("date", "Sat, 21 Nov 2026 10:00:00 GMT")
      return answer
    }
    const { got, times } = await outcome([later("Sat, 21 Nov 2026 10:00:02 GMT"), minted])
    assert.strictEqual(got, "acme")
    assert.isAtLeast(times[1] ?? 0, 2)
    assert.isAtMost(times[1] ?? 0, 3.3)
    const undated = await outcome([after("Sat, 21 Nov 2026 12:00:20 GMT"), minted])
    assert.isEmpty(undated.times.slice(1))
  })

  it.each(["0", "Sat, 21 Nov 2026 11:00:00 GMT"])(
    "is asked about again, three times at most and never at once, where Retry-After has no wait: %j",
    async (header) => {
      for (const chance of [0, 0.5, 0.999]) {
        vi.spyOn(Math, "random").mockReturnValue(chance)
        const { got, times } = await outcome(after(header))
        assert.deepInclude(got, { kind: "limited", retryAfter: 0 })
        assert.lengthOf(times, 3)
        assert.isAtLeast(times[1] ?? 0, 0.1)
        assert.isAtLeast((times[2] ?? 0) - (times[1] ?? 0), 0.1)
      }
    }
  )

  it("yields no credential, whatever it contains", async () => {
    const { got } = await outcome(() => Response.json(credential(), { status: 503 }))
    assert.deepInclude(got, { kind: "unavailable", status: 503 })
  })

  it("without a reason has no problem", async () => {
    for (const reason of [undefined, ""]) {
      const { got } = await outcome(() => Response.json({ title: "Bad Gateway", reason }, { status: 502 }))
      assert.deepInclude(got, { kind: "unavailable", problem: undefined })
    }
  })

  it("is thrown unchanged if there is no time for a retry", async () => {
    const late = async () => {
      await new Promise((resolve) => setTimeout(resolve, 2100))
      return after("4")()
    }
    const { calls, get } = page(late)
    const failing = get(request).catch((reason: unknown) => reason)
    await pass(2100)
    const error = await Promise.race([failing, Promise.resolve("waiting")])
    assert.instanceOf(error, SourceError)
    assert.deepInclude(error.failure, { kind: "limited", retryAfter: 4 })
    assert.lengthOf(calls, 1)
    const twice = await outcome(after("4"))
    assert.deepInclude(twice.got, { kind: "limited", retryAfter: 4 })
    assert.lengthOf(twice.times, 2)
  })

  it("is thrown unchanged if the next response never comes", async () => {
    const { got, times } = await outcome([after("2"), hanging])
    assert.deepInclude(got, { kind: "limited", retryAfter: 2 })
    assert.lengthOf(times, 2)
  })
})

describe("an endpoint that cannot be reached", () => {
  it("is tried three times", async () => {
    const { got, times } = await outcome(unreachable)
    assert.deepInclude(got, { kind: "network" })
    assert.lengthOf(times, 3)
  })

  it("is retried at evenly spread times by clients that failed together", async () => {
    const clients = Array.from({ length: 400 }, () => page(unreachable))
    for (const { get } of clients) get(request).catch(() => {})
    await pass(10_000)
    for (const [attempt, length] of [
      [1, 1000],
      [2, 2000]
    ] as const) {
      const waits = clients.map(({ calls }) => (calls[attempt]?.at ?? 0) - (calls[attempt - 1]?.at ?? 0))
      for (let tenth = 0; tenth < 10; tenth += 1) {
        const from = 100 + (tenth * length) / 10
        const count = waits.filter((wait) => wait >= from && wait < from + length / 10).length
        assert.isAbove(count, 10, `between ${from} and ${from + length / 10} ms`)
      }
      assert.isAtMost(Math.max(...waits), 100 + length)
    }
  })

  it("is asked successfully when it is back", async () => {
    assert.strictEqual((await outcome([unreachable, unreachable, minted])).got, "acme")
  })

  it("is awaited for at most ten seconds, whatever hangs", async () => {
    for (const hangs of [
      {},
      { headers: () => new Promise<never>(() => {}) },
      { fetch: () => new Promise<never>(() => {}) }
    ]) {
      const { get } = page(hanging, hangs)
      let settled = false
      const failing = get(request).catch((error: unknown) => {
        settled = true
        return error
      })
      await pass(9990)
      assert.isFalse(settled)
      await pass(10)
      const error = await failing
      assert.instanceOf(error, SourceError)
      assert.deepInclude(error.failure, { kind: "network" })
    }
  })

  it("is asked again by the next caller after a hanging request", async () => {
    const { calls, get } = page([hanging, minted])
    const failing = get(request).catch(() => {})
    await pass(10_000)
    await failing
    await pass(10_000)
    assert.lengthOf(calls, 1)
    assert.strictEqual((await get(request)).provider, "acme")
    assert.lengthOf(calls, 2)
  })
})

describe("a response that is not a credential", () => {
  const expired = (answering: Parameters<typeof minted>[0]) => {
    const { body, headers } = minted({ ageSeconds: 90, ...answering })
    return new Response(body, { headers })
  }
  const answers: ReadonlyArray<readonly [what: string, answer: () => Response]> = [
    ["a web page", () => new Response("<html>")],
    ["null", () => Response.json(null)],
    ["a list", () => Response.json([1])],
    ["a credential without a token", () => Response.json({ ...credential(), token: undefined })],
    ["a credential without connections", () => Response.json({ ...credential(), connections: undefined })],
    [
      "a credential whose times cannot be read",
      () => Response.json({ token: "t", connections: [{}], issuedAt: "2026-11-21T12:00:00Z", expiresAt: "soon" })
    ],
    [
      "a credential that does not say when it began",
      () => Response.json({ token: "t", connections: [{}], expiresAt: "2026-11-21T13:00:00Z" })
    ],
    ["a credential that is over on arrival", () => expired({ dated: true })],
    ["a credential that ends before it begins", () => expired({ dated: false, ttlSeconds: -1 })]
  ]
  it.each(answers)("is garbled, and is not retried: %s", async (_, answer) => {
    const { got, times } = await outcome(answer)
    assert.deepInclude(got, { kind: "garbled", status: 200 })
    assert.lengthOf(times, 1)
  })

  // A browser's answer to a redirect that it does not follow has no status.
  const redirects: ReadonlyArray<() => Response> = [
    () => new Response(null, { status: 307, headers: { location: "https://else.example" } }),
    () => new Response(null, { status: 308, headers: { location: "/v1/credentials/" } }),
    () => Response.error()
  ]
  it.each(redirects)("that redirects is not followed, and the error names the remedy", async (redirect) => {
    const { calls, get } = page(redirect)
    const error = await get(request).catch((failure: unknown) => failure)
    assert.instanceOf(error, SourceError)
    assert.deepInclude(error.failure, { kind: "redirected", status: redirect().status })
    assert.match(error.message, /redirected.*endpoint.*final URL.*trailing slash/)
    assert.strictEqual(calls[0]?.redirect, "manual")
  })
})

describe("the request", () => {
  it("is JSON by POST to the endpoint, with the app's own headers", async () => {
    const { calls, get } = page(minted, { headers: { authorization: "Bearer of-the-app" } })
    await get(request)
    const [{ body, headers, method, url } = assert.fail()] = calls
    assert.deepStrictEqual(
      [method, url, body],
      ["POST", "https://app.example/v1/credentials", '{"purpose":"stt.realtime"}']
    )
    const expected = { authorization: "Bearer of-the-app", "content-type": "application/json" }
    assert.deepStrictEqual(Object.fromEntries(new Headers(headers)), expected)
  })

  it("sends one content type, in any spelling of the app's header", async () => {
    const { calls, get } = page(minted, { headers: { "Content-Type": "text/plain" } })
    await get(request)
    assert.strictEqual(new Headers(calls[0]?.headers).get("content-type"), "application/json")
  })

  it("calls the headers function before every try", async () => {
    let count = 0
    const headers = async () => ({ authorization: `Bearer ${(count += 1)}` })
    const { calls, get } = page([() => refused(503, 1), minted], { headers })
    const getting = get(request)
    await pass(5000)
    await getting
    assert.deepStrictEqual(
      calls.map((call) => new Headers(call.headers).get("authorization")),
      ["Bearer 1", "Bearer 2"]
    )
  })

  it("rejects with the error of the app's own headers", async () => {
    const signedOut = new Error("signed out")
    const { calls, get } = page(minted, { headers: () => Promise.reject(signedOut) })
    assert.strictEqual(await get(request).catch((reason: unknown) => reason), signedOut)
    assert.lengthOf(calls, 0)
  })

  it("rejects at once if a header cannot be sent", async () => {
    const { calls, get } = page(minted, { headers: { authorization: "Bearer of\nthe app" } })
    assert.instanceOf(await get(request).catch((reason: unknown) => reason), TypeError)
    assert.lengthOf(calls, 0)
  })
})

describe("a fetch that fails", () => {
  const wrong = new TypeError("Failed to parse URL")
  const ways: ReadonlyArray<readonly [how: string, fetch: () => Promise<never>]> = [
    ["rejects", () => Promise.reject(wrong)],
    [
      "throws",
      () => {
        throw wrong
      }
    ]
  ]
  it.each(ways)("is a network failure with its cause: it %s", async (_, fetch) => {
    const { get } = page(minted, { fetch })
    const failing = get(request).catch((reason: unknown) => reason)
    await pass(5000)
    const error = await failing
    assert.instanceOf(error, SourceError)
    assert.deepInclude(error.failure, { kind: "network" })
    assert.strictEqual(error.cause, wrong)
  })

  it("has no cause if there was a response", async () => {
    const { get } = page(() => refused(403))
    const error = await get(request).catch((reason: unknown) => reason)
    assert.instanceOf(error, SourceError)
    assert.notProperty(error, "cause")
  })
})

it("an error has its reason, and contains neither the app's bearer token nor the request", async () => {
  const { get } = page(() => refused(403), { headers: { authorization: "Bearer secret" } })
  const error = await get({ ...request, region: "atlantis" }).catch((failure: unknown) => failure)
  assert.strictEqual(String(error), "Error: no credential: forbidden")
  assert.notMatch(inspect(error, { depth: 10, showHidden: true }), /secret|atlantis/)
})
