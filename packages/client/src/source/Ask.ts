/**
 * One question to a token endpoint, repeated where that is polite: three tries at most, and after a refusal only where `Retry-After` asks for it.
 *
 * @since 0.1.0
 */
import type { Credential, Problem } from "../Credential.ts"
import type { Options } from "../Source.ts"
import { type Failure, SourceError } from "../SourceError.ts"

/**
 * A credential and the share of its life that is left, from 1 to 0 and below; with less than `renew` it is renewed in the background.
 *
 * @category models
 * @since 0.1.0
 */
export interface Kept {
  readonly credential: Credential
  readonly left: () => number
  renew: number
  /** Whether it is good for one use and was handed out. */
  taken?: boolean
}

/**
 * There was no answer; after half a second it is worth another try.
 *
 * @category constants
 * @since 0.1.0
 */
export const silence = { kind: "network", retryAfter: 0.5 } as const

/**
 * Asks for a credential until the signal is aborted; it fails with a `SourceError`, or as the app's own `headers` do.
 *
 * @category constructors
 * @since 0.1.0
 */
export const ask = async (options: Options, body: string, signal: AbortSignal, tries = 3): Promise<Kept> => {
  const { endpoint, fetch: send = fetch, headers: given } = options
  const headers = { ...(typeof given === "function" ? await given() : given), "content-type": "application/json" }
  const monotonic = performance.now()
  const wall = Date.now()
  let failure: Failure = silence
  const reply = await send(endpoint, { method: "POST", headers, body, signal, redirect: "manual" }).catch(() => {})
  if (reply) {
    const { headers: told, status } = reply
    // An answer that breaks off is none that can be read, and may have minted.
    const said: Said = { ...(await reply.json().catch(() => {})) }
    const ends = Date.parse(said.expiresAt)
    if (reply.ok && said.token && said.connections && ends) {
      // By the endpoint's clock, of which the header is cut to seconds, or else by ours; a clock that is slow lends no life.
      const now = Date.parse(told.get("date") ?? "") + 1000 || wall
      const life = Math.max(1, ends - Math.max(now, Date.parse(said.issuedAt)))
      // By the clock that nobody sets, or the one on the wall, as the other may stand still while a machine sleeps.
      const left = () => 1 - Math.max(performance.now() - monotonic, Date.now() - wall) / life
      return { credential: said, left, renew: 0.3 }
    }
    failure = {
      kind: kinds[status] ?? kinds[(status / 100) | 0] ?? "garbled",
      status,
      problem: said.reason && said,
      retryAfter: Number(told.get("retry-after")) || said.retryAfter
    }
  }
  // A little longer than the endpoint says, as others were told the same.
  const wait = (failure.retryAfter ?? Infinity) * (1000 + Math.random() * 200)
  if (signal.aborted || tries < 2 || wait > 5000) throw new SourceError(failure)
  await new Promise((resolve) => setTimeout(resolve, wait))
  return ask(options, body, signal, tries - 1)
}

const kinds: Readonly<Record<number, "unauthenticated" | "forbidden" | "limited" | "invalid" | "unavailable">> = {
  401: "unauthenticated",
  403: "forbidden",
  408: "unavailable",
  429: "limited",
  4: "invalid",
  5: "unavailable"
}

/** What an endpoint says: which of both it is shows in what is there. */
type Said = Credential & Problem
