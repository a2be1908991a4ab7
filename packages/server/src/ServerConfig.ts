/**
 * The configuration of an endpoint by environment variables: authentication, policy, limits, address and telemetry. An access log, terms for each caller and an
 * authenticator of the app need code.
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
 * The README lists the variables. Items of a list are separated by commas or line ends. Each secret can be in a file instead, which `<NAME>_FILE` names. A
 * misspelt `TEMPCRED_*` variable is an error, and so is an unknown one that begins with `TEMPCRED_AUTH_`, `TEMPCRED_POLICY_` or `TEMPCRED_LIMIT_`, if the
 * `ConfigProvider` can list its names. Empty variables and the service links of Kubernetes are ignored.
 *
 * @since 0.1.0
 */

import { ConfigurationError, type Issue } from "@tempcred/core/ConfigurationError"
import * as Environment from "@tempcred/core/Environment"
import type { Length } from "@tempcred/core/MintRequest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Authenticator } from "./Authenticator.ts"
import * as IssuancePolicy from "./IssuancePolicy.ts"
import type { LimitStore } from "./Limits.ts"
import * as Callers from "./server-config/Callers.ts"
import * as Telemetry from "./server-config/Telemetry.ts"
import * as Variables from "./server-config/Variables.ts"
import type * as Settings from "./token-server/Settings.ts"

/**
 * Options that variables cannot express.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Connects to the Redis that `TEMPCRED_LIMIT_STORE` names: `Redis.connect` of `@tempcred/redis`. */
  readonly redis?: ((url: Redacted.Redacted) => LimitStore) | undefined
  /** The variable for the port if `TEMPCRED_PORT` is not set, such as the `PORT` of hosting platforms. @default none */
  readonly portVariable?: string | undefined
}

/**
 * The configuration for `Node.layer` and `TokenServer.layer`.
 *
 * @category models
 * @since 0.1.0
 */
export interface ServerConfig {
  /** The options of either. `TokenServer.layer` ignores host, port and `keepAliveTimeout`. */
  readonly server: Settings.Options & {
    readonly host: string
    readonly port: number
    readonly keepAliveTimeout?: Length | undefined
  }
  readonly authenticator: Layer.Layer<Authenticator, ConfigurationError>
  /** Exports traces, metrics and logs of the layers that it is provided to, until it closes. It does nothing without an endpoint. */
  readonly telemetry: Layer.Layer<never, ConfigurationError>
}

/**
 * Reads all variables. Fails with all issues, by variable and without values. The exporter checks the other standard `OTEL_*` variables when its layer is built.
 *
 * @category constructors
 * @since 0.1.0
 */
export const load = (options: Options = {}): Effect.Effect<ServerConfig, ConfigurationError> =>
  Environment.load(
    Effect.gen(function* () {
      const { issues: invalid, variables } = yield* Variables.read(options.portVariable)
      const { auth, limits, port = 8787, redisUrl, server, subjectKey, telemetry, terms } = variables
      const authenticator = Callers.make(auth)
      const subject = subjectKey === undefined ? undefined : { hashedWith: subjectKey }
      const isKeyInvalid = (yield* Effect.result(IssuancePolicy.make({ subject })))._tag === "Failure"
      const issues = [
        ...invalid,
        // An invalid variable seems to be missing.
        ...(Result.isFailure(authenticator) && !invalid.some(isOfCallers) ? authenticator.failure : []),
        ...(isKeyInvalid ? [subjectKeyIssue] : []),
        ...(redisUrl !== undefined && options.redis === undefined ? [redisIssue] : [])
      ]
      if (Result.isFailure(authenticator) || issues.length > 0) return yield* new ConfigurationError({ issues })
      return {
        server: {
          ...server,
          port,
          policy: subject === undefined ? { terms } : { terms, subject },
          limits: { ...limits, store: redisUrl === undefined ? undefined : options.redis?.(redisUrl) }
        },
        authenticator: authenticator.success,
        telemetry: Telemetry.layer(telemetry, yield* Environment.provider)
      }
    }),
    Variables.prefixes
  )

const isOfCallers = ({ name }: Issue): boolean => name.startsWith("TEMPCRED_AUTH_")

const subjectKeyIssue: Issue = {
  name: "TEMPCRED_POLICY_SUBJECT_KEY",
  message: "must be 32 bytes or more in base64: make one with openssl rand -base64 32"
}

const redisIssue: Issue = {
  name: "TEMPCRED_LIMIT_STORE",
  message: Environment.redisMissing("ServerConfig.load({ redis: Redis.connect })")
}
