/** Checks of long-lived keys. A key is trimmed, and may contain only characters that an HTTP header allows. */
import * as Redacted from "effect/Redacted"
import * as Text from "../environment/Text.ts"

/** Reads a file with one key on each line. */
export const lines = (text: string): ReadonlyArray<Redacted.Redacted> =>
  text.split(/\r?\n/).flatMap((line) => (Text.trim(line) === "" ? [] : Redacted.make(Text.trim(line))))

/** Trims keys. A key without surrounding white space stays the same object. */
export const trimmed = (keys: ReadonlyArray<Redacted.Redacted>): ReadonlyArray<Redacted.Redacted> =>
  keys.map((key) => {
    const text = Redacted.value(key)
    return text === Text.trim(text) ? key : Redacted.make(Text.trim(text))
  })

/**
 * Returns the problem of a key: it is missing, or has characters that a header does not allow.
 * Surrounding white space is allowed. The problem does not contain the key.
 */
export const problemOf = (key: unknown): string | undefined => {
  const value: unknown = Redacted.isRedacted(key) ? Redacted.value(key) : key
  // Untyped callers may pass anything, such as an unset variable.
  if (value === undefined || value === null) return "is not set: set it to the vendor's long-lived key"
  // Plain text is refused, because it could be printed.
  if (!Redacted.isRedacted(key)) return "must be a Redacted: wrap it in Redacted.make"
  if (typeof value !== "string") return "must be a Redacted of text"
  const text = Text.trim(value)
  if (text === "") return "is empty: set it to the vendor's long-lived key"
  if (Text.isQuoted(text)) return Text.quoted
  return /^[\u0021-\u007e]+$/.test(text)
    ? undefined
    : "holds a space, a line end or another character that no key has: copy the key again"
}

/** Returns the problems of a source's keys. The problems do not contain the keys. */
export const problemsOf = (keys: ReadonlyArray<Redacted.Redacted>): ReadonlyArray<string> => {
  // Untyped sources may return anything.
  if (!Array.isArray(keys) || keys.length === 0) return ["holds no key"]
  return keys.flatMap((key, index) => {
    const problem = problemOf(key)
    if (problem === undefined) return []
    return keys.length === 1 ? [problem] : [`${problem} (key ${index + 1})`]
  })
}
