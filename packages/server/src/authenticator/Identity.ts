/** The caller of the endpoint, the token that it presents, and the two ways in which authentication fails. */
import { isName } from "@tempcred/core/MintRequest"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

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

/** The headers of a request, with names in lower case. */
export type RequestHeaders = Readonly<Record<string, string | undefined>>

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
