/** Credentials that are requested before somebody needs them. */
import { ConnectionError, SourceError } from "@tempcred/client"
import { assert, beforeEach, describe, it, onTestFinished, vi } from "vitest"
import { minted, page, pass, refused, request, slow, stopClocks, unreachable } from "./page.ts"

beforeEach(stopClocks)

const once = () => minted({ uses: "once" })
const agent = { purpose: "agent" } as const
const failureOf = (attempt: Promise<unknown>): Promise<unknown> => attempt.then(String, (error: unknown) => error)

/** Sockets that open at once; returns their protocols. */
const sockets = () => {
  const opened: Array<ReadonlyArray<string>> = []
  class Opening extends EventTarget {
    constructor(_: string, protocols: ReadonlyArray<string>) {
      super()
      opened.push(protocols)
      queueMicrotask(() => this.dispatchEvent(new Event("open")))
    }
    send = () => {}
    close = () => {}
  }
  vi.stubGlobal("WebSocket", Opening)
  onTestFinished(() => void vi.unstubAllGlobals())
  return opened
}

describe("a prefetched credential", () => {
  it.each(["get", "take"] as const)("is returned by the next %s without a request", async (method) => {
    const { calls, prefetch, [method]: obtain } = page(slow(100))
    prefetch(request)
    await pass(100)
    assert.lengthOf(calls, 1)
    let found = 0
    void obtain(request).then(() => (found += 1))
    await pass(0)
    assert.strictEqual(found, 1)
    assert.lengthOf(calls, 1)
  })

  it("is used by the next open", async () => {
    const opened = sockets()
    const { calls, open, prefetch } = page(slow(100))
    prefetch(request)
    await pass(100)
    const opening = open(request)
    await pass(0)
    await opening
    assert.lengthOf(opened, 1)
    assert.lengthOf(calls, 1)
  })

  it("belongs to one caller of take", async () => {
    const { calls, prefetch, take } = page()
    prefetch(request)
    await pass(0)
    const [first, second] = await Promise.all([take(request), take(request)])
    assert.notStrictEqual(first, second)
    assert.lengthOf(calls, 2)
  })

  it("is dropped when it expires", async () => {
    const { calls, prefetch, take } = page()
    prefetch(request)
    await pass(55_000)
    await take(request)
    assert.lengthOf(calls, 2)
  })

  it("is dropped after keepSeconds", async () => {
    const { calls, prefetch, take } = page()
    prefetch(request, { keepSeconds: 20 })
    await pass(19_900)
    prefetch(request, { keepSeconds: 20 })
    await pass(19_900)
    await take(request)
    assert.lengthOf(calls, 1)
    prefetch(request, { keepSeconds: 20 })
    await pass(20_100)
    await take(request)
    assert.lengthOf(calls, 3)
  })

  it("is kept as any other once it was used", async () => {
    const { calls, get, prefetch } = page()
    prefetch(request, { keepSeconds: 10 })
    await pass(0)
    const first = await get(request)
    prefetch(request, { keepSeconds: 10 })
    await pass(30_000)
    assert.strictEqual(await get(request), first)
    assert.lengthOf(calls, 1)
  })

  it("is not taken by an open that is aborted in the same task, as with React's StrictMode", async () => {
    const opened = sockets()
    const { calls, open, prefetch } = page(once)
    prefetch(request)
    await pass(0)
    const leaving = new AbortController()
    const left = open(request, { signal: leaving.signal }).catch((error: unknown) => error)
    leaving.abort("away")
    const staying = open(request)
    await pass(0)
    const error = await left
    assert.instanceOf(error, ConnectionError)
    assert.deepInclude(error, { cause: "away", failure: { kind: "aborted" } })
    await staying
    assert.lengthOf(opened, 1)
    assert.lengthOf(calls, 1)
  })

  it("that was invalidated is requested again", async () => {
    const { calls, get, invalidate, prefetch } = page()
    prefetch(request)
    await pass(0)
    invalidate(await get(request))
    prefetch(request)
    await pass(0)
    assert.lengthOf(calls, 2)
  })
})

