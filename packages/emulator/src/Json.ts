/** Reading JSON that a stranger sent: nothing is assumed of its shape. */

/** A JSON object with whatever fields. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Tells whether a value is a JSON object. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Parses a text; undefined where it is no JSON, as JSON itself has no such value. */
export const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Parses a text that should be a JSON object; undefined where it is anything else. */
export const parseObject = (text: string): JsonObject | undefined => {
  const value = parse(text)
  return isObject(value) ? value : undefined
}

/** The value where it is an object, and an empty one where it is not. */
export const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {})

/** The value where it is a string. */
export const stringOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

/** The value where it is a number. */
export const numberOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined)
