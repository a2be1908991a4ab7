/** A vendor that accepts a number of calls in a second and refuses the rest. */

export const perSecond = 20

/** Returns 0 for an accepted call, or the milliseconds until one would be accepted. */
type Limit = (now: number) => number

const kinds = {
  "fixed window": (): Limit => {
    let window = -1
    let taken = 0
    return (now) => {
      const current = Math.floor(now / 1000)
      if (current > window) [window, taken] = [current, 0]
      taken += 1
      return taken <= perSecond ? 0 : (current + 1) * 1000 - now
    }
  },
  "sliding window": (): Limit => {
    const taken: Array<number> = []
    return (now) => {
      while ((taken[0] ?? now) <= now - 1000) taken.shift()
      if (taken.length >= perSecond) return (taken[0] ?? now) + 1000 - now
      taken.push(now)
      return 0
    }
  },
  "token bucket": (): Limit => {
    let full = 0
    return (now) => {
      // The time at which the bucket would be full again states its level.
      const next = Math.max(full, now) + 1000 / perSecond
      if (next > now + 1000) return next - now - 1000
      full = next
      return 0
    }
  }
}

export type Kind = keyof typeof kinds

export const all: ReadonlyArray<Kind> = ["fixed window", "sliding window", "token bucket"]

/** The response to a call, with the value of `Retry-After` in a refusal. */
export type Verdict = { readonly status: 201 } | { readonly status: 429; readonly retryAfter: string | undefined }

export interface LimitedVendor {
  /** Returns the latency of the current call each way, in milliseconds. */
  readonly way: () => number
  readonly call: (now: number) => Verdict
  readonly taken: () => number
  readonly refused: () => number
}

/** Makes a vendor that answers in 5 ms and refuses only the first call after this time. */
export const healthy = (strayAt: number): LimitedVendor => {
  let strays = 0
  const limit = (now: number) => (now >= strayAt && strays++ === 0 ? 1000 : 0)
  return vendor(limit, true, () => 2.5)
}

export const make = (kind: Kind, tells: boolean): LimitedVendor =>
  vendor(kinds[kind](), tells, (calls) => 40 + ((calls * 7) % 20))

const vendor = (limit: Limit, tells: boolean, wayOf: (calls: number) => number): LimitedVendor => {
  let taken = 0
  let refused = 0
  return {
    way: () => wayOf(taken + refused),
    call: (now) => {
      const wait = limit(now)
      if (wait === 0) {
        taken += 1
        return { status: 201 }
      }
      refused += 1
      return { status: 429, retryAfter: tells ? String(Math.ceil(wait / 1000)) : undefined }
    },
    taken: () => taken,
    refused: () => refused
  }
}
