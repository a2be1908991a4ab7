/** A source and a socket on a platform whose `AbortController` is a polyfill, as that of React Native, and whose `URL` adds a slash. */
import { connection, ConnectionError, open, source } from "@tempcred/client"
import { assert, beforeEach, it, onTestFinished, vi } from "vitest"
import { render, sockets } from "./component.ts"
import { credential, minted, request, stopClocks } from "./page.ts"

/** https://github.com/mysticatea/abort-controller (3.0.0, which React Native 0.76 carries): no `reason`, no `throwIfAborted`, no static methods. */
class Signal extends EventTarget {
  aborted = false
}

class Controller {
  readonly signal = new Signal()
  abort() {
    if (this.signal.aborted) return
    this.signal.aborted = true
    this.signal.dispatchEvent(new Event("abort"))
  }
}

/** https://github.com/facebook/react-native/blob/main/packages/react-native/Libraries/Blob/URL.js (read 2026-11-30): a slash is added where there is no base. */
class PlainUrl {
  readonly href: string
  constructor(url: string, base?: string) {
    this.href = base === undefined && !url.endsWith("/") ? `${url}/` : url
  }
}

beforeEach(() => {
  stopClocks()
  vi.stubGlobal("AbortController", Controller)
  vi.stubGlobal("AbortSignal", Signal)
  vi.stubGlobal("URL", PlainUrl)
  vi.stubGlobal("URLSearchParams", undefined)
  vi.stubGlobal("DOMException", undefined)
  onTestFinished(() => void vi.unstubAllGlobals())
})

const credentialsOf = (answer: () => Promise<Response>) =>
  source({ endpoint: "https://app.example/v1/credentials", fetch: answer })

it("a credential arrives, with and without a signal", async () => {
  const { get, take } = credentialsOf(async () => minted())
  const { signal } = new AbortController()
  assert.strictEqual((await get(request)).provider, "acme")
  assert.strictEqual((await take(request, { signal })).provider, "acme")
})

it("an endpoint that does not respond is abandoned after ten seconds", async () => {
  const { get } = credentialsOf(() => new Promise(() => {}))
  const failing = get(request).catch(String)
  await vi.advanceTimersByTimeAsync(10_000)
  assert.strictEqual(await failing, "Error: no credential: network")
})

it("an abort, now or before, rejects with the usual error", async () => {
  const { take } = credentialsOf(() => new Promise(() => {}))
  const leaving = new AbortController()
  const left = take(request, { signal: leaving.signal }).catch((error: unknown) => error)
  leaving.abort()
  assert.propertyVal(await left, "name", "AbortError")
  const gone = take(request, { signal: leaving.signal }).catch((error: unknown) => error)
  assert.propertyVal(await gone, "name", "AbortError")
  const opening = open(credential(), { signal: leaving.signal }).catch((error: unknown) => error)
  const error = await opening
  assert.instanceOf(error, ConnectionError)
  assert.strictEqual(error.failure.kind, "aborted")
  assert.propertyVal(error.cause, "name", "AbortError")
})

it("a URL is filled in", () => {
  const token = "wss://acme.example/?token=a%2Fb"
  const [one] = credential().connections
  const { url } = connection(
    credential({
      connections: [{ ...one, placement: { in: "query", name: "token", value: "{token}" } }],
      token: "a/b"
    }),
    "websocket",
    { model: "one" }
  )
  assert.strictEqual(url, "wss://acme.example/listen?token=a%2Fb&model=one")
  const whole = { ...one, url: "{token}", placement: { in: "url" } } as const
  assert.strictEqual(connection(credential({ connections: [whole], token })).url, token)
})

it("the React hook prefetches, connects, stops and unmounts", async () => {
  const all = sockets()
  const endpoint = vi.fn<() => Promise<Response>>(async () => minted())
  const { now, run, start, stop, unmount } = await render(
    { credentials: credentialsOf(endpoint), options: { prefetch: true } },
    true
  )
  await start()
  assert.lengthOf(endpoint.mock.calls, 1)
  await run(() => all[0]?.opens())
  assert.strictEqual(now().status, "open")
  await stop()
  assert.strictEqual(now().status, "idle")
  await start()
  await unmount()
  assert.deepStrictEqual(
    all.map(({ readyState }) => readyState > 1),
    [true, true]
  )
})
