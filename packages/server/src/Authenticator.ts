/**
 * Authentication of the endpoint's callers: by a JWT, by static bearer tokens, or by code of the app. There is no default, because an endpoint that serves
 * everybody gives the vendor's key away.
 *
 * ```ts
 * import * as Authenticator from "@tempcred/server/Authenticator"
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 *
 * const callers = Authenticator.layerBearer([{ token: Redacted.make("kiosk-7-secret-token"), subject: "kiosk-7" }])
 * const ask = (token: string) =>
 *   Authenticator.Authenticator.use(({ authenticate }) =>
 *     authenticate({ token: Redacted.make(token), headers: {}, request: new Request("https://app.example") })
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

import { ConfigurationError, type Issue } from "@tempcred/core/ConfigurationError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Bearer from "./authenticator/Bearer.ts"
import {
  AuthenticatorUnavailableError,
  type Caller,
  findToken,
  type Identity,
  type Presented,
  type TokenFrom,
  UnauthenticatedError,
  type Verify
} from "./authenticator/Identity.ts"
import * as Jwt from "./authenticator/Jwt.ts"
import { describeDefect } from "./token-server/Exchange.ts"

export type { BearerEntry } from "./authenticator/Bearer.ts"
export {
  AuthenticatorUnavailableError,
  type Caller,
  type Identity,
  type Presented,
  type TokenFrom,
  UnauthenticatedError
} from "./authenticator/Identity.ts"
export type { Algorithm, JwtOptions } from "./authenticator/Jwt.ts"

/**
 * Authenticates callers.
 *
 * @category services
 * @since 0.1.0
 */
export class Authenticator extends Context.Service<
  Authenticator,
  {
    /** Identifies the caller, or fails. */
    readonly authenticate: (
      presented: Presented
    ) => Effect.Effect<Identity, UnauthenticatedError | AuthenticatorUnavailableError>
    /** The place of the token in a request, for the OpenAPI document. @default the `Authorization` header */
    readonly tokenFrom?: TokenFrom | undefined
  }
>()("@tempcred/server/Authenticator") {}

/**
 * Makes an authenticator from code of the app. `tokenFrom` is for the OpenAPI document.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  authenticate: Authenticator["Service"]["authenticate"],
  options: { readonly tokenFrom?: TokenFrom | undefined } = {}
): Layer.Layer<Authenticator> => Layer.succeed(Authenticator, { authenticate, ...options })

/**
 * Makes an authenticator from an asynchronous function of the app. It gets the request, whose body it must not read, and `Presented.incoming`. It returns
 * `undefined` for an unknown caller (401). If it rejects or throws, the caller gets 503; `onError` receives the error, and a warning names its place in the code,
 * but not its message, which could hold secrets.
 *
 * ```ts
 * import * as Authenticator from "@tempcred/server/Authenticator"
 *
 * const sessions = new Map([["session=7f3a", { id: "ana", company: "acme" }]])
 * const callers = Authenticator.layerPromise(async (request) => {
 *   const user = sessions.get(request.headers.get("cookie") ?? "")
 *   return user === undefined ? undefined : { subject: user.id, account: user.company }
 * })
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerPromise = (
  authenticate: (request: Request, incoming: unknown) => Promise<Caller | undefined>,
  {
    onError,
    ...options
  }: {
    readonly onError?: ((error: unknown) => void | Promise<void>) | undefined
    readonly tokenFrom?: TokenFrom | undefined
  } = {}
): Layer.Layer<Authenticator> =>
  layer(
    ({ incoming, request }) =>
      Effect.tryPromise({
        try: () => authenticate(request, incoming),
        catch: (error) => {
          report(onError, error)
          return new AuthenticatorUnavailableError({ problem: `the app's function failed: ${describeDefect(error)}` })
        }
      }).pipe(
        Effect.flatMap((caller) =>
          caller
            ? Effect.succeed({ ...caller, claims: caller.claims ?? {} })
            : new UnauthenticatedError({ hint: "log in first" })
        )
      ),
    options
  )

/** Tells the app of an error. A failure of its function, also a later one, affects nothing. */
const report = (onError: ((error: unknown) => void | Promise<void>) | undefined, error: unknown): void => {
  const telling = async () => onError?.(error)
  telling().catch(() => {})
}

/**
 * Authenticates callers by a signed JWT with an expiry (`exp`) and a subject. Fails if an option is invalid.
 *
 * Keys of a key set are fetched at first use, after 10 minutes, and for an unknown key at most every 30 seconds. A failed fetch is repeated after 5 to 10
 * seconds. Meanwhile, known keys stay in use for up to an hour after they were fetched; without any, authentication is unavailable. If a token names no key, or a
 * name that several keys have, each key that fits is tried, up to 16.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerJwt = (options: Jwt.JwtOptions): Layer.Layer<Authenticator, ConfigurationError> =>
  verifying(Jwt.check(options), Jwt.make(options), options.tokenFrom)

/**
 * Authenticates callers by static bearer tokens, for internal use. A subject may have several tokens, so that they can be replaced without an interruption.
 * Tokens are compared in constant time. Fails if an entry is invalid or a token is a duplicate.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerBearer = (
  entries: ReadonlyArray<Bearer.BearerEntry>
): Layer.Layer<Authenticator, ConfigurationError> => verifying(Bearer.check(entries), Bearer.make(entries))

const verifying = (
  issues: ReadonlyArray<Issue>,
  verifier: Effect.Effect<Verify>,
  tokenFrom?: TokenFrom
): Layer.Layer<Authenticator, ConfigurationError> =>
  Layer.effect(
    Authenticator,
    Effect.gen(function* () {
      if (issues.length > 0) return yield* new ConfigurationError({ issues })
      const verify = yield* verifier
      return { authenticate: (presented) => Effect.flatMap(findToken(tokenFrom, presented), verify), tokenFrom }
    })
  )
