/**
 * The variables as they are set.
 *
 * @since 0.1.0
 */
import { type ConfigurationError, fromConfigError, type Issue } from "@tempcred/core/ConfigurationError"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"

const text = (name: string): Config.Config<string | undefined> =>
  Config.String(name).pipe(Config.withDefault(undefined))

const secret = (name: string): Config.Config<Redacted.Redacted | undefined> =>
  Config.Redacted(name).pipe(Config.withDefault(undefined))

const variables = {
  TEMPCRED_AUTH_JWKS_URL: text("TEMPCRED_AUTH_JWKS_URL"),
  TEMPCRED_AUTH_JWT_SECRET: secret("TEMPCRED_AUTH_JWT_SECRET"),
  TEMPCRED_AUTH_BEARER_TOKENS: secret("TEMPCRED_AUTH_BEARER_TOKENS"),
  TEMPCRED_AUTH_ISSUER: text("TEMPCRED_AUTH_ISSUER"),
  TEMPCRED_AUTH_AUDIENCE: text("TEMPCRED_AUTH_AUDIENCE"),
  TEMPCRED_AUTH_SUBJECT_CLAIM: text("TEMPCRED_AUTH_SUBJECT_CLAIM"),
  TEMPCRED_AUTH_COOKIE: text("TEMPCRED_AUTH_COOKIE"),
  TEMPCRED_AUTH_HEADER: text("TEMPCRED_AUTH_HEADER"),
  TEMPCRED_POLICY_PURPOSES: text("TEMPCRED_POLICY_PURPOSES"),
  TEMPCRED_POLICY_MAX_TTL: text("TEMPCRED_POLICY_MAX_TTL"),
  TEMPCRED_POLICY_SINGLE_USE: text("TEMPCRED_POLICY_SINGLE_USE"),
  TEMPCRED_POLICY_MAX_SESSION: text("TEMPCRED_POLICY_MAX_SESSION"),
  TEMPCRED_POLICY_REGIONS: text("TEMPCRED_POLICY_REGIONS"),
  TEMPCRED_POLICY_ALLOW_NO_REGION: text("TEMPCRED_POLICY_ALLOW_NO_REGION"),
  TEMPCRED_POLICY_SUBJECT_KEY: secret("TEMPCRED_POLICY_SUBJECT_KEY"),
  TEMPCRED_LIMIT_PER_MINUTE: text("TEMPCRED_LIMIT_PER_MINUTE"),
  TEMPCRED_LIMIT_CONCURRENT: text("TEMPCRED_LIMIT_CONCURRENT"),
  TEMPCRED_LIMIT_IN_FLIGHT: text("TEMPCRED_LIMIT_IN_FLIGHT"),
  TEMPCRED_LIMIT_STORE: text("TEMPCRED_LIMIT_STORE"),
  TEMPCRED_CORS_ORIGINS: text("TEMPCRED_CORS_ORIGINS"),
  TEMPCRED_CORS_HEADERS: text("TEMPCRED_CORS_HEADERS"),
  TEMPCRED_PREFIX: text("TEMPCRED_PREFIX"),
  TEMPCRED_METRICS: text("TEMPCRED_METRICS"),
  TEMPCRED_DOCS: text("TEMPCRED_DOCS"),
  TEMPCRED_DRAIN_TIMEOUT: text("TEMPCRED_DRAIN_TIMEOUT"),
  TEMPCRED_KEEP_ALIVE_TIMEOUT: text("TEMPCRED_KEEP_ALIVE_TIMEOUT"),
  TEMPCRED_HOST: text("TEMPCRED_HOST"),
  TEMPCRED_PORT: text("TEMPCRED_PORT"),
  OTEL_EXPORTER_OTLP_ENDPOINT: text("OTEL_EXPORTER_OTLP_ENDPOINT"),
  OTEL_EXPORTER_OTLP_PROTOCOL: text("OTEL_EXPORTER_OTLP_PROTOCOL"),
  OTEL_RESOURCE_ATTRIBUTES: text("OTEL_RESOURCE_ATTRIBUTES")
}

const Variables = Config.all(variables)

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

/** What variables begin with that nobody but an endpoint reads, so that another one of these is a mistake. */
const own = ["TEMPCRED_AUTH", "TEMPCRED_POLICY", "TEMPCRED_LIMIT"]

/** The names below a path that have a value, as a provider lists them: it may know them by their words or as they are. */
const namesBelow = Effect.fnUntraced(function* (
  provider: ConfigProvider.ConfigProvider,
  path: ConfigProvider.Path
): Effect.fn.Return<ReadonlyArray<string>, ConfigProvider.SourceError> {
  const node = yield* provider.load(path)
  if (node === undefined) return []
  const self = node.value === undefined || path.length === 0 ? [] : [path.join("_")]
  const children = node._tag === "Record" ? [...node.keys] : node._tag === "Array" ? [node.length - 1] : []
  const below = yield* Effect.forEach(children, (child) => namesBelow(provider, [...path, child]))
  return [...self, ...below.flat()]
})

/**
 * Finds what is set and would be read by nobody, as its name is misspelt: what begins as the endpoint's own variables do. A provider that lists no names has none.
 *
 * @category decoding
 * @since 0.1.0
 */
export const unknown: Effect.Effect<ReadonlyArray<Issue>> = Effect.gen(function* () {
  const provider = yield* ConfigProvider.ConfigProvider
  const whole = yield* provider.load([])
  const flat = whole?._tag === "Record" ? [...whole.keys] : []
  const split = yield* Effect.forEach(own, (prefix) => namesBelow(provider, prefix.split("_")))
  const names = new Set([...flat, ...split.flat()])
  return own.flatMap((prefix) => {
    const isOwn = (name: string) => name === prefix || name.startsWith(`${prefix}_`)
    const known = Object.keys(variables).filter(isOwn)
    const message = `is no variable of an endpoint: those that begin alike are ${known.join(", ")}`
    return [...names].filter((name) => isOwn(name) && !known.includes(name)).map((name) => ({ name, message }))
  })
}).pipe(Effect.orElseSucceed(() => []))

/**
 * Splits at commas.
 *
 * @category decoding
 * @since 0.1.0
 */
export const list = (value: string): ReadonlyArray<string> => value.split(",").map((part) => part.trim())
