/**
 * How fast the calls to one vendor account may go, learned from refusals (429). The rule:
 *
 * 1. A refusal holds every call for as long as the vendor asks. One refusal alone changes no pace.
 * 2. Four refusals in a row, while callers were waiting, show a limit. The pace becomes the number of calls accepted in the last second.
 * 3. The pace stays for a second after the hold. Then what goes beyond it doubles each second, from 2 %, until a call is refused again.
 * 4. A refusal beyond the pace confirms it: the next attempt to go faster comes after four times the time, at most a minute. The pace may rise a little.
 * 5. A refusal at the pace itself lowers it by 3 %.
 *
 * Before a limit is known only the number of calls under way is bounded: it grows with each success and halves with each refusal.
 * The functions are pure. All times are monotonic milliseconds.
 */

/** Refusals in a row that show a limit. Random refusals of one call in fifty come so once in six million calls. */
const proof = 4

/** No vendor counts in shorter periods than a second, so refusals within a second of each other are one. */
const second = 1000

/** What goes beyond the pace at first; it doubles each second. */
const firstExcess = 0.02

/** The pace rises at most by this part of the way to the pace that was refused. */
const rise = 0.25

/** A refusal at the pace lowers it to this part. */
const fall = 0.97

/** The vendor has taken so many times the pace without a refusal: the pace was no limit of this vendor any more. */
const outgrown = 3

/** The time between two attempts to go faster grows by this factor, up to a minute. */
const patienceFactor = 4
const longestPatience = 60_000

/** A slower pace than one call a second is not worth keeping: the hold does the rest. */
const slowest = 0.001

/** A timer that fires late by this much does not slow the pace. */
const slack = 10

/** The wait after a refusal that names none doubles with each that follows, up to the longest. */
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
  /** Whether the calls of late had to wait. */
  readonly isBusy: boolean
  /** Calls accepted while callers waited: since a moment, and in the second before it. */
  readonly accepted: number
  readonly acceptedBefore: number
  readonly countedFrom: number
  /** Refusals, and holds, since the last success. */
  readonly refusals: number
  readonly holds: number
  /** When a refusal last changed the limit. */
  readonly changedAt: number
}

const uncounted = { accepted: 0, acceptedBefore: 0, countedFrom: Number.NEGATIVE_INFINITY }

/** Makes a pace that knows no limit, and bounds the calls under way to so many. */
export const make = (window: number): Pace => ({
  underway: 0,
  window,
  limit: undefined,
  patience: second,
  opensAt: Number.NEGATIVE_INFINITY,
  nextAt: Number.NEGATIVE_INFINITY,
  isBusy: false,
  ...uncounted,
  refusals: 0,
  holds: 0,
  changedAt: Number.NEGATIVE_INFINITY
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

/** Notes that a call started, and whether it had to wait. What was accepted while nobody waited is demand, and no limit. */
export const started = (pace: Pace, now: number, waited: boolean): Pace => {
  const known = rate(pace, now)
  return {
    ...pace,
    underway: pace.underway + 1,
    isBusy: waited,
    ...(waited && pace.isBusy ? {} : uncounted),
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

/** Takes the calls accepted in the last second for the limit, once enough refusals in a row have shown that there is one. */
const learn = (pace: Pace, now: number): Pace => {
  if (pace.limit !== undefined || !pace.isBusy || pace.refusals < proof) return pace
  const accepted = acceptedOfLate(pace, now)
  return accepted === 0
    ? pace
    : { ...pace, limit: Math.max(slowest, accepted / second), patience: second, changedAt: now }
}

/** Changes what is known, after a refusal of a call that started at a moment when the pace was open. */
const correct = (pace: Pace, now: number, startedAt: number): Pace => {
  const { limit, patience } = pace
  // Fewer calls under way make callers wait, so that the next refusals can teach.
  if (limit === undefined) return { ...pace, window: Math.max(1, Math.ceil(Math.min(pace.window, pace.underway) / 2)) }
  if (now - pace.changedAt < second) return pace
  const refusedAt = rate(pace, startedAt) ?? limit
  if (refusedAt <= limit) return { ...pace, limit: Math.max(slowest, limit * fall), changedAt: now }
  const isOutgrown = refusedAt > limit * outgrown
  if (isOutgrown && !pace.isBusy) return { ...pace, limit: undefined }
  const measured = Math.min(limit + (refusedAt - limit) * rise, acceptedOfLate(pace, now) / second)
  return {
    ...pace,
    limit: Math.max(limit, measured),
    patience: isOutgrown ? second : Math.min(longestPatience, patience * patienceFactor),
    changedAt: now
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
