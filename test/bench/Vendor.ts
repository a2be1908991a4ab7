/** A fictional vendor for all contestants, with a mint time and a token lifetime; it counts mints. */
import { randomBytes } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"

export interface Terms {
  readonly lifeSeconds: number
  /** The duration of a mint in milliseconds. */
  readonly milliseconds: number
  /** Tells whether it refuses calls now. @default never */
  readonly isDown?: (() => boolean) | undefined
}

export interface Vendor extends Terms {
  /** Mints at once, for contestants with their own clock; returns undefined while it is down. */
  readonly issue: () => string | undefined
  /** Mints after the duration of a mint; rejects while it is down. */
  readonly mint: () => Promise<{ readonly token: string; readonly expiresAt: number }>
  readonly mints: () => number
  /** Records the end of a mint, for contestants with their own clock. */
  readonly end: () => void
  /** Returns the milliseconds from the start of the first mint to the end of the last. */
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
