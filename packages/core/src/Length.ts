/** Durations in the options of layers. */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import type { Length } from "./mint-request/Fields.ts"

/** The message about a duration that `positive` reads as zero. */
export const notPositive = 'must be a time with its unit, such as "5 seconds", longer than zero and finite'

/** Reads a duration. A malformed, negative or infinite one becomes zero, which the caller refuses. */
export const positive = (length: Length): Duration.Duration =>
  Duration.fromInput(length).pipe(
    Option.filter((duration) => Duration.isFinite(duration) && !Duration.isNegative(duration)),
    Option.getOrElse(() => Duration.zero)
  )
