/** Log-safe text from vendors and clients: control characters and line breaks become spaces, and long text is cut. */

/** Makes text safe for one line of a log, with a maximum length. */
export const quote = (text: string, length: number = 100): string => {
  const clean = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim()
  return clean.length > length ? `${clean.slice(0, length - 1)}…` : clean
}
