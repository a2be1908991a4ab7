/** The rules for a text that a person, a file or a pipe has written: which characters around it mean nothing, and which in it are a mistake. */

/** Removes what files, pipes and editors leave around a value: blanks, line ends and a byte order mark. */
export const trim = (text: string): string => text.trim()

/** The sentence about quotation marks, which shells remove and `docker --env-file` and the like keep. */
export const quoted = "begins or ends with a quotation mark: write it without quotation marks"

/** Tells whether a trimmed text begins or ends with a quotation mark, straight or typographic. */
export const isQuoted = (text: string): boolean => /^["'`\u2018-\u201f]|["'`\u2018-\u201f]$/.test(text)

/** Line ends, control characters and invisible ones. */
const control = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

/** Says what is wrong with a trimmed text, without the text: quotation marks around it, or a control character in it. */
export const problemOf = (text: string): string | undefined => {
  if (isQuoted(text)) return quoted
  return control.test(text) ? "holds a line end or another control character: write it in one line" : undefined
}

/** Says what is wrong with a trimmed secret, without the secret: as for any text, or a space in it. */
export const secretProblemOf = (text: string): string | undefined =>
  problemOf(text) ?? (/\s/.test(text) ? "holds a space: copy it again" : undefined)

/** Says what is wrong with an item of a list: as for any text, or a space where a comma was meant. */
export const itemProblemOf = (item: string): string | undefined =>
  problemOf(item) ?? (/\s/.test(item) ? "holds a space: write a comma between two items" : undefined)

/** Splits a list at commas and line ends, and trims its items. A comma after the last item is no further item. */
export const split = (text: string): ReadonlyArray<string> =>
  trim(text)
    .split(/\s*[\r\n]\s*/)
    .flatMap((line) => line.replace(/,$/, "").split(","))
    .map(trim)
