/** Errors of requests. They contain the address and the platform's code or message, but no secret. */
import * as Predicate from "effect/Predicate"
import type * as Redacted from "effect/Redacted"
import { scrub } from "../Scrubber.ts"
import { quote } from "../LogText.ts"
import { TransportError } from "../TempCredentialError.ts"

/** The failed request: its URL, its key, and a sentence to add to the error, for example about a proxy. */
export interface Way {
  readonly url: URL
  readonly key: Redacted.Redacted
  readonly note: string | undefined
}

/**
 * Makes the error of a request that failed on the platform. `begun` tells whether the response had
 * started.
 */
export const broken = (cause: unknown, begun: boolean, { key, note, url }: Way): TransportError => {
  const words = wordsOf(cause)
  const code = codeOf(cause) ?? codes.find(([pattern]) => pattern.test(words ?? ""))?.[1]
  const address = addressOf(url)
  // undici's own codes are unclear without the message.
  const isClear = code !== undefined && !code.startsWith("UND_ERR_")
  const said = !isClear && words !== undefined ? `: ${quote(scrub(withoutPaths(words), [key]), 150)}` : ""
  const sentence = begun
    ? `the answer of ${address} was cut off`
    : code !== undefined && certificates.test(code)
      ? `${address} has a certificate that is not trusted`
      : `${address} cannot be reached`
  return new TransportError({
    timedOut: false,
    ...(code === undefined ? {} : { code }),
    detail: quote(`${sentence}${said}${noted(note)}`, 300)
  })
}

/** Makes the error of a request without a complete response within its time limit, in milliseconds. */
export const late = (milliseconds: number, { note, url }: Pick<Way, "note" | "url">): TransportError => {
  const sentence =
    milliseconds > 0
      ? `${addressOf(url)} did not answer within ${Math.ceil(milliseconds)} ms`
      : `${addressOf(url)} was not asked, as no time was left`
  return new TransportError({ timedOut: true, detail: quote(sentence + noted(note), 300) })
}

const addressOf = (url: URL): string => `${url.hostname}:${url.port || (url.protocol === "http:" ? 80 : 443)}`

const noted = (note: string | undefined): string => (note === undefined ? "" : `; ${note}`)

const certificates = /CERT|ISSUER|SIGNATURE|ALTNAME/

/** Codes for the messages of platforms without codes (Deno, workerd). */
const codes: ReadonlyArray<readonly [RegExp, string]> = [
  [/dns error/i, "ENOTFOUND"],
  [/connection refused/i, "ECONNREFUSED"],
  [/connection reset/i, "ECONNRESET"]
]

/** Finds a code such as `ECONNREFUSED` in an error or its causes. */
const codeOf = (cause: unknown, depth = 0): string | undefined => {
  if (!Predicate.isObject(cause) || depth > 4) return undefined
  if (typeof cause["code"] === "string" && /^[A-Z][A-Z0-9_]+$/.test(cause["code"])) return cause["code"]
  return codeOf(cause["cause"], depth + 1)
}

/** Finds the innermost message, because outer messages only say that something failed. */
const wordsOf = (cause: unknown, depth = 0): string | undefined => {
  if (!Predicate.isObject(cause) || depth > 4) return undefined
  const message = typeof cause["message"] === "string" && cause["message"] !== "" ? cause["message"] : undefined
  return wordsOf(cause["cause"], depth + 1) ?? message
}

/** Shortens URLs to their hosts, because the rest may contain a password or a query. */
const withoutPaths = (words: string): string =>
  words.replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/?#"'<>()]*@)?([^\s/?#"'<>()]*)[^\s"'<>()]*/gi, "$1$2")
