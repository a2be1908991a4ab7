/**
 * Who is asking: the app's own answer, from a JWT, from a list of tokens, or from anything else that it can tell of a request. There is no default, as a token
 * endpoint that serves everybody gives the vendor's key away.
 *
 * ```ts
 * import * as Authenticator from "@tempcred/server/Authenticator"
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 *
 * const callers = Authenticator.layerBearer([{ token: Redacted.make("kiosk-7-secret-token"), subject: "kiosk-7" }])
 * const ask = (token: string) =>
 *   Authenticator.Authenticator.use(({ authenticate }) =>
 *     authenticate({ token: Redacted.make(token), headers: {} })
 *   ).pipe(Effect.provide(callers))
 *
 * const known = await Effect.runPromise(ask("kiosk-7-secret-token"))
 * console.log(known.subject) // => kiosk-7
 * const unknown = await Effect.runPromise(Effect.flip(ask("a guess")))
 * console.log(unknown.message) // => the token is not known here
 * ```
 *
 * @since 0.1.0
 */
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import type { Length } from "@tempcred/core/MintRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Bearer from "./authenticator/Bearer.ts"
import * as Jwt from "./authenticator/Jwt.ts"
import * as TokenFrom from "./authenticator/TokenFrom.ts"
import type { Verdict } from "./authenticator/Verdict.ts"

/**
 * Who is asking, as the endpoint knows it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Identity {
  /** The app's id of the end user; credentials and limits are bound to it. */
  readonly subject: string
  /** What else is known of the caller, such as the claims of a JWT, for the issuance policy to read. */
  readonly claims: Readonly<Record<string, unknown>>
}

/**
 * What a caller presents.
 *
 * @category models
 * @since 0.1.0
 */
export interface Presented {
  /** The token of `Authorization: Bearer`, where there is one. */
  readonly token: Redacted.Redacted | undefined
  /** All headers, with names in small letters: cookies, and whatever else the app goes by. */
  readonly headers: Readonly<Record<string, string | undefined>>
}

/**
 * The caller is not known (401); `hint` is for the caller, and holds nothing that was presented.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnauthenticatedError extends Schema.TaggedError<UnauthenticatedError>()("UnauthenticatedError", {
  hint: Schema.String
}) {
  override get message(): string {
    return this.hint
  }
}

/**
 * Nobody can tell now who is asking (503): a key set cannot be fetched, a session store is down. `problem` is logged for operators and not told to callers; it
 * holds nothing that was presented.
 *
 * @category errors
 * @since 0.1.0
 */
export class AuthenticatorUnavailableError extends Schema.TaggedError<AuthenticatorUnavailableError>()(
  "AuthenticatorUnavailableError",
  { problem: Schema.String }
) {
  override get message(): string {
    return this.problem
  }
}

/**
 * Tells who is asking.
 *
 * @category services
 * @since 0.1.0
 */
export class Authenticator extends Context.Service<
  Authenticator,
  {
    /** Names the caller, or refuses. */
    readonly authenticate: (
      presented: Presented
    ) => Effect.Effect<Identity, UnauthenticatedError | AuthenticatorUnavailableError>
  }
>()("@tempcred/server/Authenticator") {}

/**
 * Brings the app's own way of telling who is asking.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (authenticate: Authenticator["Service"]["authenticate"]): Layer.Layer<Authenticator> =>
  Layer.succeed(Authenticator, { authenticate })

interface JwtCommon {
  /** What `iss` must be, or one of these. */
  readonly issuer?: string | ReadonlyArray<string> | undefined
  /** What `aud` must be or hold, or one of these; `"any"` alone does not look at it. */
  readonly audience?: string | ReadonlyArray<string> | undefined
  /** The claim that is the subject: text of 1 to 256 characters. @default "sub" */
  readonly subjectClaim?: string | undefined
  /** How far the clocks may differ, at most 5 minutes. @default "5 seconds" */
  readonly clockTolerance?: Length | undefined
  /**
   * Where callers present the JWT: in a header of that name, or in a cookie. A cookie counts only where a page of the endpoint's own origin sends JSON, as browsers
   * attach cookies to what other pages send.
   *
   * @default the `Authorization` header
   */
  readonly tokenFrom?: TokenFrom.TokenFrom | undefined
}

interface JwtKeySet extends JwtCommon {
  /** Where the issuer publishes its public keys (JWKS): `https`, or `http` on loopback. */
  readonly jwksUrl: string
  /** What `aud` must be or hold, or one of these: the keys sign for others too. `"any"` does not look at it, and goes with an issuer only. */
  readonly audience: string | ReadonlyArray<string>
  readonly secret?: never
  /** @default all of them */
  readonly algorithms?: ReadonlyArray<Jwt.Algorithm> | undefined
}

interface JwtSecret extends JwtCommon {
  /** What issuer and endpoint share, for HS256: text of 32 bytes or more in UTF-8. */
  readonly secret: Redacted.Redacted
  readonly jwksUrl?: never
  readonly algorithms?: never
}

/**
 * How JWTs are verified: against a key set, which goes with an audience as a key set alone proves too little, or against a shared secret.
 *
 * @category models
 * @since 0.1.0
 */
export type JwtOptions = JwtSecret | JwtKeySet

/**
 * Names callers by the JWT that they present, which must be signed, have an end (`exp`) and name a subject. Keys of a key set are fetched when they are first
 * needed, after 10 minutes, and for a key that is not known, at most every 30 seconds. A token that names no key, or one of several keys of the same name, is
 * verified with each key that fits, up to 16. A fetch that failed is not tried again for 5 to 10 seconds;
 * meanwhile, and for an hour after they were fetched, keys that are known are used, and where there are none nobody can tell who is asking. Fails where an option
 * makes no sense.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerJwt = (options: JwtOptions): Layer.Layer<Authenticator, ConfigurationError> =>
  Layer.effect(
    Authenticator,
    Effect.map(Jwt.make(options), (verify) => answering(verify, options.tokenFrom))
  )

/**
 * A caller with a token of its own, such as another backend of the app.
 *
 * @category models
 * @since 0.1.0
 */
export interface BearerEntry {
  /** 16 visible ASCII characters or more; `openssl rand -hex 32` makes one. */
  readonly token: Redacted.Redacted
  readonly subject: string
  /** @default none */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Names callers by a list of tokens, for internal use. Subjects may have several tokens, so that these can change without a stop; how much of a guess was right
 * takes no more and no less time. Fails where an entry makes no sense or a token is there twice.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerBearer = (entries: ReadonlyArray<BearerEntry>): Layer.Layer<Authenticator, ConfigurationError> =>
  Layer.effect(
    Authenticator,
    Effect.map(Bearer.make(entries), (verify) => answering(verify))
  )

/** Reads a presented token, where there is one, and tells what came of it. */
const answering = (
  verify: (token: Redacted.Redacted) => Effect.Effect<Verdict>,
  from?: TokenFrom.TokenFrom
): Authenticator["Service"] => {
  const find = TokenFrom.make(from)
  return {
    authenticate: Effect.fnUntraced(function* ({ headers, token }) {
      const found = find(token, headers)
      if (typeof found === "string") return yield* new UnauthenticatedError({ hint: found })
      const verdict = yield* verify(found)
      switch (verdict._tag) {
        case "Known":
          return verdict.identity
        case "Refused":
          return yield* new UnauthenticatedError({ hint: verdict.hint })
        case "Unavailable":
          return yield* new AuthenticatorUnavailableError({ problem: verdict.problem })
      }
    })
  }
}
