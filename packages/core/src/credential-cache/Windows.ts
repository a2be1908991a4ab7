/**
 * The refresh times of a cached credential. They are fractions of its lifetime, because lifetimes range
 * from seconds to hours. They vary at random, so that machines do not refresh at the same time. All
 * durations are milliseconds; `chance` is a random number from 0 to 1.
 */

/**
 * The start of the windows as remaining fractions of the lifetime. In the `advisory` window, a
 * background refresh starts. In the `mandatory` window, callers wait for a new credential.
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

/** The minimum mandatory window. A client needs this time to receive a credential and to connect. */
const mandatoryFloor = 10_000

/**
 * Fractions of the lifetime. `floorShare` is the upper limit of `mandatoryFloor`. `lead` is the minimum
 * time from the start of the advisory window to the start of the mandatory window.
 */
const floorShare = 1 / 4
const lead = 1 / 20

/**
 * Computes the windows of a new credential. The advisory window varies at random by a sixth. It starts
 * at least a twentieth of the lifetime before the mandatory window, so that a refresh can end in time.
 * The mandatory window is at least 10 seconds, or a quarter of a lifetime under 40 seconds.
 */
export const windows = (life: number, shares: Shares, chance: number): Windows => {
  const floor = Math.min(mandatoryFloor, life * floorShare)
  const mandatory = shares.mandatory === 0 ? 0 : Math.max(floor, life * shares.mandatory)
  const advisory = life * shares.advisory * between(5 / 6, 7 / 6, chance)
  const earliest = shares.advisory > shares.mandatory ? mandatory + life * lead : mandatory
  return { mandatory, advisory: Math.max(advisory, earliest) }
}

/** The maximum lifetime that counts for the pause after a failed refresh: 100 minutes. */
const longestPacedLife = 6_000_000

/** Returns the pause after a failed refresh: 5 to 10 % of the lifetime, at most 5 to 10 minutes. */
export const pause = (life: number, chance: number): number =>
  Math.min(life, longestPacedLife) * between(0.05, 0.1, chance)

/**
 * Returns the pause after a failed mint without a valid credential: 0.5 to 1 second. It is short, so
 * that the scope recovers soon after the vendor.
 */
export const breather = (chance: number): number => between(500, 1000, chance)

/** Returns how long an error that is not retryable is cached: 1 to 5 seconds. */
export const memory = (chance: number): number => between(1000, 5000, chance)
