/** The variables as they are set. */
import type { Issue } from "@tempcred/core/ConfigurationError"
import { collector, list, secret, secretList, text, value, word } from "@tempcred/core/Environment"
import * as Effect from "effect/Effect"

const readAll = ({ read }: ReturnType<typeof collector>) =>
  Effect.all({
    TEMPCRED_AUTH_JWKS_URL: read(text("TEMPCRED_AUTH_JWKS_URL")),
    TEMPCRED_AUTH_JWT_SECRET: read(secret("TEMPCRED_AUTH_JWT_SECRET")),
    TEMPCRED_AUTH_BEARER_TOKENS: read(secretList("TEMPCRED_AUTH_BEARER_TOKENS")),
    TEMPCRED_AUTH_ISSUER: read(list("TEMPCRED_AUTH_ISSUER")),
    TEMPCRED_AUTH_AUDIENCE: read(list("TEMPCRED_AUTH_AUDIENCE")),
    TEMPCRED_AUTH_SUBJECT_CLAIM: read(value("TEMPCRED_AUTH_SUBJECT_CLAIM", word)),
    TEMPCRED_AUTH_COOKIE: read(text("TEMPCRED_AUTH_COOKIE")),
    TEMPCRED_AUTH_HEADER: read(text("TEMPCRED_AUTH_HEADER")),
    TEMPCRED_POLICY_PURPOSES: read(list("TEMPCRED_POLICY_PURPOSES")),
    TEMPCRED_POLICY_MAX_TTL: read(text("TEMPCRED_POLICY_MAX_TTL")),
    TEMPCRED_POLICY_SINGLE_USE: read(text("TEMPCRED_POLICY_SINGLE_USE")),
    TEMPCRED_POLICY_MAX_SESSION: read(text("TEMPCRED_POLICY_MAX_SESSION")),
    TEMPCRED_POLICY_REGIONS: read(list("TEMPCRED_POLICY_REGIONS")),
    TEMPCRED_POLICY_ALLOW_NO_REGION: read(text("TEMPCRED_POLICY_ALLOW_NO_REGION")),
    TEMPCRED_POLICY_SUBJECT_KEY: read(secret("TEMPCRED_POLICY_SUBJECT_KEY")),
    TEMPCRED_LIMIT_PER_MINUTE: read(text("TEMPCRED_LIMIT_PER_MINUTE")),
    TEMPCRED_LIMIT_CONCURRENT: read(text("TEMPCRED_LIMIT_CONCURRENT")),
    TEMPCRED_LIMIT_IN_FLIGHT: read(text("TEMPCRED_LIMIT_IN_FLIGHT")),
    TEMPCRED_LIMIT_STORE: read(secret("TEMPCRED_LIMIT_STORE")),
    TEMPCRED_CORS_ORIGINS: read(list("TEMPCRED_CORS_ORIGINS")),
    TEMPCRED_CORS_HEADERS: read(list("TEMPCRED_CORS_HEADERS")),
    TEMPCRED_PREFIX: read(text("TEMPCRED_PREFIX")),
    TEMPCRED_METRICS: read(text("TEMPCRED_METRICS")),
    TEMPCRED_DOCS: read(text("TEMPCRED_DOCS")),
    TEMPCRED_DRAIN_TIMEOUT: read(text("TEMPCRED_DRAIN_TIMEOUT")),
    TEMPCRED_KEEP_ALIVE_TIMEOUT: read(text("TEMPCRED_KEEP_ALIVE_TIMEOUT")),
    TEMPCRED_HOST: read(text("TEMPCRED_HOST")),
    TEMPCRED_PORT: read(text("TEMPCRED_PORT")),
    OTEL_EXPORTER_OTLP_ENDPOINT: read(text("OTEL_EXPORTER_OTLP_ENDPOINT")),
    OTEL_EXPORTER_OTLP_PROTOCOL: read(text("OTEL_EXPORTER_OTLP_PROTOCOL")),
    OTEL_RESOURCE_ATTRIBUTES: read(text("OTEL_RESOURCE_ATTRIBUTES"))
  })

/** What is set of all variables. */
export type Variables = Effect.Success<ReturnType<typeof readAll>>

/** Reads what is set; what it means is not looked at. What cannot be read is not set, and has an issue. */
export const read: Effect.Effect<{ readonly variables: Variables; readonly issues: ReadonlyArray<Issue> }> =
  Effect.suspend(() => {
    const collected = collector()
    return Effect.map(readAll(collected), (variables) => ({ variables, issues: collected.issues }))
  })

/** What variables begin with that nobody but an endpoint reads, so that another one of these is a mistake. */
export const prefixes: ReadonlyArray<string> = ["TEMPCRED_AUTH", "TEMPCRED_POLICY", "TEMPCRED_LIMIT"]
