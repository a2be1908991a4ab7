/**
 * The pace of the calls to one vendor account, learned from refusals (429):
 *
 * 1. A refusal holds every call for as long as the vendor asks. One refusal changes no pace.
 * 2. Four refusals in a row set the pace to the number of calls accepted in the last second.
 * 3. The pace stays for a second after the hold. Then its excess, 2 % at first, doubles each second.
 * 4. A refusal above the pace quadruples the time before the next increase, up to a minute. The pace
 *    may rise a little.
 * 5. A refusal at the pace lowers it by 3 %.
 *
 * The number of calls under way is bounded, too: the bound grows with each success. The functions
 * are pure. All times are monotonic milliseconds.
 */

/**
 * The number of refusals in a row that show a limit. Random refusals of one call in fifty do so
 * once in six million calls.
 */
const proof = 4

/** The period in which accepted calls are counted, in milliseconds. No vendor's limit has a shorter one. */
const second = 1000

/** The first excess over the pace. It doubles each second. */
const firstExcess = 0.02

/** The pace rises at most by this part of the way to the pace that was refused. */
const rise = 0.25

/** A refusal at the pace lowers it to this part. */
const fall = 0.97

/** The time between two attempts to go faster grows by this factor, up to a minute. */
const patienceFactor = 4
const longestPatience = 60_000

/** The minimum pace: one call a second. Below it, delays suffice. */
const slowest = 0.001

/** The lateness of a timer, in milliseconds, that does not slow the pace. */
const slack = 10

/** The wait after a refusal that states none. It doubles with each further one, up to the maximum. */
const firstHold = 500
const longestHold = 30_000

/** The state of the pace of one vendor account. */
export interface Pace {
  /** Calls under way, and how many there may be. */
  readonly underway: number
  readonly window: number
  /** Calls in a millisecond; `undefined` where no limit is known. */
  readonly limit: number | undefined
  /** How long the pace stays at the limit before it grows. */
  readonly patience: number
  /** When the hold ends, and when the next call may go. */
  readonly opensAt: number
  readonly nextAt: number
  /** Calls accepted since a moment, and in the second before it. */
  readonly accepted: number
  readonly acceptedBefore: number
  readonly countedFrom: number
  /** Refusals, and holds, since the last success. */
  readonly refusals: number
  readonly holds: number
}

/** Makes a pace that knows no limit, and bounds the calls under way to so many. */
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

/** Tells how many calls may go in a millisecond; `undefined` where no limit is known. */
export const rate = ({ limit, opensAt, patience }: Pace, now: number): number | undefined => {
  if (limit === undefined) return undefined
  const growing = now - opensAt - patience
  return growing < 0 ? limit : limit * (1 + firstExcess * 2 ** (growing / second))
}

/** Tells for how long all calls are still held. */
export const held = ({ opensAt }: Pace, now: number): number => Math.max(0, opensAt - now)

/** Tells how long the next call has to wait; `Infinity` until one that is under way comes back. */
export const wait = (pace: Pace, now: number): number => {
  if (pace.underway >= pace.window) return Number.POSITIVE_INFINITY
  return pace.limit === undefined ? held(pace, now) : Math.max(held(pace, now), pace.nextAt - now)
}

/** Notes that a call started. */
export const started = (pace: Pace, now: number): Pace => {
  const known = rate(pace, now)
  return {
    ...pace,
    underway: pace.underway + 1,
    nextAt: known === undefined ? pace.nextAt : Math.max(pace.nextAt, now - slack) + 1 / known
  }
}

/** Notes that a call came back, however it ended. */
export const ended = (pace: Pace): Pace => ({ ...pace, underway: pace.underway - 1 })

/** Calls accepted in the last second, counted with a sliding window of two. */
const acceptedOfLate = ({ accepted, acceptedBefore, countedFrom }: Pace, now: number): number => {
  const age = (now - countedFrom) / second
  if (age < 1) return accepted + acceptedBefore * (1 - age)
  return age < 2 ? accepted * (2 - age) : 0
}

/** Counts one more accepted call, in the second that it came in. */
const counted = (pace: Pace, now: number): Pace => {
  const age = now - pace.countedFrom
  if (age < second) return { ...pace, accepted: pace.accepted + 1 }
  return age < 2 * second
    ? { ...pace, accepted: 1, acceptedBefore: pace.accepted, countedFrom: pace.countedFrom + second }
    : { ...pace, accepted: 1, acceptedBefore: 0, countedFrom: now }
}

/** Notes that a call was accepted. */
export const succeeded = (pace: Pace, now: number): Pace => ({
  ...counted(pace, now),
  window: pace.window + 1,
  refusals: 0,
  holds: 0
})

/** Holds all calls for so long, as an answer said that nothing is left until then. */
export const spent = (pace: Pace, now: number, milliseconds: number): Pace => ({
  ...pace,
  opensAt: Math.max(pace.opensAt, now + milliseconds)
})

/** Takes the calls accepted in the last second as the pace, after enough refusals in a row. */
const learn = (pace: Pace, now: number): Pace => {
  const accepted = acceptedOfLate(pace, now)
  if (pace.limit !== undefined || pace.refusals < proof || accepted === 0) return pace
  return { ...pace, limit: Math.max(slowest, accepted / second), patience: second }
}

/** Corrects the pace after a refusal of a call that started after the last hold. */
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

/** Notes that a call was refused, with or without a wait asked for. All calls are held from then on, as `held` tells. */
export const refused = (pace: Pace, now: number, startedAt: number, asked: number | undefined): Pace => {
  const learned = learn({ ...pace, refusals: pace.refusals + 1 }, now)
  // It was on its way when another was refused: it tells at most that the wait is longer.
  if (startedAt < pace.opensAt) return now < pace.opensAt ? spent(learned, now, asked ?? 0) : learned
  const hold = asked ?? Math.min(longestHold, firstHold * 2 ** pace.holds)
  return { ...correct(learned, now, startedAt), holds: pace.holds + 1, opensAt: now + hold, nextAt: now + hold }
}
