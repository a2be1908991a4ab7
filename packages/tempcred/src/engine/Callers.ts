/** Makes authenticators from plain options. */
import * as Authenticator from "@tempcred/server/Authenticator"
import * as Redacted from "effect/Redacted"
import { hasCallers, internal } from "../plain/internal.ts"
import type { BearerOptions, EndpointOptions, JwtOptions } from "../plain/server-types.ts"
import type { Callers } from "./Engine.ts"

/** Makes the authenticator of an endpoint. */
export const callersOf = async ({ authenticate, onError }: EndpointOptions): Promise<Callers> =>
  typeof authenticate === "function"
    ? Authenticator.layerPromise(async (request, incoming) => authenticate(request, incoming), { onError })
    : hasCallers(authenticate)
      ? authenticate[internal]()
      : Promise.reject(new TypeError("authenticate must be a function, jwt(…) or bearer(…)"))

/** Makes the authenticator of JWTs. */
export const byJwt = ({ audience, jwksUrl, secret, ...checks }: JwtOptions): Callers =>
  secret === undefined
    ? Authenticator.layerJwt({ ...checks, jwksUrl, audience })
    : Authenticator.layerJwt({ ...checks, audience, secret: Redacted.make(secret) })

/** Makes the authenticator of static tokens. */
export const byBearer = (entries: ReadonlyArray<BearerOptions>): Callers =>
  Authenticator.layerBearer(entries.map((entry) => ({ ...entry, token: Redacted.make(entry.token) })))
