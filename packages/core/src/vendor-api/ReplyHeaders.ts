/**
 * Reads waits and the vendor's clock from response headers. Ignores malformed headers and past times.
 */
import * as Duration from "effect/Duration"
import type { Answer } from "../transport/Exchange.ts"
import * as HttpDate from "./HttpDate.ts"

type Headers = Answer["headers"]

/** The maximum wait in milliseconds: one hour. */
const longestWait = 3_600_000

/** The maximum wait after an exhausted rate limit, in milliseconds. If it is too short, the next call gets a 429. */
const longestPause = 60_000

const waiting = (milliseconds: number): Duration.Duration | undefined =>
  milliseconds > 0 ? Duration.millis(Math.min(longestWait, milliseconds)) : undefined

const whole = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text.trim()) ? Number(text) : undefined

/**
 * Reads the wait from `retry-after-ms`, from `Retry-After` (whole seconds or an HTTP date), or else
 * from the reset of the rate limit. It is at most one hour; `undefined` if no header states a
 * future time.
 */
export const retryAfter = (headers: Headers, now: number): Duration.Duration | undefined => {
  const text = headers["retry-after"]?.trim() ?? ""
  const at = HttpDate.parse(text, now)
  return (
    waiting(whole(headers["retry-after-ms"]) ?? 0) ??
    waiting((whole(text) ?? 0) * 1000) ??
    (at === undefined ? undefined : until(at, headers, now)) ??
    untilReset(headers, now)
  )
}

/**
 * Reads the wait until the rate limit resets, if no calls are left. The headers are `RateLimit`, or
 * `RateLimit-Remaining` and `RateLimit-Reset`, each of these two with or without `X-`. The wait is
 * at most one minute; `undefined` if calls are left or the headers are absent.
 */
export const nothingLeftFor = (headers: Headers, now: number): Duration.Duration | undefined => {
  const wait = untilReset(headers, now)
  return wait === undefined ? undefined : Duration.min(wait, Duration.millis(longestPause))
}

const untilReset = (headers: Headers, now: number): Duration.Duration | undefined => {
  const stated = headers["ratelimit"]
  const remaining = headers["ratelimit-remaining"] ?? headers["x-ratelimit-remaining"]
  if (stated === undefined && remaining === undefined) return undefined
  const policies = (stated ?? "").split(",").filter((policy) => /;\s*r=0+\s*(?:;|$)/.test(policy))
  const resets = policies.map((policy) => /;\s*t=(\d+)\s*(?:;|$)/.exec(policy)?.[1])
  const end = headers["ratelimit-reset"] ?? headers["x-ratelimit-reset"]
  if (/^0+$/.test(remaining?.trim() ?? "")) resets.push(end?.trim())
  const waits = resets.map((reset) => waitOf(reset, headers, now)).filter((wait) => wait !== undefined)
  return waits.length === 0 ? undefined : waits.reduce(Duration.max)
}

/** Reads a reset time: seconds from now, or epoch seconds or milliseconds, by its size. */
const waitOf = (reset: string | undefined, headers: Headers, now: number): Duration.Duration | undefined => {
  if (reset === undefined || !/^\d+(?:\.\d+)?$/.test(reset)) return undefined
  const value = Number(reset)
  if (value < 1e9) return waiting(value * 1000)
  if (value < 1e11) return until(value * 1000, headers, now)
  return value < 1e14 ? until(value, headers, now) : undefined
}

/**
 * Returns the wait until a time by the vendor's clock. If the wait is over `longestWait`, uses the
 * local clock instead, if that results in a shorter positive wait.
 */
const until = (at: number, headers: Headers, now: number): Duration.Duration | undefined => {
  const byVendor = at - (vendorNow(headers, now) ?? now)
  const byUs = at - now
  return waiting(byVendor > longestWait && byUs > 0 ? Math.min(byVendor, byUs) : byVendor)
}

/** The minimum and maximum by which the vendor's clock is ahead, in milliseconds. */
export interface Skew {
  readonly least: number
  readonly most: number
}

/**
 * Reads the skew from the `Date` header, which has whole seconds. The skew is zero if it may be
 * within a second, or if the header is absent or from a cache (`Age`).
 */
export const skew = (answer: Answer): Skew => {
  const vendor = vendorNow(answer.headers, answer.receivedAt)
  if (vendor === undefined) return { least: 0, most: 0 }
  const least = vendor - answer.receivedAt
  const most = vendor + 999 - answer.sentAt
  return least <= 1000 && most >= -1000 ? { least: 0, most: 0 } : { least, most }
}

/**
 * Reads a vendor's clock from the `Date` header of its response, in epoch milliseconds. `undefined` if
 * the header is absent or malformed, or if the response is from a cache (`Age`). `now` is the local time.
 */
export const vendorNow = (headers: Headers, now: number): number | undefined =>
  headers["age"] === undefined ? HttpDate.parse(headers["date"]?.trim() ?? "", now) : undefined
