/**
 * The token endpoint, from which your clients get credentials: for any framework, with authentication, a policy and limits.
 *
 * ```ts
 * import { createMinter } from "tempcred"
 * import { createEndpoint, jwt } from "tempcred/server"
 *
 * const endpoint = createEndpoint({
 *   minter: createMinter({ provider: "soniox" }),
 *   authenticate: jwt({ jwksUrl: "https://auth.example.com/.well-known/jwks.json", audience: "speech" })
 * })
 * // Express: app.post("/speech-token", endpoint.node). Next, Hono, Workers: endpoint.fetch(request).
 * const response = await endpoint.fetch(new Request("https://app.example.com/speech-token", { method: "POST" }))
 * console.log(response.status, response.headers.get("www-authenticate")) // => 401 Bearer
 * await endpoint.close()
 * ```
 *
 * @since 0.1.0
 */

import type { Callers } from "./engine/Engine.ts"
import { makeEndpoint } from "./plain/endpoint.ts"
import { authenticators } from "./plain/internal.ts"
import type { Authenticator, BearerOptions, Endpoint, EndpointOptions, JwtOptions } from "./plain/server-types.ts"

export { ClosedError, ConfigurationError } from "./plain/errors.ts"
export type {
  AccessLogEntry,
  Authenticate,
  Authenticator,
  BearerOptions,
  Caller,
  Cors,
  Endpoint,
  EndpointOptions,
  JwtChecks,
  JwtKeySetOptions,
  JwtOptions,
  JwtSecretOptions,
  Limits,
  NodeRequest,
  NodeResponse,
  Policy,
  Terms,
  TokenFrom
} from "./plain/server-types.ts"

/**
 * Makes an endpoint. It is built at the first request, or by `ready`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const createEndpoint: (options: EndpointOptions) => Endpoint = (options) =>
  makeEndpoint(async () => (await import("./engine/endpoint.ts")).startEndpoint(options), options.onError)

/**
 * Authenticates callers by a JWT of your sign-in service, from a header or a cookie.
 *
 * @category constructors
 * @since 0.1.0
 */
export const jwt: (options: JwtOptions) => Authenticator = (options) =>
  authenticator("jwt", async () => (await import("./engine/Callers.ts")).byJwt(options))

/**
 * Authenticates callers by static tokens, for internal use.
 *
 * @category constructors
 * @since 0.1.0
 */
export const bearer: (entries: ReadonlyArray<BearerOptions>) => Authenticator = (entries) =>
  authenticator("bearer", async () => (await import("./engine/Callers.ts")).byBearer(entries))

const authenticator = (kind: Authenticator["kind"], load: () => Promise<Callers>): Authenticator => {
  const made = { kind }
  authenticators.set(made, load)
  return made
}
