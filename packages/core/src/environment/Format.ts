/** Formats of variables: the rule for the text, and its parser. */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** A format: the rule as a sentence after the variable's name, and the parser. */
export interface Format<A> {
  readonly rule: string
  readonly parse: (text: string) => Option.Option<A>
}

/** Makes a format from a schema. */
export const ofSchema = <A>(schema: Schema.Decoder<A>, rule: string): Format<A> => ({
  rule,
  parse: Schema.decodeUnknownOption(schema)
})

/** Makes the format of a whole number in digits, from `min` to `max`. */
export const wholeNumber = (min: number, max: number = Number.MAX_SAFE_INTEGER): Format<number> => ({
  rule: `must be a whole number, ${min} ${max === Number.MAX_SAFE_INTEGER ? "or more" : `to ${max}`}`,
  parse: (text) =>
    Option.filter(Option.some(/^\d+$/.test(text) ? Number(text) : Number.NaN), (value) => value >= min && value <= max)
})

/** A duration in whole seconds, with its unit. */
export const wholeSeconds: Format<Duration.Duration> = ofSchema(
  Schema.DurationFromString.check(
    Schema.makeFilter((length) => Number.isSafeInteger(Duration.toSeconds(length)) && Duration.toSeconds(length) > 0)
  ),
  'must be whole seconds with their unit, such as "60 seconds"'
)

/** A duration of a millisecond or more, with its unit. */
export const duration: Format<Duration.Duration> = ofSchema(
  Schema.DurationFromString.check(
    Schema.makeFilter((length) => Number.isFinite(Duration.toMillis(length)) && Duration.toMillis(length) >= 1)
  ),
  'must be a duration with its unit, such as "20 seconds"'
)

/** Makes the format of one of several words. */
export const oneOf = <const A extends string>(words: ReadonlyArray<A>): Format<A> =>
  ofSchema(Schema.Literals(words), `must be one of ${words.join(", ")}`)

/** `true` or `false`, in any letter case. */
export const boolean: Format<boolean> = {
  rule: "must be true or false",
  parse: (text) => {
    const word = text.toLowerCase()
    return word === "true" || word === "false" ? Option.some(word === "true") : Option.none()
  }
}

/** A text without spaces. */
export const word: Format<string> = {
  rule: "must be one word without spaces",
  parse: (text) => (/\s/.test(text) ? Option.none() : Option.some(text))
}

/** Tells whether a text is the URL of a Redis. A malformed URL is a configuration error, not an outage. */
export const isRedisUrl = (value: string): boolean => {
  const url = /\s/.test(value) ? null : URL.parse(value)
  return (
    url !== null &&
    /^rediss?:$/.test(url.protocol) &&
    url.hostname !== "" &&
    /^(\/\d*)?$/.test(url.pathname) &&
    [url.username, url.password].every(isEncoded)
  )
}

/** Returns the error for a Redis URL without the Redis package. It names the package and the code to add. */
export const redisMissing = (call: string): string =>
  `names a Redis, which needs the package @tempcred/redis: install it, add import * as Redis from "@tempcred/redis/Redis", and call ${call}`

const isEncoded = (value: string): boolean => {
  try {
    decodeURIComponent(value)
    return true
  } catch {
    return false
  }
}
