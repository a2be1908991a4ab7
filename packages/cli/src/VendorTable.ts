/** What each vendor can do for each purpose, in words: the table of `tempcred providers` and of the project's README. */
import type { Adapter } from "@tempcred/core/Adapter"
import type { Capability, Range } from "@tempcred/core/Capabilities"
import * as Duration from "effect/Duration"

/** The heads of the columns. */
export const heads: ReadonlyArray<string> = [
  "vendor",
  "purpose",
  "ttl (default)",
  "single use",
  "max session",
  "usable for",
  "session lock",
  "subject",
  "regions"
]

/** What a vendor has nothing of. */
const nothing = "–"

const length = (seconds: number): string => Duration.format(Duration.seconds(seconds)).replaceAll(" ", "")

const between = ({ max, min }: Range): string => (min === max ? length(min) : `${length(min)}–${length(max)}`)

const withDefault = (range: Range & { readonly default: number }): string =>
  range.min === range.max ? between(range) : `${between(range)} (${length(range.default)})`

const cells = (capability: Capability): ReadonlyArray<string> => {
  const { maxSessionSeconds, regions, sessionLocks = [], singleUse, subject, ttlSeconds, usableForSeconds } = capability
  return [
    withDefault(ttlSeconds),
    singleUse === "always" ? singleUse : singleUse ? "yes" : "no",
    maxSessionSeconds === undefined ? nothing : between(maxSessionSeconds),
    usableForSeconds === undefined ? nothing : withDefault(usableForSeconds),
    sessionLocks.join(", ") || nothing,
    subject.requiredForClient === true ? `${subject.effect}, required` : subject.effect,
    regions.join(", ") || nothing
  ]
}

/** One row for each vendor and purpose that it serves. */
export const rows = (vendors: ReadonlyArray<Adapter>): ReadonlyArray<ReadonlyArray<string>> =>
  vendors.flatMap(({ capabilities, id }) =>
    Object.entries(capabilities).map(([purpose, capability]) => [id, purpose, ...cells(capability)])
  )
