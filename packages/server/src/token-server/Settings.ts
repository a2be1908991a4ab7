/** The options of the endpoint, and their checks and defaults. */
import { ConfigurationError, type Issue } from "@tempcred/core/ConfigurationError"
import type { Length } from "@tempcred/core/MintRequest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Write } from "../AccessLog.ts"
import { isToken } from "../authenticator/Identity.ts"
import type { IssuancePolicy } from "../IssuancePolicy.ts"
import type * as Limits from "../Limits.ts"

/** The options of the endpoint. */
export interface Options {
  /** The issuance policy. @default the strict terms of `IssuancePolicy` */
  readonly policy?: IssuancePolicy | undefined
  /** The limits of each caller. @default 60 in a minute, 8 at a time */
  readonly limits?: Limits.Options | undefined
  /** The largest number of requests at a time. Further ones get 503 at once. @default 512 */
  readonly maxInFlight?: number | undefined
  /** The time for a request's body to arrive. Slower ones get 408. @default "5 seconds" */
  readonly bodyTimeout?: Length | undefined
  /** The time for requests in flight to finish when the server stops. @default "20 seconds" */
  readonly drainTimeout?: Length | undefined
  /** The origins of web pages that may call the endpoint, exactly as browsers send them. @default none */
  readonly allowedOrigins?: ReadonlyArray<string> | undefined
  /** The headers that these pages may send beside `authorization` and `content-type`, such as `traceparent`. @default none */
  readonly allowedHeaders?: ReadonlyArray<string> | undefined
  /** The prefix of every path. @default none */
  readonly prefix?: `/${string}` | undefined
  /** Writes an access log entry for each response. @default no access log */
  readonly log?: Write | undefined
  /** Serves all metrics of the process at `/metrics`. @default true */
  readonly metrics?: boolean | undefined
  /** Serves `/openapi.json` and `/docs`. @default true */
  readonly docs?: boolean | undefined
  /**
   * Continues the trace of a request's `traceparent`, in `make` and in `Node.layer`: for servers behind a proxy that writes this header itself. In an Effect app,
   * the app's server decides.
   *
   * @default false
   */
  readonly trustTraceparent?: boolean | undefined
}

/** Checked options with defaults. */
export interface Settings {
  readonly maxInFlight: number
  readonly bodyTimeout: Duration.Duration
  readonly drainTimeout: Duration.Duration
  readonly allowedOrigins: ReadonlyArray<string>
  readonly allowedHeaders: ReadonlyArray<string>
  readonly prefix: "" | `/${string}`
  readonly metrics: boolean
  readonly docs: boolean
  readonly trustTraceparent: boolean
}

/** Tells whether a text is an origin as browsers send it. `URL` knows no origin for schemes of apps, such as `capacitor://localhost`. */
export const isOrigin = (origin: string): boolean =>
  /^https?:/.test(origin)
    ? URL.parse(origin)?.origin === origin && !origin.includes("*")
    : /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9.:-]+$/.test(origin)

/** Tells whether a text is the name of a header and no pattern. */
export const isHeader = (name: string): boolean => isToken(name) && name !== "*"

/** Tells whether a text can be a prefix of paths. */
export const isPrefix = (prefix: string): prefix is "" | `/${string}` => /^(\/[\w.~-]+)*$/.test(prefix)

/** The rule for prefixes, as the rest of a sentence. */
export const prefixRule = "must be a path such as /api/speech, without a slash at the end"

/** Checks options, and fails with all issues. */
export const check = (options: Options): Effect.Effect<Settings, ConfigurationError> => {
  const { allowedHeaders = [], allowedOrigins = [], maxInFlight = 512, prefix = "" } = options
  const { docs = true, metrics = true, trustTraceparent = false } = options
  const issues: Array<Issue> = []
  const wrong = (name: keyof Options, message: string) => issues.push({ name: `TokenServer.${name}`, message })
  const length = (name: "bodyTimeout" | "drainTimeout", given: Length): Duration.Duration => {
    const duration = Option.getOrElse(Duration.fromInput(given), () => Duration.zero)
    const millis = Duration.toMillis(duration)
    // A bare number has no unit.
    if (typeof given === "number" || !(millis >= 1 && Number.isFinite(millis)))
      wrong(name, 'must be a duration such as "5 seconds"')
    return duration
  }
  if (!Number.isSafeInteger(maxInFlight) || maxInFlight < 1) wrong("maxInFlight", "must be a whole number, 1 or more")
  if (!allowedOrigins.every(isOrigin)) {
    wrong("allowedOrigins", "must be origins such as https://app.example.com: no path, no slash at the end, no pattern")
  }
  if (!allowedHeaders.every(isHeader)) {
    wrong("allowedHeaders", "must be the names of headers such as traceparent: no pattern")
  }
  if (!isPrefix(prefix)) wrong("prefix", prefixRule)
  const bodyTimeout = length("bodyTimeout", options.bodyTimeout ?? "5 seconds")
  const drainTimeout = length("drainTimeout", options.drainTimeout ?? "20 seconds")
  if (issues.length > 0) return Effect.fail(new ConfigurationError({ issues }))
  const times = { bodyTimeout, drainTimeout }
  return Effect.succeed({
    maxInFlight,
    allowedOrigins,
    allowedHeaders,
    prefix,
    docs,
    metrics,
    trustTraceparent,
    ...times
  })
}
