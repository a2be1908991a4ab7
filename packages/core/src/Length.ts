/** Lengths of time in the options of layers. */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import type { Length } from "./mint-request/Fields.ts"

/** The message about a length that `positive` refuses. */
export const notPositive = 'must be a time with its unit, such as "5 seconds", longer than zero and finite'

/** Reads a length. One that is malformed, negative or infinite becomes zero, which the caller refuses. */
export const positive = (length: Length): Duration.Duration =>
  Duration.fromInput(length).pipe(
    Option.filter((duration) => Duration.isFinite(duration) && !Duration.isNegative(duration)),
    Option.getOrElse(() => Duration.zero)
  )
