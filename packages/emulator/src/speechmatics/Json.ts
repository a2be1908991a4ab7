/**
 * Reading JSON that a stranger sent: nothing is assumed of its shape.
 *
 * @since 0.1.0
 */

/**
 * A JSON object of unknown fields.
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
 * Reads a JSON object from text; undefined where the text is anything else.
 *
 * @category constructors
 * @since 0.1.0
 */
export const parse = (text: string): JsonObject | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
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
