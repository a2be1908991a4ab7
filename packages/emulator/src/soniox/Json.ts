/**
 * Reading JSON whose shape nobody has promised.
 *
 * @since 0.1.0
 */

/**
 * A JSON object with whatever fields.
 *
 * @category models
 * @since 0.1.0
 */
export type Fields = Readonly<Record<string, unknown>>

/**
 * Tells whether a JSON value is an object.
 *
 * @category guards
 * @since 0.1.0
 */
export const isObject = (value: unknown): value is Fields =>
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
 * Parses a text that should be a JSON object; undefined where it is not.
 *
 * @category combinators
 * @since 0.1.0
 */
export const parseObject = (text: string): Fields | undefined => {
  const value = parse(text)
  return isObject(value) ? value : undefined
}
