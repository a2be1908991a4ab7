/**
 * The pace of the calls to one vendor account, learned from refusals (429):
 *
 * 1. A refusal delays all calls for as long as the vendor states (the hold). Single refusals do not
 *    limit the pace.
 * 2. Four refusals in a row limit the pace to the number of calls accepted in the last second.
 * 3. The limit applies for a second after the hold. Then calls may exceed it by 2 %, and this excess
 *    doubles each second.
 * 4. A refusal of a call above the limit may raise the limit a little. It also quadruples the time until
 *    calls may exceed the limit, up to a minute.
 * 5. A refusal of a call within the limit lowers the limit by 3 %.
 *
 * The number of concurrent calls is limited too, and grows with each success. The functions are pure.
 * All times are monotonic milliseconds.
 */

/**
 * The number of refusals in a row after which the pace is limited. If a vendor refuses one call in fifty
 * at random, this happens once in six million calls.
 */
const proof = 4

/** The period in which accepted calls are counted, in milliseconds. No vendor's limit has a shorter period. */
const second = 1000

/** The first excess over the limit, as a fraction. It doubles each second. */
const firstExcess = 0.02

/** The maximum rise of the limit, as a fraction of the difference to the refused pace. */
const rise = 0.25

/** The factor of the limit after a refusal of a call within it. */
const fall = 0.97

/** The factor and the maximum of the time until calls may exceed the limit. */
const patienceFactor = 4
const longestPatience = 60_000

/** The minimum limit: one call per second. For slower vendors, holds suffice. */
const slowest = 0.001

/** The maximum lateness of a call that later calls make up for, in milliseconds. */
const slack = 10

/** The hold after a refusal without a stated wait. It doubles with each further refusal, up to the maximum. */
const firstHold = 500
const longestHold = 30_000

/** The state of the pace of one vendor account. */
export interface Pace {
  /** The number of concurrent calls, and its maximum. */
  readonly underway: number
  readonly window: number
  /** The limit in calls per millisecond; `undefined` if no limit is known. */
  readonly limit: number | undefined
  /** The time after a hold until calls may exceed the limit. */
  readonly patience: number
  /** The end of the hold, and the earliest start of the next call. */
  readonly opensAt: number
  readonly nextAt: number
  /** The number of calls accepted since `countedFrom`, and in the second before it. */
  readonly accepted: number
  readonly acceptedBefore: number
  readonly countedFrom: number
  /** The number of refusals and of holds since the last success. */
  readonly refusals: number
  readonly holds: number
}

/** Makes a pace without a limit. `window` is the maximum number of concurrent calls. */
export const make = (window: number): Pace => ({
  underway: 0,
  window,
  limit: undefined,
  patience: second,
  opensAt: Number.NEGATIVE_INFINITY,
  nextAt: Number.NEGATIVE_INFINITY,
  accepted: 0,
  acceptedBefore: 0,
  countedFrom: Number.NEGATIVE_INFINITY,
  refusals: 0,
  holds: 0
})

/** Returns the allowed calls per millisecond, with the current excess; `undefined` if no limit is known. */
export const rate = ({ limit, opensAt, patience }: Pace, now: number): number | undefined => {
  if (limit === undefined) return undefined
  const growing = now - opensAt - patience
  return growing < 0 ? limit : limit * (1 + firstExcess * 2 ** (growing / second))
}

/** Returns the remaining time of the hold. */
export const held = ({ opensAt }: Pace, now: number): number => Math.max(0, opensAt - now)

/** Returns the wait of the next call. It is `Infinity` if the call must wait until another one ends. */
export const wait = (pace: Pace, now: number): number => {
  if (pace.underway >= pace.window) return Number.POSITIVE_INFINITY
  return pace.limit === undefined ? held(pace, now) : Math.max(held(pace, now), pace.nextAt - now)
}

/** Records that a call started. */
export const started = (pace: Pace, now: number): Pace => {
  const known = rate(pace, now)
  return {
    ...pace,
    underway: pace.underway + 1,
    nextAt: known === undefined ? pace.nextAt : Math.max(pace.nextAt, now - slack) + 1 / known
  }
}

/** Records that a call ended, with any result. */
export const ended = (pace: Pace): Pace => ({ ...pace, underway: pace.underway - 1 })

/** Estimates the number of calls accepted in the last second, with a sliding window over two periods. */
const acceptedOfLate = ({ accepted, acceptedBefore, countedFrom }: Pace, now: number): number => {
  const age = (now - countedFrom) / second
  if (age < 1) return accepted + acceptedBefore * (1 - age)
  return age < 2 ? accepted * (2 - age) : 0
}

/** Counts an accepted call in the current second. */
const counted = (pace: Pace, now: number): Pace => {
  const age = now - pace.countedFrom
  if (age < second) return { ...pace, accepted: pace.accepted + 1 }
  return age < 2 * second
    ? { ...pace, accepted: 1, acceptedBefore: pace.accepted, countedFrom: pace.countedFrom + second }
    : { ...pace, accepted: 1, acceptedBefore: 0, countedFrom: now }
}

/** Records that a call was accepted. */
export const succeeded = (pace: Pace, now: number): Pace => ({
  ...counted(pace, now),
  window: pace.window + 1,
  refusals: 0,
  holds: 0
})

/** Holds all calls for a time, after a response with an exhausted rate limit. */
export const spent = (pace: Pace, now: number, milliseconds: number): Pace => ({
  ...pace,
  opensAt: Math.max(pace.opensAt, now + milliseconds)
})

/** Sets the limit to the calls accepted in the last second, after enough refusals in a row. */
const learn = (pace: Pace, now: number): Pace => {
  const accepted = acceptedOfLate(pace, now)
  if (pace.limit !== undefined || pace.refusals < proof || accepted === 0) return pace
  return { ...pace, limit: Math.max(slowest, accepted / second), patience: second }
}

/** Corrects the limit after a refusal of a call that started after the last hold. */
const correct = (pace: Pace, now: number, startedAt: number): Pace => {
  const { limit, patience } = pace
  if (limit === undefined) return pace
  const refusedAt = rate(pace, startedAt) ?? limit
  if (refusedAt <= limit) return { ...pace, limit: Math.max(slowest, limit * fall) }
  const measured = Math.min(limit + (refusedAt - limit) * rise, acceptedOfLate(pace, now) / second)
  return {
    ...pace,
    limit: Math.max(limit, measured),
    patience: Math.min(longestPatience, patience * patienceFactor)
  }
}

/** Records a refused call, and usually holds all calls. `asked` is the wait that the vendor states, if any. */
export const refused = (pace: Pace, now: number, startedAt: number, asked: number | undefined): Pace => {
  const learned = learn({ ...pace, refusals: pace.refusals + 1 }, now)
  // The call started before the hold, so its refusal can only extend the hold.
  if (startedAt < pace.opensAt) return now < pace.opensAt ? spent(learned, now, asked ?? 0) : learned
  const hold = asked ?? Math.min(longestHold, firstHold * 2 ** pace.holds)
  return { ...correct(learned, now, startedAt), holds: pace.holds + 1, opensAt: now + hold, nextAt: now + hold }
}
