/**
 * What the variables mean: the parts of a server, checked by what checks their options, with the names of the variables.
 *
 * @since 0.1.0
 */
import { ConfigurationError, type Issue } from "@tempcred/core/ConfigurationError"
import { Name } from "@tempcred/core/MintRequest"
import type { Options as ProvidersOptions } from "@tempcred/core/Providers"
import { Purpose } from "@tempcred/core/Purpose"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as IssuancePolicy from "../IssuancePolicy.ts"
import type { ServerConfig } from "../ServerConfig.ts"
import * as Settings from "../token-server/Settings.ts"
import * as Callers from "./Callers.ts"
import { list, unknown as findUnknown, type Variables } from "./Variables.ts"

/** Only digits are a number: neither white space nor an exponent is what anybody means. */
const whole = (text: string): number => (/^\d+$/.test(text) ? Number(text) : Number.NaN)

const count = Schema.Int.check(Schema.isGreaterThan(0))

const port = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 }))

const seconds = Schema.DurationFromString.check(
  Schema.makeFilter((length) => Number.isSafeInteger(Duration.toSeconds(length)) && Duration.toSeconds(length) > 0)
)

const singleUse = Schema.Literals(["required", "preferred", "asked"])

const length = Schema.DurationFromString.check(
  Schema.makeFilter((given) => Number.isFinite(Duration.toMillis(given)) && Duration.toMillis(given) >= 1)
)

const flag = Schema.Literals(["true", "false"])

/** A client throws over what is none, when it connects, which is too late to be seen. */
const isRedisUrl = (text: string): boolean => {
  const url = /\s/.test(text) ? null : URL.parse(text)
  return (
    url !== null &&
    /^rediss?:$/.test(url.protocol) &&
    url.hostname !== "" &&
    /^(\/\d*)?$/.test(url.pathname) &&
    [url.username, url.password].every(isEncoded)
  )
}

