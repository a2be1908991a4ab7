/** Reads untrusted JSON, without assumptions about its shape. */

/** A JSON object with any fields. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Tells whether a value is a JSON object. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Parses JSON; returns undefined, which is no JSON value, if the text is invalid. */
export const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Parses a JSON object; returns undefined if the text is anything else. */
export const parseObject = (text: string): JsonObject | undefined => {
  const value = parse(text)
  return isObject(value) ? value : undefined
}

/** Returns the value if it is an object, else an empty object. */
export const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {})

/** Returns the value if it is a string, else undefined. */
export const stringOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

/** Returns the value if it is a number, else undefined. */
export const numberOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined)
