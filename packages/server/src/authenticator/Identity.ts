/** The caller of the endpoint, the token that it presents, and the two ways in which authentication fails. */
import type { Issue } from "@tempcred/core/ConfigurationError"
import { isName } from "@tempcred/core/MintRequest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { RequestHeaders } from "../token-server/Exchange.ts"

/** A caller, as code of an app names it. */
export interface Caller {
  /** The app's id of the end user. Credentials and limits are bound to it. */
  readonly subject: string
  /** The account of a platform's customer, which becomes `MintOptions.account`. @default none */
  readonly account?: string | undefined
  /** Further facts about the caller, such as the claims of a JWT. The issuance policy can read them. @default none */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
}

/** An authenticated caller. */
export interface Identity extends Caller {
  readonly claims: Readonly<Record<string, unknown>>
}

/** The parts of a request that can identify its caller. */
export interface Presented {
  /** The token of `Authorization: Bearer`. */
  readonly token: Redacted.Redacted | undefined
  /** All headers, with names in lower case, cookies among them. */
  readonly headers: RequestHeaders
  /** The whole request. Its body is for the endpoint alone. */
  readonly request: Request
  /** The framework's own request, such as that of Express, with what the app has added to it. Undefined if there is none beside `request`. */
  readonly incoming?: unknown
}

/** The place of the token in a request: a header, whose value may begin with `Bearer`, or a cookie. */
export type TokenFrom = { readonly header: string } | { readonly cookie: string }

/** The caller is unknown (401). The caller reads `hint`, which holds nothing that was presented. */
export class UnauthenticatedError extends Schema.TaggedError<UnauthenticatedError>()("UnauthenticatedError", {
  hint: Schema.String
}) {
  override get message(): string {
    return this.hint
  }
}

/**
 * Authentication is impossible now (503), because a key set cannot be fetched or a session store is down. Operators read `problem` in the log, callers do
 * not. It holds nothing that was presented.
 */
export class AuthenticatorUnavailableError extends Schema.TaggedError<AuthenticatorUnavailableError>()(
  "AuthenticatorUnavailableError",
  { problem: Schema.String }
) {
  override get message(): string {
    return this.problem
  }
}

/** Identifies the caller that presents a token. */
export type Verify = (
  token: Redacted.Redacted
) => Effect.Effect<Identity, UnauthenticatedError | AuthenticatorUnavailableError>

/** In characters. */
const longestSubject = 256

/** The rule for subjects, as the rest of a sentence. */
export const subjectRule = `must be text of 1 to ${longestSubject} characters, in well-formed Unicode`

/** Tells whether a value can be a subject. */
export const isSubject = (value: unknown): value is string => isName(value) && value.length <= longestSubject

/** Tells whether a text is a token of RFC 9110, which names of headers and cookies are. */
export const isToken = (value: unknown): value is string =>
  typeof value === "string" && /^[\w!#$%&'*+.^`|~-]+$/.test(value)

/** Tells whether a content type is JSON. */
export const isJson = (headers: RequestHeaders): boolean =>
  /^application\/json\s*(;|$)/i.test(headers["content-type"] ?? "")

/** Checks the option of this name. */
export const checkTokenFrom = (name: string, from: TokenFrom): ReadonlyArray<Issue> => {
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
export const findToken = (
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
