/** A mint under way, and the callers that wait for it. */
import type { Purpose } from "../Credential.ts"
import { type Arrival, ask, type Question } from "./Ask.ts"
import type { Options } from "./Options.ts"
import { reasonOf, until } from "./Until.ts"

/** A credential that arrived for those who ask the same. */
export interface Kept extends Arrival {
  readonly scope: string
  /** The share of the life below which it is renewed in the background. */
  renew: number
  /** Whether nobody else may have it. */
  taken: boolean
}

/** A mint under way. */
export interface PendingMint {
  readonly scope: string
  readonly minRemaining: number | undefined
  /** How many wait: none, where it renews in the background or all have left. */
  readonly callers: () => number
  /** Whether the one who waits takes what arrives. */
  readonly isAlone: () => boolean
  readonly wait: (caller: Caller) => Promise<Kept>
}

/** A caller that waits. */
export interface Caller {
  readonly purpose: Purpose
  readonly isAlone: boolean
  readonly signal: AbortSignal | undefined
}

/**
 * Begins a mint. It goes on when all callers have left, as what it brings is kept for the next one, except that a mint for the purpose `"agent"` is stopped then: it
 * may begin a conversation at the vendor. A caller that comes back in the same task, as React's StrictMode does, finds it under way.
 */
export const begin = (
  options: Options,
  question: Omit<Question, "stop"> & Pick<PendingMint, "scope" | "minRemaining">,
  { arrived, ended }: { readonly arrived: (kept: Kept) => void; readonly ended: (mint: PendingMint) => void }
): PendingMint => {
  const { minRemaining, scope } = question
  const stop = new AbortController()
  let callers = 0
  let isAlone = false
  let kept: Kept | undefined
  const arrival = ask(options, { ...question, stop })
    .then((found) => {
      kept = { ...found, scope, renew: 0.3, taken: isAlone && callers > 0 }
      arrived(kept)
      return kept
    })
    .finally(() => ended(mint))
  // Where nobody waits, nobody hears of a failure.
  arrival.catch(() => {})

  const mint: PendingMint = {
    scope,
    minRemaining,
    callers: () => callers,
    isAlone: () => isAlone,
    wait: (caller) => {
      callers += 1
      isAlone = caller.isAlone
      return until(arrival, caller.signal, () => {
        callers -= 1
        if (kept && isAlone) kept.taken = false
        if (caller.purpose === "agent") {
          setTimeout(() => {
            if (callers) return
            ended(mint)
            stop.abort()
          })
        }
        return reasonOf(caller.signal)
      })
    }
  }
  return mint
}
