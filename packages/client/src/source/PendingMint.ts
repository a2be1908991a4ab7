/** A pending mint, and its callers. */
import type { Purpose } from "../Credential.ts"
import { type Arrival, ask, type Question } from "./Ask.ts"
import type { Options } from "./Options.ts"
import { reasonOf, until } from "./Until.ts"

/** A received credential, kept for equal requests. */
export interface Kept extends Arrival {
  readonly scope: string
  /** The share of the lifetime below which it is renewed in the background. */
  renew: number
  /** True once it belongs to one caller. */
  taken: boolean
  /** The remaining lifetime at which it is dropped; above 0 for an unused prefetch only. */
  dropAt: number
}

/** A pending mint. */
export interface PendingMint {
  readonly scope: string
  readonly minRemaining: number | undefined
  /** Tells whether it began for a later caller, which does not share its failure. */
  readonly isPrefetch: boolean
  /** Returns the number of callers: none for a renewal in the background, or if all have left. */
  readonly callers: () => number
  /** Tells whether the only caller takes the credential for itself. */
  readonly isAlone: () => boolean
  readonly wait: (caller: Caller) => Promise<Kept>
}

/** A waiting caller. */
export interface Caller {
  readonly purpose: Purpose
  readonly isAlone: boolean
  readonly signal: AbortSignal | undefined
}

/**
 * Begins a mint. It continues when all callers have left, and its credential is kept for the next one. A mint for the
 * purpose `"agent"` is cancelled then, as it may begin a conversation at the vendor. A caller that returns in the same
 * task, as with React's StrictMode, joins it again.
 */
export const begin = (
  options: Options,
  question: Omit<Question, "stop"> &
    Pick<PendingMint, "scope" | "minRemaining"> & {
      /** The time for which a prefetched credential is kept unused. */
      readonly keepSeconds: number | undefined
    },
  { arrived, ended }: { readonly arrived: (kept: Kept) => void; readonly ended: (mint: PendingMint) => void }
): PendingMint => {
  const { keepSeconds, minRemaining, scope } = question
  const stop = new AbortController()
  let callers = 0
  let isAlone = false
  let kept: Kept | undefined
  const arrival = ask(options, { ...question, stop })
    .then((found) => {
      const dropAt = found.left() - (keepSeconds ?? Infinity) * 1000
      kept = { ...found, dropAt, scope, renew: 0.3, taken: isAlone && callers > 0 }
      arrived(kept)
      return kept
    })
    .finally(() => ended(mint))
  // Without a caller, a failure is ignored.
  arrival.catch(() => {})

  const mint: PendingMint = {
    scope,
    minRemaining,
    isPrefetch: keepSeconds !== undefined,
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
