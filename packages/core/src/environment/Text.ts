/**
 * The rules for values that people, files and pipes write: the characters that are removed, and
 * those that are errors.
 */

/** Removes white space, line ends and a byte order mark, which files, pipes and editors add. */
export const trim = (text: string): string => text.trim()

/** The error about quotation marks, which shells remove and `docker --env-file` keeps. */
export const quoted = "begins or ends with a quotation mark: write it without quotation marks"

/** Tells whether trimmed text starts or ends with a quotation mark, straight or typographic. */
export const isQuoted = (text: string): boolean => /^["'`\u2018-\u201f]|["'`\u2018-\u201f]$/.test(text)

/** Line ends, control characters and invisible ones. */
const control = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

/**
 * Returns the problem of trimmed text without the text itself: surrounding quotation marks, or a
 * control character.
 */
export const problemOf = (text: string): string | undefined => {
  if (isQuoted(text)) return quoted
  return control.test(text) ? "holds a line end or another control character: write it in one line" : undefined
}

/** Returns the problem of a trimmed secret without the secret itself: as for any text, or a space. */
export const secretProblemOf = (text: string): string | undefined =>
  problemOf(text) ?? (/\s/.test(text) ? "holds a space: copy it again" : undefined)

/** Returns the problem of an item of a list: as for any text, or a space in place of a comma. */
export const itemProblemOf = (item: string): string | undefined =>
  problemOf(item) ?? (/\s/.test(item) ? "holds a space: write a comma between two items" : undefined)

/** Splits a list at commas and line breaks, and trims its items. A trailing comma is allowed. */
export const split = (text: string): ReadonlyArray<string> =>
  trim(text)
    .split(/\s*[\r\n]\s*/)
    .flatMap((line) => line.replace(/,$/, "").split(","))
    .map(trim)
