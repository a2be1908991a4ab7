/** Text from outside made fit for one line of a log: control characters and line ends become spaces, and what is long is cut. */

/** Makes text fit for a log line of at most so many characters. */
export const quote = (text: string, length: number = 100): string => {
  const clean = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim()
  return clean.length > length ? `${clean.slice(0, length - 1)}…` : clean
}
