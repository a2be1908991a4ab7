/** A page before a scripted endpoint: time stands still until it is moved, and answers come when the script says so. */
import { type Credential, type Options, type Request, source } from "@tempcred/client"
import { onTestFinished, vi } from "vitest"

export const request: Request = { purpose: "stt.realtime" }

/** What the endpoint's clock, in the page's own time zone and all, is ahead of the page's. */
export interface Answering {
  readonly uses?: Credential["uses"]
  readonly ttlSeconds?: number
  /** How old the credential is when it is served. */
  readonly ageSeconds?: number
  /** Milliseconds that the endpoint's clock is ahead of the page's. */
  readonly ahead?: number
  /** Whether the page may read the `Date` header. */
  readonly dated?: boolean
}

let count = 0

export const credential = (more: Partial<Credential> = {}): Credential => {
  count += 1
  return {
    provider: "acme",
    purpose: "stt.realtime",
    token: `token-${count}`,
    fingerprint: count.toString(16).padStart(16, "0"),
    issuedAt: new Date(Date.now()).toISOString(),
    expiresAt: new Date(Date.now() + 60_000).toISOString(),
    expirySource: "vendor",
    uses: "many",
    relaxed: [],
    connections: [
      {
        kind: "websocket",
        url: "wss://acme.example/listen",
        where: "anywhere",
        placement: { in: "subprotocols", protocols: ["token", "{token}"] }
      }
    ],
    ...more
  }
}

export const minted = (answering: Answering = {}): Response => {
  const { ageSeconds = 0, ahead = 0, dated = true, ttlSeconds = 60, uses = "many" } = answering
  const now = Date.now() + ahead
  const issued = now - ageSeconds * 1000
  const times = {
    issuedAt: new Date(issued).toISOString(),
    expiresAt: new Date(issued + ttlSeconds * 1000).toISOString()
  }
  const headers = dated ? { date: new Date(now).toUTCString() } : undefined
  return Response.json(credential({ uses, ...times }), { status: 201, ...(headers && { headers }) })
}

export const refused = (status: number, retryAfter?: number, reason = "UnavailableError"): Response => {
  const problem = { type: "about:blank", title: "title", status, detail: "detail", reason }
  return Response.json(
    { ...problem, ...(retryAfter !== undefined && { retryAfter }) },
    { status, headers: { "content-type": "application/problem+json" } }
  )
}

type Step = () => Response | Promise<Response>

export const unreachable: Step = () => Promise.reject(new TypeError("fetch failed"))

/** Never answers, and ends when it is aborted, as the platform's does. */
export const hanging: Step = () => new Promise(() => {})

/** Answers after so many milliseconds. */
export const slow =
  (milliseconds: number, step: Step = minted): Step =>
  () =>
    new Promise((resolve) => setTimeout(() => resolve(step()), milliseconds))

/** Stops the clocks for the rest of the test. */
export const stopClocks = () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 21, 12), toFake: ["setTimeout", "clearTimeout", "Date", "performance"] })
  // The platform's own timer knows nothing of the clock that stands still.
  vi.spyOn(AbortSignal, "timeout").mockImplementation((milliseconds) => {
    const late = new AbortController()
    setTimeout(() => late.abort(new DOMException("late", "TimeoutError")), milliseconds)
    return late.signal
  })
  onTestFinished(() => {
    vi.restoreAllMocks()
    vi.useRealTimers()
  })
}

export const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds)

/** The machine sleeps: only the clock on the wall goes on. */
export const sleep = (milliseconds: number) => void vi.setSystemTime(Date.now() + milliseconds)

/** Steps are used up in their order, and the last one again and again. */
export const page = (steps: Step | ReadonlyArray<Step> = minted, options: Partial<Options> = {}) => {
  const script = typeof steps === "function" ? [steps] : steps
  const calls: Array<RequestInit & { readonly url: string; readonly at: number }> = []
  const credentials = source({
    endpoint: "https://app.example/v1/credentials",
    fetch: async (url, init) => {
      calls.push({ ...init, url: String(url), at: performance.now() })
      const answer = script[calls.length - 1] ?? script.at(-1) ?? minted
      return new Promise((resolve, reject) => {
        init.signal?.addEventListener("abort", () => reject(init.signal?.reason))
        void Promise.resolve(answer()).then(resolve, reject)
      })
    },
    ...options
  })
  return { ...credentials, calls }
}
