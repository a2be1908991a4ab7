/**
 * The rules for the text of values: the characters that are removed, and the characters that are
 * errors.
 */

/** Removes white space, line ends and a byte order mark, which files, pipes and editors add. */
export const trim = (text: string): string => text.trim()

/** The error about quotation marks. Shells remove them, but `docker --env-file` does not. */
export const quoted = "begins or ends with a quotation mark: write it without quotation marks"

/** Tells whether trimmed text starts or ends with a quotation mark, straight or typographic. */
export const isQuoted = (text: string): boolean => /^["'`\u2018-\u201f]|["'`\u2018-\u201f]$/.test(text)

/** Line ends, control characters and invisible ones. */
const control = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

/**
 * Returns the problem of trimmed text: a quotation mark at its start or end, or a control character. The
 * problem does not contain the text.
 */
export const problemOf = (text: string): string | undefined => {
  if (isQuoted(text)) return quoted
  return control.test(text) ? "holds a line end or another control character: write it in one line" : undefined
}

/** Returns the problem of a trimmed secret: that of `problemOf`, or a space. */
export const secretProblemOf = (text: string): string | undefined =>
  problemOf(text) ?? (/\s/.test(text) ? "holds a space: copy it again" : undefined)

/** Returns the problem of an item of a list: that of `problemOf`, or a space, which may replace a comma. */
export const itemProblemOf = (item: string): string | undefined =>
  problemOf(item) ?? (/\s/.test(item) ? "holds a space: write a comma between two items" : undefined)

/** Splits a list at commas and line breaks, and trims its items. A trailing comma is allowed. */
export const split = (text: string): ReadonlyArray<string> =>
  trim(text)
    .split(/\s*[\r\n]\s*/)
    .flatMap((line) => line.replace(/,$/, "").split(","))
    .map(trim)