const isEncoded = (text: string): boolean => {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

const store = Schema.Union([Schema.Literal("memory"), Schema.String.check(Schema.makeFilter(isRedisUrl))])

const names = Schema.Array(Name)

const prefix = Schema.TemplateLiteral(["/", Schema.String])

/** A pattern is a host name to `URL`; the rest is checked with the other options. */
const origins = Schema.Array(Schema.String.check(Schema.isPattern(/^[^*]+$/)))

/** What is allowed, as one sentence for each variable. */
const rules = {
  TEMPCRED_POLICY_PURPOSES: `must be one or several of ${Purpose.literals.join(", ")}, with commas`,
  TEMPCRED_POLICY_MAX_TTL: 'must be whole seconds with their unit, such as "60 seconds"',
  TEMPCRED_POLICY_SINGLE_USE: `must be one of ${singleUse.literals.join(", ")}`,
  TEMPCRED_POLICY_MAX_SESSION: 'must be whole seconds with their unit, such as "10 minutes"',
  TEMPCRED_POLICY_REGIONS: "must be the names of regions, with commas",
  TEMPCRED_POLICY_ALLOW_NO_REGION: "must be true or false",
  TEMPCRED_POLICY_SUBJECT_KEY: "must be 32 bytes or more in base64: make one with openssl rand -base64 32",
  TEMPCRED_LIMIT_PER_MINUTE: "must be a whole number, 1 or more",
  TEMPCRED_LIMIT_CONCURRENT: "must be a whole number, 1 or more",
  TEMPCRED_LIMIT_IN_FLIGHT: "must be a whole number, 1 or more",
  TEMPCRED_LIMIT_STORE: "must be memory, or a URL such as redis://host:port or rediss://user:password@host:port/0",
  TEMPCRED_CORS_ORIGINS:
    "must be origins such as https://app.example.com, with commas: no path, no slash at the end, no pattern",
  TEMPCRED_CORS_HEADERS: "must be the names of headers such as traceparent, with commas: no pattern",
  TEMPCRED_PREFIX: "must be a path such as /api/speech, without a slash at the end",
  TEMPCRED_METRICS: "must be true or false",
  TEMPCRED_DOCS: "must be true or false",
  TEMPCRED_DRAIN_TIMEOUT: 'must be a length of time with its unit, such as "20 seconds"',
  TEMPCRED_KEEP_ALIVE_TIMEOUT: 'must be a length of time with its unit, such as "65 seconds"',
  TEMPCRED_HOST: "must be a host name or an address",
  TEMPCRED_PORT: "must be a whole number, 0 to 65535",
  OTEL_EXPORTER_OTLP_ENDPOINT: "must be a URL that begins with https:// or http://",
  OTEL_EXPORTER_OTLP_PROTOCOL: "must be http/protobuf or http/json"
} as const

type Ruled = keyof typeof rules

/** Reads variables one after the other, and notes which break their rule. */
interface Reader {
  readonly issues: Array<Issue>
  readonly broken: (name: Ruled) => void
  readonly read: <A>(name: Ruled, schema: Schema.Decoder<A>, split?: (text: string) => unknown) => A | undefined
}

const reading = (variables: Variables): Reader => {
  const issues: Array<Issue> = []
  const broken = (name: Ruled) => void issues.push({ name, message: rules[name] })
  return {
    issues,
    broken,
    read: (name, schema, split = (text) => text) => {
      const value = variables[name]
      if (typeof value !== "string") return undefined
      const decoded = Schema.decodeUnknownOption(schema)(split(value))
      if (Option.isNone(decoded)) broken(name)
      return Option.getOrUndefined(decoded)
    }
  }
}

/** The options that are checked with the server's, and their variables. */
const variableOf: Readonly<Record<string, Ruled>> = {
  "TokenServer.allowedOrigins": "TEMPCRED_CORS_ORIGINS",
  "TokenServer.allowedHeaders": "TEMPCRED_CORS_HEADERS",
  "TokenServer.prefix": "TEMPCRED_PREFIX"
}

/**
 * Makes the parts; fails with all that is wrong.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (
  variables: Variables,
  redis: ProvidersOptions["redis"]
): Effect.fn.Return<Omit<ServerConfig, "telemetry">, ConfigurationError> {
  const reader = reading(variables)
  const callers = yield* Effect.result(Callers.make(variables))
  const unknown = yield* findUnknown
  const policy = yield* readPolicy(reader, variables)
  const server = { policy, limits: readLimits(reader, redis), ...readServer(reader) }
  reader.read("OTEL_EXPORTER_OTLP_ENDPOINT", Schema.String.check(Schema.makeFilter(isWebUrl)))
  reader.read("OTEL_EXPORTER_OTLP_PROTOCOL", Schema.Literals(["http/protobuf", "http/json"]))
  const { allowedHeaders, allowedOrigins, prefix: begin } = server
  const settings = yield* Effect.result(Settings.read({ allowedHeaders, allowedOrigins, prefix: begin }))
  if (settings._tag === "Failure") {
    for (const { name } of settings.failure.issues) {
      const variable = variableOf[name]
      if (variable !== undefined) reader.broken(variable)
    }
  }
  const issues = [...(callers._tag === "Failure" ? callers.failure.issues : []), ...reader.issues, ...unknown]
  if (callers._tag === "Failure" || issues.length > 0) return yield* new ConfigurationError({ issues })
  return { server, authenticator: callers.success }
})

const isTrue = (given: typeof flag.Type | undefined): boolean | undefined =>
  given === undefined ? undefined : given === "true"

const readServer = ({ read }: Reader) => ({
  maxInFlight: read("TEMPCRED_LIMIT_IN_FLIGHT", count, whole),
  allowedOrigins: read("TEMPCRED_CORS_ORIGINS", origins, list),
  allowedHeaders: read("TEMPCRED_CORS_HEADERS", names, list),
  prefix: read("TEMPCRED_PREFIX", prefix),
  metrics: isTrue(read("TEMPCRED_METRICS", flag)),
  docs: isTrue(read("TEMPCRED_DOCS", flag)),
  drainTimeout: read("TEMPCRED_DRAIN_TIMEOUT", length),
  keepAliveTimeout: read("TEMPCRED_KEEP_ALIVE_TIMEOUT", length),
  host: read("TEMPCRED_HOST", Schema.String.check(Schema.isPattern(/^\S+$/))) ?? "127.0.0.1",
  port: read("TEMPCRED_PORT", port, whole) ?? 8787
})

const readLimits = ({ issues, read }: Reader, redis: ProvidersOptions["redis"]) => {
  const place = read("TEMPCRED_LIMIT_STORE", store) ?? "memory"
  if (place !== "memory" && redis === undefined) {
    const message = "names a Redis, and ServerConfig.load was not told how to reach one (option redis)"
    issues.push({ name: "TEMPCRED_LIMIT_STORE", message })
  }
  return {
    perMinute: read("TEMPCRED_LIMIT_PER_MINUTE", count, whole),
    concurrent: read("TEMPCRED_LIMIT_CONCURRENT", count, whole),
    redis: place === "memory" ? undefined : redis?.(place)
  }
}

const isWebUrl = (text: string): boolean => /^https?:$/.test(URL.parse(text)?.protocol ?? "")

const readPolicy = Effect.fnUntraced(function* (
  reader: Reader,
  { TEMPCRED_POLICY_SUBJECT_KEY: key }: Variables
): Effect.fn.Return<IssuancePolicy.IssuancePolicy> {
  const terms = {
    purposes: reader.read("TEMPCRED_POLICY_PURPOSES", Schema.Array(Purpose), list),
    maxTtl: reader.read("TEMPCRED_POLICY_MAX_TTL", seconds),
    singleUse: reader.read("TEMPCRED_POLICY_SINGLE_USE", singleUse),
    maxSession: reader.read("TEMPCRED_POLICY_MAX_SESSION", seconds),
    regions: reader.read("TEMPCRED_POLICY_REGIONS", names, list),
    allowNoRegion: isTrue(reader.read("TEMPCRED_POLICY_ALLOW_NO_REGION", flag))
  }
  if (key === undefined) return { terms }
  const subject = { hashedWith: key }
  const made = yield* Effect.result(IssuancePolicy.make({ subject }))
  if (made._tag === "Failure") reader.broken("TEMPCRED_POLICY_SUBJECT_KEY")
  return { terms, subject }
})
