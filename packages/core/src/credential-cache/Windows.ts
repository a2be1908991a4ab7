/**
 * When a cached credential is renewed: shares of its own life, as vendors' lifetimes reach from seconds to hours, and no two caches alike, so
 * that a fleet that started together does not renew together. All lengths are milliseconds; chance is a number from 0 to 1.
 *
 * @since 0.1.0
 */

/**
 * How much of its life a credential has left when it is renewed in the background, and when callers wait for that.
 *
 * @category models
 * @since 0.1.0
 */
export interface Shares {
  readonly advisory: number
  readonly mandatory: number
}

/**
 * The same for one credential, in milliseconds before its end.
 *
 * @category models
 * @since 0.1.0
 */
export interface Windows {
  readonly advisory: number
  readonly mandatory: number
}

const between = (low: number, high: number, chance: number): number => low + (high - low) * chance

/** A renewal takes time however short the life is. */
const mandatoryFloor = 2000

/**
 * Fixes the windows of a credential when it arrives. The advisory one begins up to a sixth of its length sooner or later than its share says;
 * the mandatory one is at least 2 seconds long, but never more than a third of the life.
 *
 * @category constructors
 * @since 0.1.0
 */
export const windows = (life: number, shares: Shares, chance: number): Windows => {
  const longest = Math.max(mandatoryFloor, life * shares.mandatory)
  const mandatory = shares.mandatory === 0 ? 0 : Math.min(life / 3, longest)
  const advisory = life * shares.advisory * between(5 / 6, 7 / 6, chance)
  return { mandatory, advisory: Math.max(advisory, mandatory) }
}

/** Beyond this life, the pause after a failed renewal grows no more. */
const longestPacedLife = 6_000_000

/**
 * How long to leave the vendor alone after a failed renewal: 5 to 10 % of the life, at most 5 to 10 minutes.
 *
 * @category constructors
 * @since 0.1.0
 */
export const pause = (life: number, chance: number): number =>
  Math.min(life, longestPacedLife) * between(0.05, 0.1, chance)

/**
 * How long a refusal that trying again cannot mend is remembered: 1 to 5 seconds.
 *
 * @category constructors
 * @since 0.1.0
 */
export const memory = (chance: number): number => between(1000, 5000, chance)
