/** The options of a server, checked and with their defaults. */
import { ConfigurationError, type Issue } from "@tempcred/core/ConfigurationError"
import type { Length } from "@tempcred/core/MintRequest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Options } from "../TokenServer.ts"

/** Options that make sense. */
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

/** Checks options, or fails with all that is wrong. */
export const read = (options: Options): Effect.Effect<Settings, ConfigurationError> => {
  const {
    allowedHeaders = [],
    allowedOrigins = [],
    docs = true,
    maxInFlight = 512,
    metrics = true,
    prefix = ""
  } = options
  const { trustTraceparent = false } = options
  const issues: Array<Issue> = []
  const wrong = (name: keyof Options, message: string) => issues.push({ name: `TokenServer.${name}`, message })
  const length = (name: "bodyTimeout" | "drainTimeout", given: Length): Duration.Duration => {
    const duration = Option.getOrElse(Duration.fromInput(given), () => Duration.zero)
    const millis = Duration.toMillis(duration)
    if (!(millis >= 1 && Number.isFinite(millis))) wrong(name, 'must be a length of time such as "5 seconds"')
    return duration
  }
  if (!Number.isSafeInteger(maxInFlight) || maxInFlight < 1) wrong("maxInFlight", "must be a whole number, 1 or more")
  if (!allowedOrigins.every(isOrigin)) {
    wrong("allowedOrigins", "must be origins such as https://app.example.com: no path, no slash at the end, no pattern")
  }
  if (!allowedHeaders.every((name) => /^[\w!#$%&'*+.^`|~-]+$/.test(name) && name !== "*")) {
    wrong("allowedHeaders", "must be the names of headers such as traceparent: no pattern")
  }
  if (!/^(\/[\w.~-]+)*$/.test(prefix)) wrong("prefix", "must be a path such as /api/speech, without a slash at the end")
  const bodyTimeout = length("bodyTimeout", options.bodyTimeout ?? "5 seconds")
  const drainTimeout = length("drainTimeout", options.drainTimeout ?? "20 seconds")
  return issues.length > 0
    ? Effect.fail(new ConfigurationError({ issues }))
    : Effect.succeed({
        maxInFlight,
        bodyTimeout,
        drainTimeout,
        allowedOrigins,
        allowedHeaders,
        prefix,
        metrics,
        docs,
        trustTraceparent
      })
}

/** As a browser writes it. Schemes of apps, such as `capacitor://localhost`, have no origin that `URL` knows. */
const isOrigin = (origin: string): boolean =>
  /^https?:/.test(origin) ? URL.parse(origin)?.origin === origin : /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9.:-]+$/.test(origin)
