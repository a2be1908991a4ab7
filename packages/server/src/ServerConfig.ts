/**
 * The whole endpoint from configuration: who may ask, for what, how often, where it listens, and where its telemetry goes.
 *
 * ```ts
 * import * as ServerConfig from "@tempcred/server/ServerConfig"
 * import * as ConfigProvider from "effect/ConfigProvider"
 * import * as Effect from "effect/Effect"
 *
 * const load = (env: Record<string, string>) =>
 *   ServerConfig.load().pipe(Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env }))))
 * const TEMPCRED_AUTH_BEARER_TOKENS = "kiosk-7=kiosk-7-secret-token"
 * const { server } = await Effect.runPromise(load({ TEMPCRED_AUTH_BEARER_TOKENS, TEMPCRED_PORT: "8080" }))
 * console.log(server.host, server.port) // => 127.0.0.1 8080
 *
 * const error = await Effect.runPromise(Effect.flip(load({ TEMPCRED_AUTH_BEARER_TOKENS, TEMPCRED_PORT: "http" })))
 * console.log(error.message) // => TEMPCRED_PORT must be a whole number, 0 to 65535
 * ```
 *
 * | variable | what it says |
 * | --- | --- |
 * | `TEMPCRED_AUTH_JWKS_URL` | where the keys are that callers' JWTs are signed with; this or one of the next two is required |
 * | `TEMPCRED_AUTH_JWT_SECRET` | what callers' JWTs are signed with (HS256), 32 bytes or more |
 * | `TEMPCRED_AUTH_BEARER_TOKENS` | callers with a token each, for internal use: `name=token,name2=token2` |
 * | `TEMPCRED_AUTH_ISSUER`, `TEMPCRED_AUTH_AUDIENCE` | what a JWT must be from and for, one or several with commas; one of the two is required with a JWKS |
 * | `TEMPCRED_POLICY_PURPOSES` | what credentials may be for, with commas; all that the provider serves |
 * | `TEMPCRED_POLICY_MAX_TTL` | the longest ttl; `5 minutes` |
 * | `TEMPCRED_POLICY_SINGLE_USE` | `required`, `preferred` (default) or `asked` |
 * | `TEMPCRED_POLICY_MAX_SESSION` | the longest session; no limit |
 * | `TEMPCRED_POLICY_REGIONS` | the regions that credentials may be for, with commas; all |
 * | `TEMPCRED_POLICY_SUBJECT_KEY` | 32 bytes or more in base64: the vendor hears of subjects by a keyed hash |
 * | `TEMPCRED_LIMIT_PER_MINUTE`, `TEMPCRED_LIMIT_CONCURRENT` | requests of one caller in a minute and at a time; 60 and 8 |
 * | `TEMPCRED_LIMIT_IN_FLIGHT` | requests of all callers at a time; 512 |
 * | `TEMPCRED_LIMIT_STORE` | `memory` (default), or `redis://host:port` for all processes together |
 * | `TEMPCRED_CORS_ORIGINS` | the origins whose web pages may ask, with commas; none |
 * | `TEMPCRED_HOST`, `TEMPCRED_PORT` | where it listens; `127.0.0.1` and 8787 |
 * | `OTEL_EXPORTER_OTLP_ENDPOINT` | where traces, metrics and logs go, as the other standard `OTEL_*` variables say; nowhere |
 *
 * @since 0.1.0
 */
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import type { Options as ProvidersOptions } from "@tempcred/core/Providers"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type { Authenticator } from "./Authenticator.ts"
import * as Parts from "./server-config/Parts.ts"
import * as Telemetry from "./server-config/Telemetry.ts"
import * as Variables from "./server-config/Variables.ts"
import type * as TokenServer from "./TokenServer.ts"

/**
 * What configuration alone cannot give.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Reaches the Redis that `TEMPCRED_LIMIT_STORE` names, as for `Providers.layerConfig`. */
  readonly redis?: ProvidersOptions["redis"]
}

/**
 * What `Node.layer` and `TokenServer.layer` need.
 *
 * @category models
 * @since 0.1.0
 */
export interface ServerConfig {
  /** The options of either; the apps that mount the routes need no host and no port. */
  readonly server: TokenServer.Options & { readonly host: string; readonly port: number }
  readonly authenticator: Layer.Layer<Authenticator, ConfigurationError>
  /** Exports traces, metrics and logs of what it is provided to, and the last of them when it closes; nothing where no endpoint is set. */
  readonly telemetry: Layer.Layer<never, ConfigurationError>
}

/**
 * Reads all variables at once; fails with all that is wrong, by variable and without values.
 *
 * @category constructors
 * @since 0.1.0
 */
export const load = Effect.fnUntraced(function* (
  options: Options = {}
): Effect.fn.Return<ServerConfig, ConfigurationError> {
  const variables = yield* Variables.read
  const parts = yield* Parts.make(variables, options.redis)
  return { ...parts, telemetry: Telemetry.layer(variables) }
})
