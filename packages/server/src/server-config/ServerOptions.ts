/** What the variables mean: the parts of a server, checked by what checks their options, with the names of the variables. */
import { ConfigurationError, type Issue } from "@tempcred/core/ConfigurationError"
import * as Environment from "@tempcred/core/Environment"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as IssuancePolicy from "../IssuancePolicy.ts"
import type { Options, ServerConfig } from "../ServerConfig.ts"
import * as Settings from "../token-server/Settings.ts"
import * as Callers from "./Callers.ts"
import * as Formats from "./Formats.ts"
import type { Variables } from "./Variables.ts"

type Names<Value> = { [Name in keyof Variables]: Variables[Name] extends Value ? Name : never }[keyof Variables]

/** Reads variables one after the other, and notes which break their rule. */
interface Reader {
  readonly issues: Array<Issue>
  readonly text: <A>(name: Names<string | undefined>, format: Environment.Format<A>) => A | undefined
  readonly list: <A>(
    name: Names<ReadonlyArray<string> | undefined>,
    format: Environment.Format<A>
  ) => ReadonlyArray<A> | undefined
}

const reading = (variables: Variables): Reader => {
  const issues: Array<Issue> = []
  const parse = <A>(name: string, rule: string, parsed: Option.Option<A>): A | undefined => {
    if (Option.isNone(parsed)) issues.push({ name, message: rule })
    return Option.getOrUndefined(parsed)
  }
  return {
    issues,
    text: (name, { parse: parseText, rule }) => {
      const value = variables[name]
      return value === undefined ? undefined : parse(name, rule, parseText(value))
    },
    list: (name, { parse: parseItem, rule }) => {
      const items = variables[name]
      return items === undefined ? undefined : parse(name, rule, Option.all(items.map(parseItem)))
    }
  }
}

/** The options that are checked with the server's: their variables, and what these may be. */
const checkedWithServer: Readonly<Record<string, Issue>> = {
  "TokenServer.allowedOrigins": { name: "TEMPCRED_CORS_ORIGINS", message: Formats.origin.rule },
  "TokenServer.allowedHeaders": { name: "TEMPCRED_CORS_HEADERS", message: Formats.header.rule },
  "TokenServer.prefix": { name: "TEMPCRED_PREFIX", message: Formats.prefix.rule }
}

/** Makes the parts; fails with all that is wrong, and with what was wrong already. */
export const make = Effect.fnUntraced(function* (
  variables: Variables,
  unread: ReadonlyArray<Issue>,
  options: Options
): Effect.fn.Return<Omit<ServerConfig, "telemetry">, ConfigurationError> {
  const reader = reading(variables)
  const callers = yield* Effect.result(Callers.make(variables))
  const policy = yield* readPolicy(reader, variables)
  const limits = readLimits(reader, variables, options.redis)
  const server = { policy, limits, ...readServer(reader), port: yield* readPort(reader, options) }
  reader.text("OTEL_EXPORTER_OTLP_ENDPOINT", Formats.webUrl)
  reader.text("OTEL_EXPORTER_OTLP_PROTOCOL", Formats.protocol)
  const { allowedHeaders, allowedOrigins, prefix } = server
  const settings = yield* Effect.result(Settings.read({ allowedHeaders, allowedOrigins, prefix }))
  if (settings._tag === "Failure") {
    reader.issues.push(...settings.failure.issues.flatMap(({ name }) => checkedWithServer[name] ?? []))
  }
  // Without a variable that is set and cannot be read, others seem to be missing.
  const isUnread = unread.some(({ name }) => name.startsWith("TEMPCRED_AUTH_"))
  const ofCallers = callers._tag === "Failure" && !isUnread ? callers.failure.issues : []
  const issues = [...unread, ...ofCallers, ...reader.issues]
  if (callers._tag === "Failure" || issues.length > 0) return yield* new ConfigurationError({ issues })
  return { server, authenticator: callers.success }
})

const readPort = Effect.fnUntraced(function* (
  { issues, text }: Reader,
  { portVariable }: Options
): Effect.fn.Return<number> {
  const own = text("TEMPCRED_PORT", Formats.port)
  if (own !== undefined || portVariable === undefined) return own ?? 8787
  const collected = Environment.collector()
  const platforms = yield* collected.read(Environment.value(portVariable, Formats.port))
  issues.push(...collected.issues)
  return platforms ?? 8787
})

const readServer = ({ list, text }: Reader) => ({
  maxInFlight: text("TEMPCRED_LIMIT_IN_FLIGHT", Formats.count),
  allowedOrigins: list("TEMPCRED_CORS_ORIGINS", Formats.origin),
  allowedHeaders: list("TEMPCRED_CORS_HEADERS", Formats.header),
  prefix: text("TEMPCRED_PREFIX", Formats.prefix),
  metrics: text("TEMPCRED_METRICS", Environment.boolean),
  docs: text("TEMPCRED_DOCS", Environment.boolean),
  drainTimeout: text("TEMPCRED_DRAIN_TIMEOUT", Environment.duration),
  keepAliveTimeout: text("TEMPCRED_KEEP_ALIVE_TIMEOUT", Environment.duration),
  host: text("TEMPCRED_HOST", Formats.host) ?? "127.0.0.1"
})

const readLimits = (
  { issues, text }: Reader,
  { TEMPCRED_LIMIT_STORE: named }: Variables,
  redis: Options["redis"]
): ServerConfig["server"]["limits"] => {
  const refuse = (message: string) => void issues.push({ name: "TEMPCRED_LIMIT_STORE", message })
  const place = named === undefined ? "memory" : Redacted.value(named)
  if (Option.isNone(Formats.store.parse(place))) refuse(Formats.store.rule)
  else if (place !== "memory" && redis === undefined) {
    refuse(Environment.redisMissing("ServerConfig.load({ redis: Redis.connect })"))
  }
  return {
    perMinute: text("TEMPCRED_LIMIT_PER_MINUTE", Formats.count),
    concurrent: text("TEMPCRED_LIMIT_CONCURRENT", Formats.count),
    store: named === undefined || place === "memory" ? undefined : redis?.(named)
  }
}

const readPolicy = Effect.fnUntraced(function* (
  { issues, list, text }: Reader,
  { TEMPCRED_POLICY_SUBJECT_KEY: key }: Variables
): Effect.fn.Return<IssuancePolicy.IssuancePolicy> {
  const terms = {
    purposes: list("TEMPCRED_POLICY_PURPOSES", Formats.purpose),
    maxTtl: text("TEMPCRED_POLICY_MAX_TTL", Environment.wholeSeconds),
    singleUse: text("TEMPCRED_POLICY_SINGLE_USE", Formats.singleUse),
    maxSession: text("TEMPCRED_POLICY_MAX_SESSION", Environment.wholeSeconds),
    regions: list("TEMPCRED_POLICY_REGIONS", Formats.region),
    allowNoRegion: text("TEMPCRED_POLICY_ALLOW_NO_REGION", Environment.boolean)
  }
  if (key === undefined) return { terms }
  const subject = { hashedWith: key }
  const made = yield* Effect.result(IssuancePolicy.make({ subject }))
  if (made._tag === "Failure") issues.push({ name: "TEMPCRED_POLICY_SUBJECT_KEY", message: Formats.subjectKeyRule })
  return { terms, subject }
})
