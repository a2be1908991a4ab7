/**
 * Reading JSON that a stranger sent: nothing is assumed of its shape.
 *
 * @since 0.1.0
 */

/**
 * A JSON object with whatever fields.
 *
 * @category models
 * @since 0.1.0
 */
export type JsonObject = Readonly<Record<string, unknown>>

/**
 * Tells whether a value is a JSON object.
 *
 * @category guards
 * @since 0.1.0
 */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/**
 * Parses a text; undefined where it is no JSON, as JSON itself has no such value.
 *
 * @category combinators
 * @since 0.1.0
 */
export const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * Parses a text that should be a JSON object; undefined where it is anything else.
 *
 * @category combinators
 * @since 0.1.0
 */
export const parseObject = (text: string): JsonObject | undefined => {
  const value = parse(text)
  return isObject(value) ? value : undefined
}

/**
 * The value where it is an object, and an empty one where it is not.
 *
 * @category accessors
 * @since 0.1.0
 */
export const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {})

/**
 * The value where it is a string.
 *
 * @category accessors
 * @since 0.1.0
 */
export const stringOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

/**
 * The value where it is a number.
 *
 * @category accessors
 * @since 0.1.0
 */
export const numberOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined)
