/** The code of an error, for log lines and events. The words of an error are left out, as they may hold a password. */
import * as Predicate from "effect/Predicate"

/** The words that error replies of Redis start with. */
const replies = new Set(
  "BUSY CLUSTERDOWN DENIED ERR LOADING MASTERDOWN MISCONF NOAUTH NOPERM OOM READONLY WRONGPASS".split(" ")
)

const codeOf = (error: unknown, depth: number = 0): string | undefined => {
  if (!Predicate.isObject(error) || depth > 4) return undefined
  const code = "code" in error ? error.code : undefined
  if (typeof code === "string" && /^[A-Z][A-Z_]{2,39}$/.test(code)) return code
  const [word = ""] = "message" in error && typeof error.message === "string" ? error.message.split(" ", 1) : []
  if (replies.has(word)) return word
  return codeOf("cause" in error ? error.cause : undefined, depth + 1)
}

/** Adds the code of an error, or of its cause, to a sentence: `no connection: ECONNREFUSED`. */
export const withCode = (sentence: string, error: unknown): string => {
  const code = codeOf(error)
  return code === undefined ? sentence : `${sentence}: ${code}`
}
