/** Makes authenticators from plain options. */
import * as Authenticator from "@tempcred/server/Authenticator"
import { authenticators } from "../plain/internal.ts"
import type { BearerOptions, EndpointOptions, JwtOptions } from "../plain/server-types.ts"
import type { Callers } from "./Engine.ts"
import { hidden } from "./Keys.ts"
import { misuse, requireKnown } from "./Misuse.ts"

/** A web request as the app got it, beside what it passes on. */
export class Passed {
  readonly request: Request
  readonly incoming: unknown

  constructor(request: Request, incoming: unknown) {
    this.request = request
    this.incoming = incoming
  }
}

/** Makes the authenticator of an endpoint. */
export const callersOf = async ({ authenticate, onError }: EndpointOptions): Promise<Callers> => {
  if (typeof authenticate !== "function") {
    const made = authenticators.get(authenticate)
    if (made === undefined) throw misuse("createEndpoint.authenticate", "must be a function, jwt(…) or bearer(…)")
    return made()
  }
  return Authenticator.layerPromise(
    async (request, incoming) =>
      incoming instanceof Passed ? authenticate(incoming.request, incoming.incoming) : authenticate(request, incoming),
    { onError }
  )
}

const jwtOptions = [
  "jwksUrl",
  "secret",
  "audience",
  "issuer",
  "subjectClaim",
  "accountClaim",
  "clockTolerance",
  "tokenFrom"
] satisfies ReadonlyArray<keyof JwtOptions>

/** Makes the authenticator of JWTs. A misspelt check would be no check. */
export const byJwt = (options: JwtOptions): Callers => {
  requireKnown("jwt", options, jwtOptions)
  const { audience, jwksUrl, secret, ...checks } = options
  return secret === undefined
    ? Authenticator.layerJwt({ ...checks, jwksUrl, audience })
    : Authenticator.layerJwt({ ...checks, audience, secret: hidden(secret) })
}

/** Makes the authenticator of static tokens. */
export const byBearer = (entries: ReadonlyArray<BearerOptions>): Callers => {
  if (!Array.isArray(entries)) throw misuse("bearer", "must be a list of { token, subject }")
  return Authenticator.layerBearer(entries.map((entry) => ({ ...entry, token: hidden(entry.token) })))
}
