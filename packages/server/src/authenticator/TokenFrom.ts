/** Finds the token of a caller in a header or a cookie. */
import type { Issue } from "@tempcred/core/ConfigurationError"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type Presented, type RequestHeaders, type TokenFrom, UnauthenticatedError } from "./Identity.ts"

/** Tells whether a text is a token of RFC 9110, which names of headers and cookies are. */
export const isToken = (value: unknown): value is string =>
  typeof value === "string" && /^[\w!#$%&'*+.^`|~-]+$/.test(value)

/** Tells whether a content type is JSON. */
export const isJson = (headers: RequestHeaders): boolean =>
  /^application\/json\s*(;|$)/i.test(headers["content-type"] ?? "")

/** Checks the option of this name. */
export const check = (name: string, from: TokenFrom): ReadonlyArray<Issue> => {
  const [entry, ...others] = Object.entries(from)
  if (entry === undefined || others.length > 0) return [{ name, message: "must be { header } or { cookie }" }]
  const [field, value] = entry
  return isToken(value) ? [] : [{ name: `${name}.${field}`, message: `must be the name of a ${field}` }]
}

/** Browsers attach cookies to requests of other sites, but other sites cannot send JSON without a preflight, and new browsers name the site. */
const isFromOwnPage = (headers: RequestHeaders): boolean =>
  isJson(headers) && (headers["sec-fetch-site"] ?? "same-origin") === "same-origin"

const refuse = (hint: string): Effect.Effect<never, UnauthenticatedError> =>
  Effect.fail(new UnauthenticatedError({ hint }))

const inCookie = (name: string, headers: RequestHeaders): Effect.Effect<Redacted.Redacted, UnauthenticatedError> => {
  const pairs = (headers["cookie"] ?? "").split(";").map((pair) => pair.trim())
  const values = pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1))
  const [value, ...others] = values
  if (value === undefined || value === "") return refuse(`there is no token: it must be in the cookie ${name}`)
  if (others.length > 0) return refuse(`the cookie ${name} is sent twice`)
  if (!isFromOwnPage(headers))
    return refuse(`the cookie ${name} counts only for JSON requests of a page of this origin`)
  return Effect.succeed(Redacted.make(value))
}

/** Finds the token of a request, or fails with a hint for the caller. */
export const find = (
  from: TokenFrom | undefined,
  { headers, token }: Presented
): Effect.Effect<Redacted.Redacted, UnauthenticatedError> => {
  if (from === undefined) {
    if (token !== undefined) return Effect.succeed(token)
    return refuse("there is no token: send it as `Authorization: Bearer <token>`")
  }
  if ("cookie" in from) return inCookie(from.cookie, headers)
  const name = from.header.toLowerCase()
  const value = (headers[name] ?? "").replace(/^Bearer +/i, "")
  if (value === "") return refuse(`there is no token: send it in the header ${name}`)
  return Effect.succeed(Redacted.make(value))
}
