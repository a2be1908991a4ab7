/** The vendor that everybody mints from: it counts, takes its time, and gives every token a life. */
import { randomBytes } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"

export interface Terms {
  readonly lifeSeconds: number
  /** How long a mint takes. */
  readonly milliseconds: number
}

export interface Vendor extends Terms {
  /** Mints at once, for those who wait by a clock of their own. */
  readonly issue: () => string
  /** Mints when the time of a mint has passed. */
  readonly mint: () => Promise<{ readonly token: string; readonly expiresAt: number }>
  readonly mints: () => number
}

export const make = (terms: Terms): Vendor => {
  let mints = 0
  const issue = () => {
    mints += 1
    return randomBytes(32).toString("base64url")
  }
  const mint = async () => {
    const token = issue()
    if (terms.milliseconds > 0) await sleep(terms.milliseconds)
    return { token, expiresAt: Date.now() + terms.lifeSeconds * 1000 }
  }
  return { ...terms, issue, mint, mints: () => mints }
}
