/**
 * When a cached credential is renewed: shares of its own life, as vendors' lifetimes reach from seconds to hours, and no two caches alike, so
 * that a fleet that started together does not renew together. All lengths are milliseconds; chance is a number from 0 to 1.
 */

/** How much of its life a credential has left when it is renewed in the background, and when callers wait for that. */
export interface Shares {
  readonly advisory: number
  readonly mandatory: number
}

/** The same for one credential, in milliseconds before its end. */
export interface Windows {
  readonly advisory: number
  readonly mandatory: number
}

const between = (low: number, high: number, chance: number): number => low + (high - low) * chance

/** What a client needs to receive a credential and to open a connection with it, with some to spare. */
const mandatoryFloor = 10_000

/** The longest that this may make the mandatory window, and the least by which the advisory one begins before it, as shares of the life. */
const floorShare = 1 / 4
const lead = 1 / 20

/**
 * Fixes the windows of a credential when it arrives. The advisory one begins up to a sixth of its length sooner or later than its share says, and a
 * twentieth of the life before the mandatory one at least, so that a renewal can end before callers wait for it. The mandatory one is at least 10
 * seconds long, or a quarter of a shorter life.
 */
export const windows = (life: number, shares: Shares, chance: number): Windows => {
  const floor = Math.min(mandatoryFloor, life * floorShare)
  const mandatory = shares.mandatory === 0 ? 0 : Math.max(floor, life * shares.mandatory)
  const advisory = life * shares.advisory * between(5 / 6, 7 / 6, chance)
  const earliest = shares.advisory > shares.mandatory ? mandatory + life * lead : mandatory
  return { mandatory, advisory: Math.max(advisory, earliest) }
}

/** Beyond this life, the pause after a failed renewal grows no more. */
const longestPacedLife = 6_000_000

/** How long to leave the vendor alone after a failed renewal: 5 to 10 % of the life, at most 5 to 10 minutes. */
export const pause = (life: number, chance: number): number =>
  Math.min(life, longestPacedLife) * between(0.05, 0.1, chance)

/** How long a scope whose credential has ended leaves a vendor alone that failed: half a second to a second, so that its return is noticed at once. */
export const breather = (chance: number): number => between(500, 1000, chance)

/** How long a refusal that trying again cannot mend is remembered: 1 to 5 seconds. */
export const memory = (chance: number): number => between(1000, 5000, chance)
