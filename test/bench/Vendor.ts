/** The vendor that everybody mints from: it counts, takes its time, and gives every token a life. */
import { randomBytes } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"

export interface Terms {
  readonly lifeSeconds: number
  /** How long a mint takes. */
  readonly milliseconds: number
  /** Whether it refuses calls now, at once. @default never */
  readonly isDown?: (() => boolean) | undefined
}

export interface Vendor extends Terms {
  /** Mints at once, for those who wait by a clock of their own; nothing while it is down. */
  readonly issue: () => string | undefined
  /** Mints when the time of a mint has passed; rejects while it is down. */
  readonly mint: () => Promise<{ readonly token: string; readonly expiresAt: number }>
  readonly mints: () => number
  /** Notes that a mint has ended, for those who wait by a clock of their own. */
  readonly end: () => void
  /** From the first mint's beginning to the last one's end, in milliseconds. */
  readonly underway: () => number
  readonly refusals: () => number
}

export const make = (terms: Terms): Vendor => {
  let mints = 0
  let refusals = 0
  let began = Number.NaN
  let ended = Number.NaN
  const end = () => {
    ended = performance.now()
  }
  const issue = () => {
    if (terms.isDown?.() === true) {
      refusals += 1
      return undefined
    }
    if (mints === 0) began = performance.now()
    mints += 1
    return randomBytes(32).toString("base64url")
  }
  const mint = async () => {
    const token = issue()
    if (token === undefined) throw new Error("503 Service Unavailable")
    if (terms.milliseconds > 0) await sleep(terms.milliseconds)
    end()
    return { token, expiresAt: Date.now() + terms.lifeSeconds * 1000 }
  }
  return { ...terms, issue, mint, mints: () => mints, end, underway: () => ended - began, refusals: () => refusals }
}
