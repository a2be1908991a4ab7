/**
 * What each vendor can do for each purpose, in words: the table of `tempcred providers` and of the project's README.
 *
 * @since 0.1.0
 */
import type { Descriptor } from "@tempcred/core/Adapter"
import type { Capability } from "@tempcred/core/Capabilities"

/**
 * The heads of the columns.
 *
 * @category constants
 * @since 0.1.0
 */
export const heads: ReadonlyArray<string> = [
  "vendor",
  "purpose",
  "ttl (default)",
  "single use",
  "session limit",
  "subject",
  "regions"
]

const cells = ({ maxSessionSeconds, regions, singleUse, subject, ttlSeconds }: Capability): ReadonlyArray<string> => [
  ttlSeconds.min === ttlSeconds.max
    ? `${ttlSeconds.min} s`
    : `${ttlSeconds.min}–${ttlSeconds.max} s (${ttlSeconds.default})`,
  singleUse === "always" ? singleUse : singleUse ? "yes" : "no",
  maxSessionSeconds === undefined ? "no" : `${maxSessionSeconds.min}–${maxSessionSeconds.max} s`,
  subject.requiredForClient === true ? `${subject.effect}, required for clients` : subject.effect,
  regions.join(", ") || "none"
]

/**
 * One row for each vendor and purpose that it serves.
 *
 * @category combinators
 * @since 0.1.0
 */
export const rows = (vendors: ReadonlyArray<Descriptor>): ReadonlyArray<ReadonlyArray<string>> =>
  vendors.flatMap(({ capabilities, id }) =>
    Object.entries(capabilities).map(([purpose, capability]) => [id, purpose, ...cells(capability)])
  )
