/**
 * The refresh times of a cached credential, as fractions of its lifetime, because lifetimes range
 * from seconds to hours. A random part keeps machines from refreshing together. All durations are
 * milliseconds; `chance` is a random number from 0 to 1.
 */

/**
 * The fractions of the lifetime that are left when the background refresh starts, and when callers
 * wait for a new credential.
 */
export interface Shares {
  readonly advisory: number
  readonly mandatory: number
}

/** The refresh times of one credential, in milliseconds before its expiry. */
export interface Windows {
  readonly advisory: number
  readonly mandatory: number
}

const between = (low: number, high: number, chance: number): number => low + (high - low) * chance

/** The time that a client needs to receive a credential and to connect, with a reserve. */
const mandatoryFloor = 10_000

/**
 * The maximum of the mandatory window by that time, and the minimum lead of the advisory window, as
 * fractions of the lifetime.
 */
const floorShare = 1 / 4
const lead = 1 / 20

/**
 * Computes the windows of a new credential. The advisory window varies by a sixth of its length,
 * and starts at least a twentieth of the lifetime before the mandatory one, so that a refresh can
 * end in time. The mandatory window is at least 10 seconds, or a quarter of a shorter lifetime.
 */
export const windows = (life: number, shares: Shares, chance: number): Windows => {
  const floor = Math.min(mandatoryFloor, life * floorShare)
  const mandatory = shares.mandatory === 0 ? 0 : Math.max(floor, life * shares.mandatory)
  const advisory = life * shares.advisory * between(5 / 6, 7 / 6, chance)
  const earliest = shares.advisory > shares.mandatory ? mandatory + life * lead : mandatory
  return { mandatory, advisory: Math.max(advisory, earliest) }
}

/** The lifetime from which the pause after a failed refresh no longer grows. */
const longestPacedLife = 6_000_000

/** Returns the pause after a failed refresh: 5 to 10 % of the lifetime, at most 5 to 10 minutes. */
export const pause = (life: number, chance: number): number =>
  Math.min(life, longestPacedLife) * between(0.05, 0.1, chance)

/**
 * Returns the pause of a scope whose credential has expired: 0.5 to 1 second, to notice the
 * vendor's recovery soon.
 */
export const breather = (chance: number): number => between(500, 1000, chance)

/** Returns how long a permanent failure is remembered: 1 to 5 seconds. */
export const memory = (chance: number): number => between(1000, 5000, chance)
