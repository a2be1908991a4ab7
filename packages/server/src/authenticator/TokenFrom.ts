/** Where a caller presents its token. */
import type { Issue } from "@tempcred/core/ConfigurationError"
import * as Redacted from "effect/Redacted"

/** The name of a header, whose value may begin with `Bearer`, or of a cookie. */
export type TokenFrom = { readonly header: string } | { readonly cookie: string }

type Headers = Readonly<Record<string, string | undefined>>

/** What is wrong with a value, by the name of its field. Headers and cookies may have the same names. */
export const check = (name: string, from: TokenFrom): ReadonlyArray<Issue> => {
  const [entry, ...others] = Object.entries(from)
  if (entry === undefined || others.length > 0) return [{ name, message: "must be { header } or { cookie }" }]
  const [field, value] = entry
  return typeof value === "string" && /^[\w!#$%&'*+.^`|~-]+$/.test(value)
    ? []
    : [{ name: `${name}.${field}`, message: `must be the name of a ${field}` }]
}

/** Browsers attach cookies to what other pages send, but other pages cannot send JSON unasked, and new browsers say where a request is from. */
const isFromOwnPage = (headers: Headers): boolean =>
  /^application\/json\s*(;|$)/i.test(headers["content-type"] ?? "") &&
  (headers["sec-fetch-site"] ?? "same-origin") === "same-origin"

const ofCookie = (name: string, headers: Headers): Redacted.Redacted | string => {
  const pairs = (headers["cookie"] ?? "").split(";").map((pair) => pair.trim())
  const [value, ...others] = pairs
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  if (value === undefined || value === "") return `there is no token: it must be in the cookie ${name}`
  if (others.length > 0) return `the cookie ${name} is there twice`
  return isFromOwnPage(headers)
    ? Redacted.make(value)
    : `the cookie ${name} counts only for JSON that a page of this origin sends`
}

/** Makes what finds the token of a request, or a hint for the caller. */
export const make = (
  from?: TokenFrom
): ((bearer: Redacted.Redacted | undefined, headers: Headers) => Redacted.Redacted | string) => {
  if (from === undefined) {
    return (bearer) => bearer ?? "there is no token: send it as `Authorization: Bearer <token>`"
  }
  if ("cookie" in from) return (_, headers) => ofCookie(from.cookie, headers)
  const name = from.header.toLowerCase()
  return (_, headers) => {
    const value = (headers[name] ?? "").replace(/^Bearer +/i, "")
    return value === "" ? `there is no token: send it in the header ${name}` : Redacted.make(value)
  }
}
