/**
 * One question to a token endpoint, repeated where that is polite: three tries at most, and after a refusal only where `Retry-After` asks for it.
 *
 * @since 0.1.0
 */
import type { Credential, Problem } from "../Credential.ts"
import type { Options } from "../Source.ts"
import { SourceError } from "../SourceError.ts"
import { until } from "./Until.ts"

/**
 * A credential for those who ask the same, and the share of its life that is left, from 1 to 0 and below; with less than `renew` it is renewed in the
 * background.
 *
 * @category models
 * @since 0.1.0
 */
export interface Kept {
  readonly credential: Credential
  readonly left: () => number
  /** The request, as it was sent. */
  readonly scope: string
  renew: number
  /** Whether the one who may have it has it. */
  taken?: boolean | undefined
}

/**
 * Asks for a credential, for ten seconds at most; it fails with the last `SourceError`, as the app's own `headers` do, or with a `TypeError` where these cannot be
 * sent.
 *
 * @category constructors
 * @since 0.1.0
 */
export const ask = (options: Options, body: string): Promise<Kept> => {
  const monotonic = performance.now()
  const wall = Date.now()
  const signal = AbortSignal.timeout(10_000)
  const last = { reason: new SourceError(silence) }

  const attempt = async (retries: number): Promise<Kept> => {
    const given = options.headers
    const headers = new Headers(typeof given === "function" ? await given() : given)
    headers.set("content-type", "application/json")
    let retryAfter = 0.5
    try {
      const reply = await (options.fetch ?? fetch)(options.endpoint, {
        headers,
        signal,
        body,
        redirect: "manual",
        method: "POST"
      })
      const { headers: told, status } = reply
      // An answer that breaks off is none that can be read, and may have minted.
      const said: Said = { ...(await reply.json().catch(() => {})) }
      const ends = Date.parse(said.expiresAt)
      const issued = Date.parse(said.issuedAt)
      const now = Date.parse(told.get("date") ?? "")
      if (ends > (now || issued) && said.connections && said.token && reply.ok) {
        // By the endpoint's clock, of which the header is cut to seconds, or else by ours; a clock that is slow lends no life.
        const life = Math.max(1, ends - Math.max(now + 1000 || wall, issued))
        // By the clock that nobody sets, or the one on the wall, as the other may stand still while a machine sleeps.
        const left = () => 1 - Math.max(performance.now() - monotonic, Date.now() - wall) / life
        return { credential: said, left, scope: body, renew: 0.3 }
      }
      retryAfter = Number(told.get("retry-after") || said.retryAfter || undefined)
      last.reason = new SourceError({
        kind: kinds[status] ?? kinds[(status / 100) | 0] ?? "garbled",
        status,
        retryAfter: retryAfter >= 0 ? retryAfter : undefined,
        problem: said.reason ? said : undefined
      })
    } catch (cause) {
      last.reason = new SourceError(silence, { cause })
    }
    // There is to be as much time for the answer as for the wait, which is a little longer than the endpoint says.
    if (retries && retryAfter >= 0 && retryAfter * 2000 < monotonic + 10_000 - performance.now()) {
      await new Promise((resolve) => setTimeout(resolve, retryAfter * 1100))
      return attempt(retries - 1)
    }
    throw last.reason
  }
  return until(attempt(2), signal, last)
}

/** There was no answer; after half a second it is worth another try. */
const silence = { kind: "network", retryAfter: 0.5 } as const

const kinds: Readonly<Record<number, "unauthenticated" | "forbidden" | "limited" | "invalid" | "unavailable">> = {
  4: "invalid",
  5: "unavailable",
  408: "unavailable",
  401: "unauthenticated",
  403: "forbidden",
  429: "limited"
}

/** What an endpoint says: which of both it is shows in what is there. */
type Said = Credential & Problem
