/** The variables of an endpoint, each with its format. */
import { ConfigurationError, type Issue } from "@tempcred/core/ConfigurationError"
import {
  boolean,
  type Collector,
  collector,
  duration,
  type Format,
  isRedisUrl,
  list,
  ofSchema,
  oneOf,
  secret,
  secretList,
  text,
  value,
  wholeNumber,
  wholeSeconds,
  word
} from "@tempcred/core/Environment"
import { isName } from "@tempcred/core/MintRequest"
import { Purpose } from "@tempcred/core/Purpose"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { isHeader, isOrigin, isPrefix, prefixRule } from "../token-server/Settings.ts"

const format = (isAllowed: (text: string) => boolean, rule: string): Format<string> =>
  ofSchema(Schema.String.check(Schema.makeFilter(isAllowed)), rule)

const port = wholeNumber(0, 65_535)

const host = format((name) => /^\S+$/.test(name), "must be a host name or an address")

const prefix: Format<`/${string}`> = ofSchema(
  Schema.TemplateLiteral(["/", Schema.String]).check(Schema.makeFilter(isPrefix)),
  prefixRule
)

const origin = format(
  isOrigin,
  "must be origins such as https://app.example.com, with commas: no path, no slash at the end, no pattern"
)

const header = format(isHeader, "must be the names of headers such as traceparent, with commas: no pattern")

const region = format(isName, "must be the names of regions, with commas")

const purpose = ofSchema(Purpose, `must be one or several of ${Purpose.literals.join(", ")}, with commas`)

const webUrl = format(
  (url) => /^https?:$/.test(URL.parse(url)?.protocol ?? ""),
  "must be a URL that begins with https:// or http://"
)

const protocol = { ...oneOf(["http/protobuf", "http/json"]), rule: "must be http/protobuf or http/json" }

const storeRule = "must be memory, or a URL such as redis://host:port or rediss://user:password@host:port/0"

const refuse = (name: string, message: string) => new ConfigurationError({ issues: [{ name, message }] })

/** Reads a list whose items have a format. */
const values = <A>(
  name: string,
  { parse, rule }: Format<A>
): Effect.Effect<ReadonlyArray<A> | undefined, ConfigurationError> =>
  Effect.flatMap(list(name), (items) => {
    if (items === undefined) return Effect.succeed(undefined)
    return Effect.mapError(Effect.fromOption(Option.all(items.map(parse))), () => refuse(name, rule))
  })

/** Reads the URL of the Redis for limits, which is undefined if limits are counted in memory. */
const redisUrl = (name: string): Effect.Effect<Redacted.Redacted | undefined, ConfigurationError> =>
  Effect.flatMap(secret(name), (url) => {
    if (url === undefined || Redacted.value(url) === "memory") return Effect.succeed(undefined)
    return isRedisUrl(Redacted.value(url)) ? Effect.succeed(url) : Effect.fail(refuse(name, storeRule))
  })

const readAll = ({ read }: Collector, portVariable: string | undefined) =>
  Effect.all({
    auth: Effect.all({
      jwksUrl: read(text("TEMPCRED_AUTH_JWKS_URL")),
      secret: read(secret("TEMPCRED_AUTH_JWT_SECRET")),
      tokens: read(secretList("TEMPCRED_AUTH_BEARER_TOKENS")),
      issuer: read(list("TEMPCRED_AUTH_ISSUER")),
      audience: read(list("TEMPCRED_AUTH_AUDIENCE")),
      subjectClaim: read(value("TEMPCRED_AUTH_SUBJECT_CLAIM", word)),
      cookie: read(text("TEMPCRED_AUTH_COOKIE")),
      header: read(text("TEMPCRED_AUTH_HEADER"))
    }),
    terms: Effect.all({
      purposes: read(values("TEMPCRED_POLICY_PURPOSES", purpose)),
      maxTtl: read(value("TEMPCRED_POLICY_MAX_TTL", wholeSeconds)),
      singleUse: read(value("TEMPCRED_POLICY_SINGLE_USE", oneOf(["required", "preferred", "asked"]))),
      maxSession: read(value("TEMPCRED_POLICY_MAX_SESSION", wholeSeconds)),
      regions: read(values("TEMPCRED_POLICY_REGIONS", region)),
      allowNoRegion: read(value("TEMPCRED_POLICY_ALLOW_NO_REGION", boolean))
    }),
    subjectKey: read(secret("TEMPCRED_POLICY_SUBJECT_KEY")),
    limits: Effect.all({
      perMinute: read(value("TEMPCRED_LIMIT_PER_MINUTE", wholeNumber(1))),
      concurrent: read(value("TEMPCRED_LIMIT_CONCURRENT", wholeNumber(1)))
    }),
    redisUrl: read(redisUrl("TEMPCRED_LIMIT_STORE")),
    server: Effect.all({
      maxInFlight: read(value("TEMPCRED_LIMIT_IN_FLIGHT", wholeNumber(1))),
      allowedOrigins: read(values("TEMPCRED_CORS_ORIGINS", origin)),
      allowedHeaders: read(values("TEMPCRED_CORS_HEADERS", header)),
      prefix: read(value("TEMPCRED_PREFIX", prefix)),
      metrics: read(value("TEMPCRED_METRICS", boolean)),
      docs: read(value("TEMPCRED_DOCS", boolean)),
      drainTimeout: read(value("TEMPCRED_DRAIN_TIMEOUT", duration)),
      keepAliveTimeout: read(value("TEMPCRED_KEEP_ALIVE_TIMEOUT", duration)),
      host: Effect.map(read(value("TEMPCRED_HOST", host)), (found) => found ?? "127.0.0.1")
    }),
    port: Effect.flatMap(read(value("TEMPCRED_PORT", port)), (own) =>
      own !== undefined || portVariable === undefined ? Effect.succeed(own) : read(value(portVariable, port))
    ),
    telemetry: Effect.all({
      endpoint: read(value("OTEL_EXPORTER_OTLP_ENDPOINT", webUrl)),
      protocol: read(value("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)),
      attributes: read(text("OTEL_RESOURCE_ATTRIBUTES"))
    })
  })

/** The values of all variables. */
export type Variables = Effect.Success<ReturnType<typeof readAll>>

/** Reads all variables. An invalid one is undefined and has an issue. */
export const read = (
  portVariable: string | undefined
): Effect.Effect<{ readonly variables: Variables; readonly issues: ReadonlyArray<Issue> }> =>
  Effect.suspend(() => {
    const collected = collector()
    return Effect.map(readAll(collected, portVariable), (variables) => ({ variables, issues: collected.issues }))
  })

/** The beginnings of variables that only an endpoint reads. An unknown variable that begins alike is an error. */
export const prefixes: ReadonlyArray<string> = ["TEMPCRED_AUTH", "TEMPCRED_POLICY", "TEMPCRED_LIMIT"]
