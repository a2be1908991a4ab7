/**
 * Reads what a vendor's response headers say about time: how long to wait, and how far its clock is from ours. A header that is malformed, or whose time
 * has passed, says nothing.
 */
import * as Duration from "effect/Duration"
import type { Answer } from "../transport/Exchange.ts"
import * as HttpDate from "./HttpDate.ts"

type Headers = Answer["headers"]

/** The longest wait that a header can ask for, in milliseconds: one hour. A longer one is cut to it. */
export const longestWait = 3_600_000

/** The longest wait after an answer that was no refusal, in milliseconds: the next refusal says how long to wait. */
const longestPause = 60_000

const waiting = (milliseconds: number): Duration.Duration | undefined =>
  milliseconds > 0 ? Duration.millis(Math.min(longestWait, milliseconds)) : undefined

const whole = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text.trim()) ? Number(text) : undefined

/**
 * Reads how long to wait from `retry-after-ms`, or `Retry-After` as whole seconds or as an HTTP date, or else until there is something left again.
 * It is at most one hour; `undefined` where no header says a time to come.
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
 * Reads for how long no call is left, from `RateLimit` or `RateLimit-Remaining` and `RateLimit-Reset`, also with `X-` before them. It is at most one
 * minute; `undefined` where some are left, or nothing is said.
 */
export const nothingLeftFor = (headers: Headers, now: number): Duration.Duration | undefined => {
  const wait = untilReset(headers, now)
  return wait === undefined ? undefined : Duration.min(wait, Duration.millis(longestPause))
}

const untilReset = (headers: Headers, now: number): Duration.Duration | undefined => {
  const said = (name: string) => headers[`ratelimit-${name}`] ?? headers[`x-ratelimit-${name}`]
  const policies = (headers["ratelimit"] ?? "").split(",").filter((policy) => /;\s*r=0+\s*(?:;|$)/.test(policy))
  const resets = policies.map((policy) => /;\s*t=(\d+)\s*(?:;|$)/.exec(policy)?.[1])
  if (/^0+$/.test(said("remaining")?.trim() ?? "")) resets.push(said("reset")?.trim())
  const waits = resets.map((reset) => waitOf(reset, headers, now)).filter((wait) => wait !== undefined)
  return waits.length === 0 ? undefined : waits.reduce(Duration.max)
}

/** Reads a reset: seconds from now, or a moment in epoch seconds or milliseconds, by its size. */
const waitOf = (reset: string | undefined, headers: Headers, now: number): Duration.Duration | undefined => {
  if (reset === undefined || !/^\d+(?:\.\d+)?$/.test(reset)) return undefined
  const value = Number(reset)
  if (value < 1e9) return waiting(value * 1000)
  if (value < 1e11) return until(value * 1000, headers, now)
  return value < 1e14 ? until(value, headers, now) : undefined
}

/** Measures a moment by the vendor's clock, or by ours where that makes a wait that no vendor asks for. */
const until = (at: number, headers: Headers, now: number): Duration.Duration | undefined => {
  const byVendor = at - (vendorNow(headers, now) ?? now)
  const byUs = at - now
  return waiting(byVendor > longestWait && byUs > 0 ? Math.min(byVendor, byUs) : byVendor)
}

/** How far the vendor's clock is ahead of ours, in milliseconds: at least and at most this much. */
export interface Skew {
  readonly least: number
  readonly most: number
}

/**
 * Reads the skew from the `Date` header, which is cut to seconds; none where it may be within a second, or where the header is absent or
 * from a cache (`Age`).
 */
export const skew = (answer: Answer): Skew => {
  const vendor = vendorNow(answer.headers, answer.receivedAt)
  if (vendor === undefined) return { least: 0, most: 0 }
  const least = vendor - answer.receivedAt
  const most = vendor + 999 - answer.sentAt
  return least <= 1000 && most >= -1000 ? { least: 0, most: 0 } : { least, most }
}

const vendorNow = (headers: Headers, now: number): number | undefined =>
  headers["age"] === undefined ? HttpDate.parse(headers["date"]?.trim() ?? "", now) : undefined