describe("a prefetch", () => {
  it("is joined by callers, by another prefetch, and joins a pending get", async () => {
    const { calls, get, prefetch, take } = page(slow(100))
    prefetch(request)
    prefetch(request)
    const taking = take(request)
    await pass(100)
    await taking
    assert.lengthOf(calls, 1)
    const getting = get(request)
    prefetch(request)
    await pass(100)
    await getting
    assert.lengthOf(calls, 2)
  })

  it("begins beside a take, which keeps its own credential", async () => {
    const { calls, prefetch, take } = page(slow(100))
    const taking = take(request)
    prefetch(request)
    await pass(100)
    assert.lengthOf(calls, 2)
    assert.notStrictEqual(await take(request), await taking)
    assert.lengthOf(calls, 2)
  })

  it("makes no request if a credential is kept, and renews one in the last 30 % of its lifetime", async () => {
    const { calls, prefetch, take } = page()
    prefetch(request)
    await pass(30_000)
    prefetch(request)
    assert.lengthOf(calls, 1)
    await pass(15_000)
    prefetch(request)
    await pass(10_000)
    await take(request)
    assert.lengthOf(calls, 2)
  })

  it.each([
    ["refused", () => refused(403)],
    ["not answered", unreachable]
  ])("that is %s rejects nowhere, and the next call asks again", async (_, answer) => {
    const rejections: Array<unknown> = []
    const listen = (reason: unknown) => rejections.push(reason)
    process.on("unhandledRejection", listen)
    onTestFinished(() => void process.off("unhandledRejection", listen))
    const { calls, prefetch, take } = page(answer)
    prefetch(request)
    await pass(20_000)
    await new Promise(setImmediate)
    assert.deepStrictEqual(rejections, [])
    const before = calls.length
    const failing = failureOf(take(request))
    await pass(20_000)
    assert.instanceOf(await failing, SourceError)
    assert.isAbove(calls.length, before)
  })

  it("whose headers fail rejects nowhere", async () => {
    let signedIn = false
    const headers = async () => (signedIn ? {} : Promise.reject(new Error("not signed in")))
    const { calls, prefetch, take } = page(minted, { headers })
    prefetch(request)
    await pass(0)
    assert.include(String(await failureOf(take(request))), "not signed in")
    signedIn = true
    await take(request)
    assert.lengthOf(calls, 1)
  })

  it("that fails while somebody waits for it is followed by one request of that caller", async () => {
    const { calls, prefetch, take } = page([slow(100, () => refused(403)), minted])
    prefetch(request)
    const taking = Promise.all([take(request), take(request)])
    await pass(100)
    const [first, second] = await taking
    assert.notStrictEqual(first, second)
    assert.lengthOf(calls, 3)
  })

  it("that fails after its caller has left is over", async () => {
    const { calls, prefetch, take } = page(slow(100, () => refused(403)))
    prefetch(request)
    const leaving = new AbortController()
    const left = failureOf(take(request, { signal: leaving.signal }))
    leaving.abort("away")
    assert.strictEqual(await left, "away")
    await pass(20_000)
    assert.lengthOf(calls, 1)
  })
})

describe("a credential for one connection", () => {
  it.each([
    ["the purpose agent", agent],
    ["a request with singleUse", { ...request, singleUse: true }]
  ])("is prefetched with allowUnused only: %s", async (_, asked) => {
    const { calls, prefetch, take } = page(once)
    prefetch(asked)
    prefetch(asked, { keepSeconds: 10 })
    await pass(0)
    assert.lengthOf(calls, 0)
    prefetch(asked, { allowUnused: true })
    prefetch(asked, { allowUnused: true })
    await pass(0)
    const first = await take(asked)
    assert.lengthOf(calls, 1)
    assert.notStrictEqual((await take(asked)).token, first.token)
  })

  it("by the endpoint's policy is kept for one caller, and not prefetched again without allowUnused", async () => {
    const { calls, get, prefetch } = page(once)
    prefetch(request)
    await pass(0)
    const first = await get(request)
    assert.lengthOf(calls, 1)
    prefetch(request)
    prefetch({ ...request, minRemainingSeconds: 5 })
    await pass(0)
    assert.lengthOf(calls, 1)
    prefetch(request, { allowUnused: true })
    await pass(0)
    assert.lengthOf(calls, 2)
    assert.notStrictEqual((await get(request)).token, first.token)
    assert.lengthOf(calls, 2)
    prefetch({ ...request, region: "eu" })
    assert.lengthOf(calls, 3)
  })

  it("for an agent continues without a caller, and is cancelled when its only caller leaves", async () => {
    const { calls, prefetch, take } = page(slow(100))
    prefetch(agent, { allowUnused: true })
    await pass(50)
    assert.isFalse(calls[0]?.signal?.aborted)
    const leaving = new AbortController()
    const left = failureOf(take(agent, { signal: leaving.signal }))
    leaving.abort()
    await left
    await pass(1)
    assert.isTrue(calls[0]?.signal?.aborted)
  })
})
