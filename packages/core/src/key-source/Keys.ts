/** Long-lived keys before they are used: trimmed, and held against what a header can carry. */
import * as Redacted from "effect/Redacted"
import * as Text from "../environment/Text.ts"

/** Reads a file with one key on each line. */
export const lines = (text: string): ReadonlyArray<Redacted.Redacted> =>
  text.split(/\r?\n/).flatMap((line) => (Text.trim(line) === "" ? [] : Redacted.make(Text.trim(line))))

/** Removes what files and pipes leave around keys. */
export const trimmed = (keys: ReadonlyArray<Redacted.Redacted>): ReadonlyArray<Redacted.Redacted> =>
  keys.map((key) => {
    const text = Redacted.value(key)
    return text === Text.trim(text) ? key : Redacted.make(Text.trim(text))
  })

/** Says what is wrong with a key, without the key: it is missing, or holds what a header cannot carry. Blanks and line ends around it are no mistake. */
export const problemOf = (key: unknown): string | undefined => {
  const value: unknown = Redacted.isRedacted(key) ? Redacted.value(key) : key
  // Untyped callers pass anything, such as a variable that is not set.
  if (value === undefined || value === null) return "is not set: set it to the vendor's long-lived key"
  // Plain text is refused, as nothing would keep it from being printed.
  if (!Redacted.isRedacted(key)) return "must be a Redacted: wrap it in Redacted.make"
  if (typeof value !== "string") return "must be a Redacted of text"
  const text = Text.trim(value)
  if (text === "") return "is empty: set it to the vendor's long-lived key"
  if (Text.isQuoted(text)) return Text.quoted
  return /^[\u0021-\u007e]+$/.test(text)
    ? undefined
    : "holds a space, a line end or another character that no key has: copy the key again"
}

/** Says what is wrong with the keys of a source, without the keys. */
export const problemsOf = (keys: ReadonlyArray<Redacted.Redacted>): ReadonlyArray<string> => {
  // Untyped sources may give anything.
  if (!Array.isArray(keys) || keys.length === 0) return ["holds no key"]
  return keys.flatMap((key, index) => {
    const problem = problemOf(key)
    if (problem === undefined) return []
    return keys.length === 1 ? [problem] : [`${problem} (key ${index + 1})`]
  })
}
