/**
 * What a vendor's refusals teach about how fast it can be asked. Before the first refusal only the number of calls under way is bounded, and it grows
 * with every call that goes well. A refusal tells how fast calls went well until then; from there the pace comes back to what was found, stays
 * near it for a while, and then feels its way up along a cubic curve, as TCP does. All times are monotonic milliseconds.
 *
 * @since 0.1.0
 */

/** A pace as slow as this, one in a second, is not worth keeping: being held does the rest. */
const slowest = 0.001

/** How far below the limit that was found a pace begins. */
const caution = 0.02

/** How long a pace takes to come back to the limit that was found, and to go as far beyond it, for each call that went well; at least and at most. */
const trust = 500
const leastRecovery = 1000
const mostRecovery = 15_000

/** By how much a pace comes down at most for one refusal, and for one that went well for so long. */
const step = 0.06
const smallStep = 0.04
const long = 10_000

/** No vendor counts in shorter periods than a second. */
const period = 1000

/** Calls after a rest so long are measured afresh: it was not the vendor that made them few. */
const rest = 1000

/** A timer that fires late by this much does not slow the pace. */
const slack = 10

/** The wait after a refusal that names none, doubled with each that follows, up to the longest. */
const firstHold = 500
const longestHold = 30_000

/** Nothing that a vendor says holds everybody for longer than an hour. */
const mostHold = 3_600_000

/** A wait in whole seconds was rounded up, by half a second on average. */
const exact = (hold: number): number => (hold >= 1000 && hold % 1000 === 0 ? hold - 500 : hold)

/** What went well between two refusals, and what the pace was at the second. */
interface Measure {
  readonly since: number
  readonly length: number
  readonly refusedAt: number | undefined
  readonly lowest: number
  accepted: number
}

const limitOf = ({ accepted, length, lowest, refusedAt = Number.POSITIVE_INFINITY }: Measure): number =>
  Math.min(refusedAt, Math.max(accepted / length, lowest))

// What few calls told is not held on to for long.
const recoveryOf = ({ accepted }: Measure): number => Math.min(mostRecovery, Math.max(leastRecovery, accepted * trust))

/**
 * What was learned of one vendor account.
 *
 * @category models
 * @since 0.1.0
 */
export interface Pace {
  /** Calls in a millisecond; `undefined` where no limit is known. */
  readonly rate: (now: number) => number | undefined
  /** How long all are still held. */
  readonly held: (now: number) => number
  /** How long the next call has to wait for its moment; `Infinity` until one that is under way comes back. */
  readonly wait: (now: number) => number
  readonly started: (now: number) => void
  /** A call came back, however it ended. */
  readonly ended: (now: number) => void
  readonly succeeded: (startedAt: number) => void
  /** An answer told that nothing is left for so long. */
  readonly spent: (now: number, milliseconds: number) => void
  /** A call was refused, with or without a wait asked for: tells how long all are to wait. */
  readonly refused: (now: number, startedAt: number, asked: number | undefined) => number
}

/**
 * Makes a pace that knows nothing yet, and bounds the calls under way to so many.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (firstWindow: number): Pace => {
  let window = firstWindow
  let underway = 0
  let accepted = 0
  let refusals = 0
  let restingSince = Number.NEGATIVE_INFINITY
  let opened = Number.NEGATIVE_INFINITY
  let next = Number.NEGATIVE_INFINITY
  let measure: Measure | undefined
  let found: { readonly limit: number; readonly at: number; readonly recovery: number } | undefined

  const rate = (now: number): number | undefined => {
    if (found === undefined) return undefined
    const distance = (now - found.at) / found.recovery - 1
    return Math.max(slowest, found.limit * (1 + caution * distance ** 3))
  }
  const held = (now: number) => Math.max(0, opened - now)
  const spent = (now: number, milliseconds: number) => {
    opened = Math.max(opened, now + Math.min(mostHold, milliseconds))
  }
  const learn = (now: number, hold: number) => {
    const open = now - opened
    const at = now + hold
    const refusedAt = rate(now)
    if (accepted === 0) {
      // It was too early, which tells nothing about the pace.
      window = 1
      measure = undefined
      if (found !== undefined) found = { ...found, at }
    } else {
      const lowest = refusedAt === undefined ? 0 : refusedAt * (1 - (open > long ? smallStep : step))
      measure = { since: opened, length: Math.max(period, open + exact(hold)), refusedAt, lowest, accepted }
      found = { limit: limitOf(measure), at, recovery: recoveryOf(measure) }
    }
    opened = at
    next = at
    accepted = 0
  }
  return {
    rate,
    held,
    wait: (now) => {
      if (found !== undefined) return Math.max(held(now), next - now)
      return underway < window ? held(now) : Number.POSITIVE_INFINITY
    },
    started: (now) => {
      if (underway === 0 && now - restingSince > rest) {
        opened = Math.max(opened, now)
        accepted = 0
      }
      underway += 1
      const known = rate(now)
      if (known !== undefined) next = Math.max(next, now - slack) + 1 / known
    },
    ended: (now) => {
      underway -= 1
      restingSince = now
    },
    succeeded: (startedAt) => {
      window += 1
      if (startedAt >= opened) {
        accepted += 1
        refusals = 0
      } else if (measure !== undefined && found !== undefined && startedAt >= measure.since) {
        // It was on its way when another was refused, and counts to what went well before.
        measure.accepted += 1
        found = { ...found, limit: limitOf(measure), recovery: recoveryOf(measure) }
      }
    },
    spent,
    refused: (now, startedAt, asked) => {
      // It was on its way when another was refused: it tells at most that the wait is longer.
      if (startedAt < opened) {
        if (now < opened) spent(now, asked ?? 0)
        return held(now)
      }
      const hold = Math.min(mostHold, asked ?? Math.min(longestHold, firstHold * 2 ** refusals))
      refusals += 1
      learn(now, hold)
      return hold
    }
  }
}
