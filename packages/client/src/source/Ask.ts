/** One request to a token endpoint, with at most three tries. A refusal is retried only if `Retry-After` allows it. */
import type { Credential, Problem } from "../Credential.ts"
import { SourceError } from "../SourceError.ts"
import type { Options } from "./Options.ts"
import { until } from "./Until.ts"

/** A received credential, with its lifetime by the local clocks in milliseconds. */
export interface Arrival {
  readonly credential: Credential
  readonly life: number
  /** Returns the remaining lifetime, from `life` to 0 and below. */
  readonly left: () => number
  /**
   * The remaining lifetime at which it was issued 30 seconds ago. If the endpoint's clock is unknown, the time counts
   * from the request.
   */
  readonly old: number
}

/** The request, and the check of its response. */
export interface Question {
  /** Makes the body of the request; called for every try. */
  readonly body: () => string
  /** Tells whether a credential can be returned; if not, the endpoint is asked again. */
  readonly accepts: (credential: Credential) => boolean
  /** Stops the request and its `fetch`. */
  readonly stop: AbortController
}

/**
 * Requests a credential for at most ten seconds. It rejects with the last `SourceError`, with the error of the app's
 * own `headers`, or with a `TypeError` if these cannot be sent.
 */
export const ask = (options: Options, { accepts, body, stop }: Question): Promise<Arrival> => {
  const monotonic = performance.now()
  const wall = Date.now()
  const { signal } = stop
  const last = { reason: new SourceError(silence) }
  const timer = setTimeout(() => stop.abort(), 10_000)
  const remaining = () => monotonic + 10_000 - performance.now()

  const attempt = async (tries: number): Promise<Arrival> => {
    const given = options.headers
    const headers = new Headers(typeof given === "function" ? await given() : given)
    headers.set("content-type", "application/json")
    let retryAfter: number | undefined = 0
    try {
      const reply = await (options.fetch ?? fetch)(options.endpoint, {
        headers,
        signal,
        body: body(),
        redirect: "manual",
        method: "POST"
      })
      const { headers: told, status } = reply
      // A response that breaks off is not retried, as it may have minted.
      const said: Said = { ...(await reply.json().catch(() => {})) }
      const ends = Date.parse(said.expiresAt)
      const issued = Date.parse(said.issuedAt)
      const now = httpDate(told.get("date") ?? "")
      const received = now || issued
      const isCredential = ends > received && said.connections && said.token && reply.ok
      if (isCredential && accepts(said)) {
        // Measures by the endpoint's clock, whose header has whole seconds, or else by the local one; a slow clock does
        // not extend the lifetime.
        const life = Math.max(1, ends - Math.max(now + 1000 || wall, issued))
        // Uses the clock that has advanced more, as a monotonic clock can stop while the machine sleeps.
        const left = () => life - Math.max(performance.now() - monotonic, Date.now() - wall)
        return { credential: said, life, left, old: life + received - issued - 30_000 }
      }
      retryAfter = isCredential ? 0 : seconds(told.get("retry-after") ?? "", now || wall, said.retryAfter)
      last.reason = new SourceError({
        kind: kinds[status] ?? kinds[(status / 100) | 0] ?? "garbled",
        status,
        retryAfter: isCredential ? undefined : retryAfter,
        problem: said.reason ? said : undefined
      })
    } catch (cause) {
      last.reason = new SourceError(silence, { cause })
    }
    // Half of the remaining time is left for the response. The wait is `Retry-After` plus a random time, so that
    // clients that failed together do not return together.
    const most = remaining() / 2
    const least = Math.max(100, (retryAfter ?? Infinity) * 1100)
    if (tries < 3 && least < most && !signal.aborted) {
      const jitter = Math.random() * Math.min(500 * 2 ** tries, most - least)
      await new Promise((resolve) => setTimeout(resolve, least + jitter))
      if (!signal.aborted) return attempt(tries + 1)
    }
    throw last.reason
  }
  return until(attempt(1), signal, () => last.reason).finally(() => clearTimeout(timer))
}

/** The failure without a response; it is retried after half a second. */
const silence = { kind: "network", retryAfter: 0.5 } as const

/** Reads an HTTP date. Anything else is `NaN`, though `Date.parse` guesses a date for much of it. */
const httpDate = (header: string): number =>
  /^\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$/.test(header) ? Date.parse(header) : NaN

/**
 * Reads `Retry-After`, in whole seconds or as an HTTP date by the endpoint's clock, or else the problem's own field. A
 * past date means no wait.
 */
const seconds = (header: string, now: number, field: unknown): number | undefined => {
  if (/^\d+$/.test(header)) return Number(header)
  const date = httpDate(header)
  if (date) return Math.max(0, date - now) / 1000
  return typeof field === "number" && field >= 0 ? field : undefined
}

const kinds: Readonly<Record<number, Exclude<SourceError["failure"]["kind"], "network">>> = {
  // A browser hides the status of a redirect that it does not follow.
  0: "redirected",
  3: "redirected",
  4: "invalid",
  5: "unavailable",
  408: "unavailable",
  401: "unauthenticated",
  403: "forbidden",
  429: "limited"
}

/** A response of an endpoint: a credential or a problem, distinguished by their fields. */
type Said = Credential & Problem
