/**
 * The variables as they are set.
 *
 * @since 0.1.0
 */
import { type ConfigurationError, fromConfigError } from "@tempcred/core/ConfigurationError"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"

const text = (name: string): Config.Config<string | undefined> =>
  Config.String(name).pipe(Config.withDefault(undefined))

const secret = (name: string): Config.Config<Redacted.Redacted | undefined> =>
  Config.Redacted(name).pipe(Config.withDefault(undefined))

const Variables = Config.all({
  TEMPCRED_AUTH_JWKS_URL: text("TEMPCRED_AUTH_JWKS_URL"),
  TEMPCRED_AUTH_JWT_SECRET: secret("TEMPCRED_AUTH_JWT_SECRET"),
  TEMPCRED_AUTH_BEARER_TOKENS: secret("TEMPCRED_AUTH_BEARER_TOKENS"),
  TEMPCRED_AUTH_ISSUER: text("TEMPCRED_AUTH_ISSUER"),
  TEMPCRED_AUTH_AUDIENCE: text("TEMPCRED_AUTH_AUDIENCE"),
  TEMPCRED_POLICY_PURPOSES: text("TEMPCRED_POLICY_PURPOSES"),
  TEMPCRED_POLICY_MAX_TTL: text("TEMPCRED_POLICY_MAX_TTL"),
  TEMPCRED_POLICY_SINGLE_USE: text("TEMPCRED_POLICY_SINGLE_USE"),
  TEMPCRED_POLICY_MAX_SESSION: text("TEMPCRED_POLICY_MAX_SESSION"),
  TEMPCRED_POLICY_REGIONS: text("TEMPCRED_POLICY_REGIONS"),
  TEMPCRED_POLICY_SUBJECT_KEY: secret("TEMPCRED_POLICY_SUBJECT_KEY"),
  TEMPCRED_LIMIT_PER_MINUTE: text("TEMPCRED_LIMIT_PER_MINUTE"),
  TEMPCRED_LIMIT_CONCURRENT: text("TEMPCRED_LIMIT_CONCURRENT"),
  TEMPCRED_LIMIT_IN_FLIGHT: text("TEMPCRED_LIMIT_IN_FLIGHT"),
  TEMPCRED_LIMIT_STORE: text("TEMPCRED_LIMIT_STORE"),
  TEMPCRED_CORS_ORIGINS: text("TEMPCRED_CORS_ORIGINS"),
  TEMPCRED_HOST: text("TEMPCRED_HOST"),
  TEMPCRED_PORT: text("TEMPCRED_PORT"),
  OTEL_EXPORTER_OTLP_ENDPOINT: text("OTEL_EXPORTER_OTLP_ENDPOINT"),
  OTEL_EXPORTER_OTLP_PROTOCOL: text("OTEL_EXPORTER_OTLP_PROTOCOL"),
  OTEL_RESOURCE_ATTRIBUTES: text("OTEL_RESOURCE_ATTRIBUTES")
})

/**
 * What is set of all variables.
 *
 * @category models
 * @since 0.1.0
 */
export type Variables = Config.Success<typeof Variables>

/**
 * Reads what is set; what it means is not looked at.
 *
 * @category decoding
 * @since 0.1.0
 */
export const read: Effect.Effect<Variables, ConfigurationError> = Effect.mapError(Variables, (error) =>
  fromConfigError(error)
)

/**
 * Splits at commas.
 *
 * @category decoding
 * @since 0.1.0
 */
export const list = (value: string): ReadonlyArray<string> => value.split(",").map((part) => part.trim())
